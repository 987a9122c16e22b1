export const build = [["howth", "run", "node_modules/nitropack/dist/cli/index.mjs", "build"]];
export const command = ["run", ".output/server/index.mjs"];

export const checks = {
  "an object, a middleware": {
    send: "GET /",
    with: { fields: { cookie: "name=ada" } },
    json: { hello: "world", name: "ada" },
  },
  "a parameter, a query": {
    send: "GET /items/7?a=1&a=2",
    json: { id: "7", query: { a: ["1", "2"] } },
  },
  "a body, two cookies": async ({ request, same }) => {
    const answer = await request("POST /items", { json: { name: "Zoë" } });
    same([answer.status, answer.json], [201, { name: "Zoë" }]);
    same(answer.fields["set-cookie"], ["a=1; Path=/", "b=2; Path=/"]);
  },
  "an upload": {
    send: "POST /upload",
    with: { parts: { name: "Ada", file: { name: "a.txt", type: "text/plain", content: "of it" } } },
    json: [
      ["name", null, "Ada"],
      ["file", "a.txt", "of it"],
    ],
  },
  events: {
    send: "GET /api/stream",
    fields: { "content-type": /^text\/event-stream/, "x-from": "the rules" },
    text: "data: 1\n\ndata: 2\n\ndata: 3\n\n",
  },
  "an answer that is kept": async ({ request, same }) => {
    const first = await request("GET /api/kept");
    const second = await request("GET /api/kept");
    same([first.json, second.json], [{ count: 1 }, { count: 1 }]);
    const fields = { "if-none-match": second.fields.etag };
    same((await request("GET /api/kept", { fields })).status, 304);
  },
  storage: { send: "GET /api/storage", text: /"visits":1,"keys":\[.*"visits"/ },
  "what comes before a request of another site": async ({ request, same }) => {
    const fields = { origin: "https://a.example", "access-control-request-method": "PUT" };
    const answer = await request("OPTIONS /api/storage", { fields });
    same([answer.status, answer.fields["access-control-allow-origin"]], [200, "*"]);
  },
  "a redirect": async ({ request, same }) => {
    const answer = await request("GET /old");
    same([answer.status, answer.fields.location], [301, "/"]);
  },
  "files, packed before": async ({ request, same }) => {
    const whole = await request("GET /hello.txt");
    same(whole.text, "Hello from a file\n");
    const fields = { "if-none-match": whole.fields.etag };
    same((await request("GET /hello.txt", { fields })).status, 304);
    const packed = await request("GET /long.txt", { fields: { "accept-encoding": "br" } });
    same(packed.fields["content-encoding"], "br");
  },
  "a WebSocket": async ({ websocket, same }) => {
    const socket = await websocket("/socket");
    same(await socket.next(), "welcome");
    socket.send("hello");
    same(await socket.next(), "again: hello");
    socket.close();
    same(await socket.next(), { code: 1000 });
  },
  "what is not there, what fails": async ({ request, same }) => {
    const missing = await request("GET /items/9");
    same([missing.status, missing.json.statusMessage], [404, "no such item"]);
    const failed = await request("GET /items/13");
    same([failed.status, failed.json.message], [500, "Server Error"]);
    same((await request("GET /nothing")).status, 404);
  },
};
