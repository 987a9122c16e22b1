export const command = ["serve", "--cores=1", "app.mjs"];

export const checks = {
  "HTML with an ETag": async ({ request, same }) => {
    const answer = await request("GET /");
    same(
      [answer.text, answer.fields["content-type"]],
      ["<p>Hello</p>", "text/html; charset=UTF-8"],
    );
    const again = await request("GET /", { fields: { "if-none-match": answer.fields.etag } });
    same([again.status, again.text], [304, ""]);
  },
  "parameters by pattern": async ({ request, same }) => {
    same((await request("GET /posts/1815/ada")).json, { year: "1815", name: "ada" });
    same((await request("GET /posts/ada")).status, 404);
  },
  "a body that is looked at": async ({ request, same }) => {
    same((await request("POST /posts", { json: { title: "a" } })).status, 201);
    const wrong = await request("POST /posts", { json: {} });
    same([wrong.status, wrong.text], [400, "no title"]);
  },
  "signed cookies": async ({ request, same }) => {
    const first = await request("GET /cookie");
    same(first.text, "seen 1");
    same((await request("GET /cookie", { fields: { cookie: first.cookies } })).text, "seen 2");
    const gone = await request("GET /forget", { fields: { cookie: first.cookies } });
    same([gone.text, /seen=; Max-Age=0/.test(gone.fields["set-cookie"][0])], ["forgotten", true]);
  },
  "a token, signed and verified": async ({ request, same }) => {
    const token = (await request("GET /token")).text;
    same((await request("GET /who", { fields: { authorization: `Bearer ${token}` } })).json, {
      sub: "ada",
    });
    const refused = await request("GET /who", { fields: { authorization: `Bearer ${token}x` } });
    same([refused.status, refused.text], [401, "no token"]);
  },
  "a body through streams": { send: "POST /upper", with: { body: "grün" }, text: "GRÜN" },
  "a redirect": { send: "GET /moved", status: 301, fields: { location: "/" } },
  HEAD: { send: "HEAD /", text: "", fields: { "content-type": /^text\/html/ } },
};
