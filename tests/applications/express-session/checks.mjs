export const command = ["run", "app.mjs"];

export const checks = {
  "a session lasts": async ({ request, same }) => {
    const first = await request("GET /visits");
    same(first.json, { visits: 1 });
    const fields = { cookie: first.cookies };
    same((await request("GET /visits", { fields })).json, { visits: 2 });
    same((await request("GET /visits")).json, { visits: 1 });
  },
  "what is not used sets no cookie": {
    send: "GET /untouched",
    fields: { "set-cookie": null },
    text: "nothing to keep",
  },
  "a new id at the login": async ({ request, same }) => {
    const before = (await request("GET /visits")).cookies;
    const login = await request("POST /login", { fields: { cookie: before } });
    same(login.cookies !== before && login.cookies.startsWith("session="), true);
    same((await request("GET /me", { fields: { cookie: login.cookies } })).json, { user: "Ada" });
    same((await request("GET /me", { fields: { cookie: before } })).json, { user: null });
  },
  "the logout": async ({ request, same }) => {
    const fields = { cookie: (await request("POST /login")).cookies };
    same((await request("POST /logout", { fields })).status, 204);
    same((await request("GET /me", { fields })).json, { user: null });
  },
  "a session that is forged": async ({ request, same }) => {
    const { cookies } = await request("POST /login");
    same((await request("GET /me", { fields: { cookie: `${cookies}x` } })).json, { user: null });
  },
  "several cookies": async ({ request, same }) => {
    const answer = await request("GET /set");
    same(answer.fields["set-cookie"].length, 3);
    const back = await request("GET /cookies", { fields: { cookie: answer.cookies } });
    same(back.json, { plain: { plain: "a b", object: { a: 1 } }, signed: { signed: "yes" } });
  },
};
