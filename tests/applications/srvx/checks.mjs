export const command = ["run", "app.mjs"];

export const checks = {
  "ready, and its address": ({ said, port }) =>
    said(new RegExp(`listening at http://127.0.0.1:${port}/`)),
  "a response, a middleware": { send: "GET /", fields: { "x-path": "/" }, text: "hello" },
  "a request": {
    send: "PUT /echo?a=1&a=2",
    with: { json: { name: "Zoë" } },
    json: { method: "PUT", type: "application/json", body: '{"name":"Zoë"}', query: ["1", "2"] },
  },
  "a form with a file's field": {
    send: "POST /form",
    with: { parts: { name: "Ada", city: "London" } },
    json: { name: "Ada", city: "London" },
  },
  "what is known of the client and the runtime": {
    send: "GET /about",
    json: { ip: "127.0.0.1", runtime: "node", hasNode: true },
  },
  "a stream": { send: "GET /stream", text: "0;1;2;" },
  "two cookies, no body": async ({ request, same }) => {
    const answer = await request("GET /cookies");
    same([answer.status, answer.text, answer.fields["set-cookie"]], [204, "", ["a=1", "b=2"]]);
  },
  "what is waited for": async ({ request, same }) => {
    await request("GET /later");
    same((await request("GET /later")).json.includes("done"), true);
  },
  "a handler that throws": { send: "GET /fails", status: 500, text: "failed: it broke" },
  "what is not there": { send: "HEAD /nothing", status: 404, text: "" },
};
