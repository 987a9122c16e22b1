import { gunzipSync } from "node:zlib";

export const command = ["run", "app.mjs"];

export const checks = {
  "a session in a cookie": async ({ request, same }) => {
    const { cookies } = await request("GET /visits");
    const again = await request("GET /visits", { fields: { cookie: cookies } });
    same(again.json, { visits: 2 });
  },
  "a packed answer": async ({ request, same }) => {
    const answer = await request("GET /long", { fields: { "accept-encoding": "gzip" } });
    same(answer.fields["content-encoding"], "gzip");
    same(gunzipSync(answer.bytes).toString(), "of a long text\n".repeat(100));
  },
  "an upload": {
    send: "POST /upload",
    with: { parts: { name: "Ada", file: { name: "a.txt", type: "text/plain", content: "of it" } } },
    json: { originalname: "a.txt", size: 5, mimetype: "text/plain", name: "Ada" },
  },
  files: async ({ request, same }) => {
    const answer = await request("GET /static/hello.txt");
    same(answer.text, "Hello from a file\n");
    const fields = { "if-modified-since": answer.fields["last-modified"] };
    same((await request("HEAD /static/hello.txt", { fields })).fields["content-length"], "18");
  },
  CORS: {
    send: "GET /long",
    with: { fields: { origin: "https://a.example" } },
    fields: { "access-control-allow-origin": "https://a.example", vary: /Origin/ },
  },
  "another method": { send: "PUT /visits", status: 405, fields: { allow: "HEAD, GET" } },
};
