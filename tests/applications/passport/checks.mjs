export const command = ["run", "app.mjs"];

const logIn = (client, password, fields) =>
  client.request("POST /login", { fields, form: { name: "ada", password } });

export const checks = {
  "nobody is logged in": { send: "GET /me", status: 401 },
  "a log-in, and who it was": async (client) => {
    const answer = await logIn(client, "secret");
    client.same([answer.status, answer.fields.location], [302, "/me"]);
    const me = await client.request("GET /me", { fields: { cookie: answer.cookies } });
    client.same(me.json, { name: "ada" });
  },
  "another session after the log-in": async (client) => {
    const first = await logIn(client, "wrong");
    const second = await logIn(client, "secret", { cookie: first.cookies });
    client.same(second.cookies.length > 0 && second.cookies !== first.cookies, true);
  },
  "a password that is wrong": async (client) => {
    const answer = await logIn(client, "wrong");
    client.same([answer.status, answer.fields.location], [302, "/login"]);
    const told = await client.request("GET /login", { fields: { cookie: answer.cookies } });
    client.same(told.json, ["wrong"]);
  },
  "a log-out": async (client) => {
    const { cookies: cookie } = await logIn(client, "secret");
    const answer = await client.request("POST /logout", { fields: { cookie } });
    client.same([answer.status, answer.fields.location], [302, "/"]);
    client.same((await client.request("GET /me", { fields: { cookie } })).status, 401);
  },
};
