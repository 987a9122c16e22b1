export const command = ["serve", "--cores=1", "app.mjs"];

export const checks = {
  text: { send: "GET /", text: "Hello Elysia" },
  "a parameter by its type": async ({ request, same }) => {
    same((await request("GET /users/7?q=x")).json, { id: 7, query: { q: "x" } });
    same((await request("GET /users/seven")).status, 422);
  },
  "a body by its schema": async ({ request, same }) => {
    const item = { name: "pen", price: 2.5 };
    const answer = await request("POST /items", { json: item });
    same([answer.status, answer.json], [201, item]);
    const wrong = await request("POST /items", { json: { name: "pen", price: "much" } });
    same([wrong.status, wrong.json], [422, { wrong: "/price" }]);
  },
  "a form with a file": {
    send: "POST /upload",
    with: {
      parts: { title: "A file", file: { name: "a.txt", type: "text/plain", content: "abc" } },
    },
    json: { title: "A file", name: "a.txt", size: 3 },
  },
  derive: {
    send: "GET /me",
    with: { fields: { authorization: "Bearer b" } },
    json: { bearer: "b" },
  },
  state: { send: "GET /visits", text: "true" },
  cookies: async ({ request, same }) => {
    const first = await request("GET /cookie");
    same(first.text, "no");
    same((await request("GET /cookie", { fields: { cookie: first.cookies } })).text, "yes");
  },
  "a generator": { send: "GET /stream", text: /one[\s\S]*two[\s\S]*three/ },
  "the client's address": { send: "GET /ip", text: "127.0.0.1" },
  "a handler that throws": { send: "GET /fails", status: 500, json: { error: "it broke" } },
  "what is not there": { send: "GET /nothing", status: 404, text: "nothing here" },
  "a group": { send: "GET /v1/version", json: { version: 1 } },
};
