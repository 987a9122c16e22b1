export const command = ["run", "app.mjs"];
export const known = {
  starts: "crossws 0.4 runs on no runtime with a global `Deno`, and howth has it",
};

export const checks = {
  "listen calls back": ({ said, port }) => said(new RegExp(`listens at ${port}`)),
  "a text": { send: "GET /", text: "hello" },
  "a parameter that is checked": async ({ request, same }) => {
    same((await request("GET /users/7?a=1")).json, { id: 7, query: { a: "1" } });
    same((await request("GET /users/seven")).status, 422);
  },
  "a body that is checked": async ({ request, same }) => {
    const right = await request("POST /users", { json: { name: "Zoë" } });
    same([right.status, right.json], [201, { name: "Zoë" }]);
    same((await request("POST /users", { json: { name: "Z" } })).status, 422);
  },
  "what is derived": { send: "GET /key", with: { fields: { "x-key": "a" } }, json: { key: "a" } },
  "a cookie": { send: "GET /cookie", fields: { "set-cookie": /^seen=yes/ }, text: "set" },
  "a generator": { send: "GET /events", text: "1;2;3;" },
  "a handler that throws": { send: "GET /fails", status: 500, text: "it broke" },
  "what is not there": { send: "GET /nothing", status: 404 },
};
