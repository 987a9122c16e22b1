export const command = ["run", "app.mjs"];

export const checks = {
  "a parameter, a query, a client behind a proxy": {
    send: "GET /api/users/7?q=x",
    with: { fields: { "x-forwarded-for": "203.0.113.7" } },
    fields: { "x-response-time": /^\d+\.\dms$/ },
    json: { id: "7", query: { q: "x" }, ip: "203.0.113.7" },
  },
  "a body of JSON": {
    send: "POST /api/users",
    with: { json: { a: 1 } },
    status: 201,
    json: { a: 1 },
  },
  "a form": {
    send: "POST /api/users",
    with: { form: { a: "1 2" } },
    status: 201,
    json: { a: "1 2" },
  },
  "signed cookies": async ({ request, same }) => {
    const first = await request("GET /api/cookie");
    same(first.text, "visit 1");
    const second = await request("GET /api/cookie", { fields: { cookie: first.cookies } });
    same(second.text, "visit 2");
    const forged = first.cookies.replace("visits=1", "visits=9");
    same((await request("GET /api/cookie", { fields: { cookie: forged } })).text, "visit 1");
  },
  "a stream of a file": {
    send: "GET /api/source",
    fields: { "content-type": /^text\/javascript/ },
    text: /^import \{ createReadStream \}[\s\S]*"127\.0\.0\.1"\);\n$/,
  },
  "ctx.throw": { send: "GET /api/refused", status: 403, text: "not for you" },
  "a middleware that throws": async ({ request, same, said }) => {
    const answer = await request("GET /api/fails");
    same([answer.status, answer.text], [500, "Internal Server Error"]);
    await said(/told: it broke/);
  },
  "ctx.respond = false": { send: "GET /api/own", text: "by itself" },
  "a method that is not allowed": {
    send: "PUT /api/cookie",
    status: 405,
    fields: { allow: "HEAD, GET" },
  },
  OPTIONS: { send: "OPTIONS /api/users", fields: { allow: "POST" } },
};
