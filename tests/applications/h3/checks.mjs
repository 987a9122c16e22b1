export const command = ["run", "app.mjs"];

export const checks = {
  "text, behind a middleware": {
    send: "GET /",
    fields: { "x-middleware": "seen" },
    text: "Hello h3",
  },
  "a parameter, a query": {
    send: "GET /users/7?a=1&a=2",
    json: { id: "7", query: { a: ["1", "2"] } },
  },
  "a body of JSON": {
    send: "POST /items",
    with: { json: { name: "pen" } },
    status: 201,
    json: { id: 1, name: "pen" },
  },
  "a form with a file": {
    send: "POST /upload",
    with: { parts: { file: { name: "a.txt", type: "text/plain", content: "abc" } } },
    json: { name: "a.txt", text: "abc" },
  },
  cookies: async ({ request, same }) => {
    const first = await request("GET /cookie");
    same(first.text, "no");
    same((await request("GET /cookie", { fields: { cookie: first.cookies } })).text, "yes");
  },
  "a redirect": { send: "GET /moved", status: 301, fields: { location: "/" } },
  events: {
    send: "GET /events",
    fields: { "content-type": /^text\/event-stream/ },
    text: "event: tick\ndata: one\n\nevent: tick\ndata: two\n\n",
  },
  "a Response": { send: "GET /response", status: 202, text: "made by the web" },
  "the client's address": { send: "GET /ip", text: "127.0.0.1" },
  "an error with a status": { send: "GET /tea", status: 418, text: /"has": ?"tea"/ },
  "a handler that throws": { send: "GET /fails", status: 500, text: /^(?![\s\S]*it broke)/ },
  "what is not there": { send: "GET /nothing", status: 404 },
};
