export const command = ["run", "app.js"];

export const checks = {
  GET: {
    send: "GET /a?b=c",
    with: { fields: { host: "a.example" } },
    fields: { "x-behind": "yes" },
    json: {
      method: "GET",
      url: "/a?b=c",
      host: "a.example",
      client: "127.0.0.1",
      through: "proxy",
      body: "",
    },
  },
  POST: async ({ request, same }) => {
    const { method, body } = (await request("POST /", { body: "a body" })).json;
    same([method, body], ["POST", "a body"]);
  },
  "a chunked body": async ({ request, same }) => {
    const body = "x".repeat(500_000);
    const answer = await request("POST /", { body, fields: { "transfer-encoding": "chunked" } });
    same(answer.json.body.length, body.length);
  },
  "an answer of 1 MB": async ({ request, same }) => {
    same((await request("GET /large")).bytes.length, 1_000_000);
  },
  "nobody behind it": { send: "GET /nobody", status: 502, text: "ECONNREFUSED" },
  "who is behind it breaks off": { send: "GET /breaks", status: 502, text: "ECONNRESET" },
  "a WebSocket": async ({ websocket, same }) => {
    const socket = await websocket("/");
    socket.send("through");
    same(await socket.next(), "through");
    same(await socket.next(), null);
  },
};
