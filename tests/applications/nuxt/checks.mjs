export const build = [["howth", "run", "node_modules/nuxt/bin/nuxt.mjs", "build"]];
export const command = ["run", ".output/server/index.mjs"];
export const env = { NUXT_TELEMETRY_DISABLED: "1" };

export const checks = {
  "a page that was built": async ({ request, same, matches }) => {
    const answer = await request("GET /");
    matches(answer.text, /<title>A check<\/title>.*<h1>It is built<\/h1>.*count 3/s, "page");
    same((await request("GET /", { fields: { "if-none-match": answer.fields.etag } })).status, 304);
  },
  "its scripts": async ({ request, same }) => {
    const page = (await request("GET /")).text;
    const [script] = page.match(/\/_nuxt\/[^"]+\.js/);
    const answer = await request(`GET ${script}`);
    same(answer.status, 200);
    same(answer.fields["cache-control"], "public, max-age=31536000, immutable");
  },
  "a page made for its request, with data": {
    send: "GET /items/7?color=red",
    with: { fields: { cookie: "name=ada" } },
    text: /<p id="item">7 red ada<\/p>/,
  },
  "a route": async ({ request, same }) => {
    const answer = await request("POST /api/items", { json: { name: "Zoë" } });
    same([answer.status, answer.json, answer.cookies], [201, { name: "Zoë" }, "a=1"]);
  },
  redirects: async ({ request, same }) => {
    const old = await request("GET /old");
    same([old.status, old.fields.location], [301, "/"]);
    const guarded = await request("GET /guarded");
    same([guarded.status, guarded.fields.location], [302, "/items/7"]);
  },
  "a file": { send: "GET /hello.txt", text: "Hello from a file\n" },
  "what is not there": async ({ request, same, matches }) => {
    const missing = await request("GET /items/9", { fields: { accept: "text/html" } });
    same(missing.status, 404);
    matches(missing.text, /no such item/, "page");
    same((await request("GET /nothing")).status, 404);
  },
};
