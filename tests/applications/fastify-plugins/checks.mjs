export const command = ["run", "app.mjs"];

export const checks = {
  "a signed cookie": async ({ request, same }) => {
    const { cookies } = await request("GET /cookie");
    const read = (cookie) => request("GET /cookies", { fields: { cookie } });
    same((await read(cookies)).json, { valid: true, value: "ada", all: ["who"] });
    same((await read(cookies.slice(0, -4))).json.valid, false);
  },
  "CORS, and what comes before it": async ({ request, same }) => {
    const fields = { origin: "https://a.example", "access-control-request-method": "PUT" };
    const answer = await request("OPTIONS /form", { fields });
    same([answer.status, answer.fields["access-control-allow-origin"]], [204, "https://a.example"]);
    same(answer.fields["access-control-allow-credentials"], "true");
  },
  "a form": { send: "POST /form", with: { form: { name: "Zoë" } }, json: { name: "Zoë" } },
  "an upload": {
    send: "POST /upload",
    with: { parts: { name: "Ada", file: { name: "a.txt", type: "text/plain", content: "of it" } } },
    json: [
      ["field", "name", null, "Ada"],
      ["file", "file", "a.txt", "of it"],
    ],
  },
  "an upload that is too large": {
    send: "POST /upload",
    with: { parts: { file: { name: "a.txt", type: "text/plain", content: "x".repeat(2000) } } },
    status: 413,
  },
  "a token": async ({ request, same }) => {
    const { text } = await request("GET /token?name=ada");
    const me = (token) => request("GET /me", { fields: { authorization: `Bearer ${token}` } });
    same((await me(text)).text, "ada");
    same((await me(`${text}x`)).status, 401);
  },
  "a limit of the rate": async ({ request, same }) => {
    const found = [];
    for (let time = 0; time < 3; time++) found.push((await request("GET /rare")).status);
    same(found, [200, 200, 429]);
  },
  "files: whole, a part, unchanged, to be kept": async ({ request, same, matches }) => {
    const whole = await request("GET /static/hello.txt");
    same(whole.text, "Hello from a file\n");
    const part = await request("GET /static/hello.txt", { fields: { range: "bytes=6-9" } });
    same([part.status, part.text], [206, "from"]);
    const fields = { "if-none-match": whole.fields.etag };
    same((await request("GET /static/hello.txt", { fields })).status, 304);
    const kept = await request("GET /download");
    matches(kept.fields["content-disposition"], 'attachment; filename="a name.txt"', "disposition");
    same((await request("GET /static/../app.mjs")).status, 403);
  },
  "a WebSocket": async ({ websocket, same }) => {
    const socket = await websocket("/socket?name=ada");
    socket.send("hello");
    same(await socket.next(), "ada: hello");
    socket.close();
    same(await socket.next(), { code: 1000 });
  },
};
