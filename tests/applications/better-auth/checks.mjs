export const command = ["run", "app.mjs"];

const account = (number) => ({
  email: `ada${number}@a.example`,
  password: "a long password",
  name: "Ada",
});
const fields = { origin: "http://localhost" };

export const checks = {
  "it is there": { send: "GET /api/auth/ok", json: { ok: true } },
  "an account, and its session": async ({ request, same }) => {
    const made = await request("POST /api/auth/sign-up/email", { json: account(1), fields });
    same([made.status, made.json.user?.name], [200, "Ada"]);
    same((await request("GET /", { fields: { cookie: made.cookies } })).json, { name: "Ada" });
  },
  "a password that is right, and one that is not": async ({ request, same }) => {
    await request("POST /api/auth/sign-up/email", { json: account(2), fields });
    const { email, password } = account(2);
    const inside = await request("POST /api/auth/sign-in/email", {
      json: { email, password },
      fields,
    });
    same([inside.status, /session_token=/.test(inside.cookies)], [200, true]);
    const refused = await request("POST /api/auth/sign-in/email", {
      json: { email, password: "wrong password" },
      fields,
    });
    same([refused.status, refused.json.code], [401, "INVALID_EMAIL_OR_PASSWORD"]);
  },
  "the end of a session": async ({ request, same }) => {
    const { cookies: cookie } = await request("POST /api/auth/sign-up/email", {
      json: account(3),
      fields,
    });
    same(
      (await request("POST /api/auth/sign-out", { json: {}, fields: { ...fields, cookie } })).json,
      { success: true },
    );
    same((await request("GET /", { fields: { cookie } })).status, 401);
  },
  nobody: { send: "GET /", status: 401, json: { name: null } },
};
