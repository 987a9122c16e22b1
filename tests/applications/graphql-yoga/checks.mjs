export const command = ["run", "app.mjs"];

const upload = {
  operations: '{"query":"mutation($file: File!) { read(file: $file) }","variables":{"file":null}}',
  map: '{"0":["variables.file"]}',
  0: { name: "a.txt", type: "text/plain", content: "of a file" },
};

export const checks = {
  "a query by POST": {
    send: "POST /graphql",
    with: {
      json: { query: "query($name: String!) { hello(name: $name) }", variables: { name: "Ada" } },
    },
    fields: { "content-type": /^application\/(graphql-response\+)?json/ },
    json: { data: { hello: "Hello Ada" } },
  },
  "a query by GET": {
    send: `GET /graphql?query=${encodeURIComponent("{ agent }")}`,
    with: { fields: { "user-agent": "a check" } },
    json: { data: { agent: "a check" } },
  },
  "a mutation": {
    send: "POST /graphql",
    with: { json: { query: "mutation { add(a: 1, b: 2) }" } },
    json: { data: { add: 3 } },
  },
  "a subscription by events": {
    send: "POST /graphql",
    with: {
      json: { query: "subscription { countdown(from: 2) }" },
      fields: { accept: "text/event-stream" },
    },
    fields: { "content-type": /^text\/event-stream/ },
    text: /\{"countdown":2\}[\s\S]*\{"countdown":1\}[\s\S]*\{"countdown":0\}[\s\S]*event: complete/,
  },
  "a file": {
    send: "POST /graphql",
    with: { parts: upload },
    json: { data: { read: "of a file" } },
  },
  "a resolver that throws": {
    send: "POST /graphql",
    with: { json: { query: "{ fails }" } },
    text: /Unexpected error/,
  },
  "a query that is none": {
    send: "POST /graphql",
    with: { json: { query: "{ nothing }" } },
    text: /Cannot query field/,
  },
  "the page for a browser": {
    send: "GET /graphql",
    with: { fields: { accept: "text/html" } },
    fields: { "content-type": /^text\/html/ },
    text: /Yoga GraphiQL/,
  },
  CORS: {
    send: "OPTIONS /graphql",
    with: { fields: { origin: "https://a.example", "access-control-request-method": "POST" } },
    status: 204,
    fields: { "access-control-allow-origin": "https://a.example" },
  },
};
