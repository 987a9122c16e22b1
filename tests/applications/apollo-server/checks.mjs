export const command = ["run", "app.mjs"];

export const checks = {
  "a query": {
    send: "POST /",
    with: { json: { query: "{ books(limit: 1) { title author { name } } }" } },
    fields: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
    json: { data: { books: [{ title: "Notes", author: { name: "Ada" } }] } },
  },
  "a mutation with variables": {
    send: "POST /",
    with: {
      json: {
        query: 'mutation($title: String!) { addBook(title: $title, author: "Grace") { title } }',
        variables: { title: "Compilers" },
      },
    },
    json: { data: { addBook: { title: "Compilers" } } },
  },
  "the context": async ({ request, same }) => {
    const query = { query: "{ me }" };
    same((await request("POST /", { json: query, fields: { authorization: "Ada" } })).json, {
      data: { me: "Ada" },
    });
    const refused = await request("POST /", { json: query });
    same([refused.status, refused.json.errors[0].extensions.code], [401, "UNAUTHENTICATED"]);
  },
  "a query by GET": {
    send: `GET /?query=${encodeURIComponent("{ __typename }")}`,
    with: { fields: { "apollo-require-preflight": "yes" } },
    json: { data: { __typename: "Query" } },
  },
  "a request that a page may forge": {
    send: `GET /?query=${encodeURIComponent("{ __typename }")}`,
    status: 400,
    text: /CSRF/,
  },
  "a query that is none": {
    send: "POST /",
    with: { json: { query: "{ nothing }" } },
    status: 400,
    text: /GRAPHQL_VALIDATION_FAILED/,
  },
  "the page for a browser": {
    send: "GET /",
    with: { fields: { accept: "text/html" } },
    fields: { "content-type": /^text\/html/ },
  },
};
