export const command = ["run", "app.mjs"];

const inside = Buffer.from("ada:secret").toString("base64");

export const checks = {
  text: { send: "GET /", fields: { "content-type": /^text\/plain/ }, text: "Hello Node.js!" },
  "a parameter, a query, CORS": {
    send: "GET /api/users/7?q=a%20b",
    with: { fields: { origin: "https://a.example" } },
    fields: { "access-control-allow-origin": "https://a.example" },
    json: { id: "7", q: "a b" },
  },
  "a body of JSON": {
    send: "POST /api/users",
    with: { json: { name: "Zoë" } },
    status: 201,
    json: { name: "Zoë" },
  },
  "a form with a file": {
    send: "POST /upload",
    with: {
      parts: { title: "A file", file: { name: "a.txt", type: "text/plain", content: "abc" } },
    },
    json: { title: "A file", name: "a.txt", type: "text/plain", size: 3 },
  },
  "a password": async ({ request, same }) => {
    const refused = await request("GET /admin/in");
    same([refused.status, refused.fields["www-authenticate"]], [401, 'Basic realm="Secure Area"']);
    same(
      (await request("GET /admin/in", { fields: { authorization: `Basic ${inside}` } })).text,
      "in",
    );
  },
  "c.env.incoming": { send: "GET /ip", text: "127.0.0.1" },
  "a stream of text": {
    send: "GET /text",
    fields: { "transfer-encoding": "chunked" },
    text: "one two three",
  },
  events: {
    send: "GET /events",
    fields: { "content-type": /^text\/event-stream/ },
    text: "event: tick\ndata: number 1\nid: 1\n\nevent: tick\ndata: number 2\nid: 2\n\n",
  },
  "a file": {
    send: "GET /static/style.css",
    fields: { "content-type": /^text\/css/ },
    text: /color: black/,
  },
  "a handler that throws": { send: "GET /fails", status: 500, json: { error: "it broke" } },
  "what is not there": { send: "GET /nothing", status: 404, text: "404 Not Found" },
};
