export const command = ["run", "main.mjs"];

export const checks = {
  "a provider that was started": { send: "GET /", json: { isReady: true } },
  "a parameter through a pipe": async ({ request, same }) => {
    same((await request("GET /items/7")).json, { id: 7 });
    const wrong = await request("GET /items/seven");
    same(
      [wrong.status, wrong.json.message],
      [400, "Validation failed (numeric string is expected)"],
    );
  },
  "a body": {
    send: "POST /items",
    with: { json: { name: "pen" } },
    status: 201,
    json: { count: 1, name: "pen" },
  },
  "an exception of Nest's": {
    send: "POST /items",
    with: { json: {} },
    status: 400,
    json: { message: "a name is needed", error: "Bad Request", statusCode: 400 },
  },
  "a status of its own": { send: "POST /accepted", status: 202, text: "taken" },
  "a guard": async ({ request, same }) => {
    same((await request("GET /locked")).status, 403);
    same((await request("GET /locked", { fields: { "x-key": "open" } })).text, "in");
  },
  "an interceptor": { send: "GET /wrapped", json: { data: 1 } },
  "a filter": { send: "GET /filtered", status: 422, json: { filtered: "too far" } },
  events: {
    send: "GET /events",
    fields: { "content-type": /^text\/event-stream/ },
    text: /data: \{"number":2\}\n\n$/,
  },
  "a file": { send: "GET /file", fields: { "content-type": /^text\/plain/ }, text: "of a file" },
  "any other exception": {
    send: "GET /fails",
    status: 500,
    json: { statusCode: 500, message: "Internal server error" },
  },
  CORS: {
    send: "GET /",
    with: { fields: { origin: "https://a.example" } },
    fields: { "access-control-allow-origin": "*" },
  },
};
