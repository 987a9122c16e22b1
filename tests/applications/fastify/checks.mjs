export const command = ["run", "app.mjs"];

export const checks = {
  "JSON, with a hook's field": {
    send: "GET /",
    fields: {
      "content-type": "application/json; charset=utf-8",
      "x-hook": "seen",
      "content-length": "17",
    },
    json: { hello: "world" },
  },
  "a decorated request": {
    send: "GET /me",
    with: { fields: { authorization: "Ada" } },
    json: { user: "Ada", ip: "127.0.0.1" },
  },
  "a body by its schema": {
    send: "POST /items",
    with: { json: { name: "pen", price: 2.5 } },
    status: 201,
    json: { id: 1, name: "pen" },
  },
  "a body against its schema": {
    send: "POST /items",
    with: { json: { name: "pen", price: -1 } },
    status: 400,
    text: /body\/price must be >= 0/,
  },
  "a body of an unknown type": {
    send: "POST /items",
    with: { body: "a", fields: { "content-type": "application/x-unknown" } },
    status: 415,
  },
  "a stream": {
    send: "GET /stream",
    fields: { "content-type": /^text\/plain/ },
    text: "one two three",
  },
  "a Response": { send: "GET /response", status: 202, text: "made by the web" },
  "a hijacked reply": { send: "GET /raw", text: "raw" },
  "an error with a status": { send: "GET /fails", status: 418, text: /no tea/ },
  "a plugin with a prefix": { send: "GET /v1/version", json: { version: 1 } },
  "what is not there": { send: "GET /nothing", status: 404, text: /Route GET:\/nothing not found/ },
  "a log line for each request": async ({ said }) => {
    await said(/"res":\{"statusCode":418\},"responseTime":[\d.]+,"msg":"request completed"/);
  },
};
