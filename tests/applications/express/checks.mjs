export const command = ["run", "app.mjs"];

export const checks = {
  "res.send, with an ETag": async ({ request, same, matches }) => {
    const answer = await request("GET /");
    same(answer.text, "Hello World!");
    matches(answer.fields["content-type"], "text/html; charset=utf-8", "content-type");
    matches(answer.fields["x-powered-by"], "Express", "x-powered-by");
    const again = await request("GET /", { fields: { "if-none-match": answer.fields.etag } });
    same([again.status, again.text], [304, ""]);
  },
  "a router, a parameter, a query": {
    send: "GET /users/7?tags=a&tags=b",
    json: { id: 7, query: { tags: ["a", "b"] } },
  },
  "a body of JSON": {
    send: "POST /users",
    with: { json: { name: "Zoë" } },
    status: 201,
    fields: { location: "/users/7" },
    json: { name: "Zoë" },
  },
  "a form": {
    send: "POST /users",
    with: { form: { "user[name]": "Ada" } },
    status: 201,
    json: { user: { name: "Ada" } },
  },
  "JSON that is none": {
    send: "POST /users",
    with: { body: "{", fields: { "content-type": "application/json" } },
    status: 400,
    text: /^\{"error":".+"\}$/,
  },
  "a body that is too large": {
    send: "POST /users",
    with: { json: "x".repeat(200_000) },
    status: 413,
    json: { error: "request entity too large" },
  },
  "a redirect and a cookie": async ({ request, same }) => {
    const moved = await request("GET /old");
    same([moved.status, moved.fields.location], [301, "/"]);
    same((await request("GET /cookie")).fields["set-cookie"], ["seen=yes; Path=/; HttpOnly"]);
  },
  "behind a proxy": {
    send: "GET /ip",
    with: {
      fields: { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https", host: "a.example" },
    },
    json: { ip: "203.0.113.7", host: "a.example", secure: true },
  },
  "files: static, sendFile, a part of one, a stream": async ({ request, same }) => {
    for (const path of ["/static/hello.txt", "/file", "/pipe"]) {
      same((await request(`GET ${path}`)).text, "Hello from a file\n", path);
    }
    const part = await request("GET /static/hello.txt", { fields: { range: "bytes=6-9" } });
    same([part.status, part.text, part.fields["content-range"]], [206, "from", "bytes 6-9/18"]);
  },
  events: {
    send: "GET /events",
    fields: { "content-type": /^text\/event-stream/ },
    text: "data: 1\n\ndata: 2\n\ndata: 3\n\n",
  },
  "an async handler that throws": { send: "GET /fails", status: 500, json: { error: "it broke" } },
  "what is not there": { send: "GET /nothing", status: 404, text: /Cannot GET \/nothing/ },
};
