export const command = ["run", "app.mjs"];

const input = (value) => encodeURIComponent(JSON.stringify(value));

export const checks = {
  "a query": {
    send: `GET /hello?input=${input("Ada")}`,
    fields: { "content-type": "application/json" },
    json: { result: { data: "Hello Ada" } },
  },
  "a query against its schema": {
    send: `GET /hello?input=${input("")}`,
    status: 400,
    text: /too_small/,
  },
  "a mutation": async ({ request, same }) => {
    same((await request("POST /names.add", { json: { name: "Grace" } })).json, {
      result: { data: 2 },
    });
    same((await request("GET /names.all")).json, { result: { data: ["Ada", "Grace"] } });
  },
  "a mutation by GET": { send: "GET /names.add", status: 405 },
  "many in one request": {
    send: `GET /hello,hello?batch=1&input=${input({ 0: "a", 1: "b" })}`,
    json: [{ result: { data: "Hello a" } }, { result: { data: "Hello b" } }],
  },
  "many in one stream": {
    send: `GET /hello,hello?batch=1&input=${input({ 0: "a", 1: "b" })}`,
    with: { fields: { "trpc-accept": "application/jsonl" } },
    fields: { "transfer-encoding": "chunked" },
    text: /Hello a[\s\S]*Hello b/,
  },
  "the context": async ({ request, same }) => {
    same((await request("GET /me")).status, 401);
    same((await request("GET /me", { fields: { authorization: "Ada" } })).json, {
      result: { data: "Ada" },
    });
  },
  "a subscription": {
    send: `GET /count?input=${input(3)}`,
    fields: { "content-type": /^text\/event-stream/ },
    text: /data: 1\n[\s\S]*data: 2\n[\s\S]*data: 3\n/,
  },
  "what is not there": { send: "GET /nothing", status: 404 },
};
