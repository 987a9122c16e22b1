export const command = ["run", "app.js"];

export const checks = {
  "text, behind a middleware": { send: "GET /", fields: { "x-path": "/" }, text: "Hello Polka" },
  "a parameter, a query": { send: "GET /users/7?q=x", json: { id: "7", query: { q: "x" } } },
  "a body by for await": {
    send: "POST /words",
    with: { body: "one two" },
    status: 201,
    json: ["one", "two"],
  },
  "an application in another": { send: "GET /part/a", json: { part: "a" } },
  "an error": { send: "GET /fails", status: 500, json: { error: "it broke" } },
  "what is not there": { send: "GET /nothing", status: 404, json: { error: "not here" } },
};
