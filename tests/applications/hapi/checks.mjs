export const command = ["run", "app.js"];

export const checks = {
  "a text, an extension": { send: "GET /", fields: { "x-extended": "yes" }, text: "hello" },
  "parameters, a query": {
    send: "GET /users/7/a/b?c=1",
    json: { params: { id: "7", rest: "a/b" }, query: { c: "1" } },
  },
  "a body": {
    send: "POST /users",
    with: { json: { name: "Zoë" } },
    status: 201,
    json: { name: "Zoë" },
  },
  "an upload": {
    send: "POST /upload",
    with: { parts: { name: "Ada", file: { name: "a.txt", type: "text/plain", content: "of it" } } },
    json: { name: "Ada", of: "a.txt", content: "of it" },
  },
  "an upload that is too large": {
    send: "POST /upload",
    with: { parts: { file: { name: "a", type: "text/plain", content: "x".repeat(20_000) } } },
    status: 413,
  },
  "files: whole, a part, packed": async ({ request, same }) => {
    const whole = await request("GET /files/hello.txt");
    same(whole.text, "Hello from a file\n");
    const part = await request("GET /files/hello.txt", { fields: { range: "bytes=6-9" } });
    same([part.status, part.text], [206, "from"]);
    const fields = { "if-none-match": whole.fields.etag };
    same((await request("GET /files/hello.txt", { fields })).status, 304);
  },
  "a view": { send: "GET /page", text: "<h1>&lt;made&gt;</h1>\n" },
  "a session": async ({ request, same }) => {
    same((await request("GET /me")).status, 401);
    const { status, cookies } = await request("POST /login");
    same(status, 302);
    same((await request("GET /me", { fields: { cookie: cookies } })).json, { name: "ada" });
  },
  "an answer that may be kept": async ({ request, same }) => {
    const answer = await request("GET /cached");
    same(answer.fields["cache-control"], "max-age=60, must-revalidate");
    same((await request("GET /cached", { fields: { "if-none-match": '"abc"' } })).status, 304);
  },
  CORS: {
    send: "GET /",
    with: { fields: { origin: "https://a.example" } },
    fields: { "access-control-allow-origin": "https://a.example" },
  },
  "a handler that throws": {
    send: "GET /fails",
    status: 500,
    json: {
      statusCode: 500,
      error: "Internal Server Error",
      message: "An internal server error occurred",
    },
  },
  "what is not there": { send: "GET /nothing", status: 404 },
};
