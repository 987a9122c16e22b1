export const build = [["howth", "run", "node_modules/vite/bin/vite.js", "build"]];
export const command = ["run", "build/index.js"];
export const env = { BODY_SIZE_LIMIT: "1K" };

export const checks = {
  "a page that was built": async ({ request, same, matches }) => {
    const answer = await request("GET /");
    matches(answer.text, /<h1>It is built<\/h1>.*count 3/, "page");
    same((await request("GET /", { fields: { "if-none-match": answer.fields.etag } })).status, 304);
  },
  "its scripts, packed before": async ({ request, same }) => {
    const page = (await request("GET /")).text;
    const [script] = page.match(/_app\/immutable\/[^"]+\.js/);
    const answer = await request(`GET /${script}`, { fields: { "accept-encoding": "br" } });
    same([answer.status, answer.fields["content-encoding"]], [200, "br"]);
    same(answer.fields["cache-control"], "public,max-age=31536000,immutable");
  },
  "a page made for its request, in parts": async ({ request, matches }) => {
    const answer = await request("GET /items/7?color=red", { fields: { cookie: "name=ada" } });
    matches(
      answer.text,
      /<p id="item">7 red ada inner;<\/p>[\s\S]*wait a moment[\s\S]*late part/,
      "page",
    );
    matches(answer.fields["cache-control"], "private, max-age=5", "cache-control");
    matches(answer.fields["x-address"], "127.0.0.1", "x-address");
  },
  "its data, as a client's navigation asks for them": {
    send: "GET /items/7/__data.json?color=red",
    fields: { "content-type": "text/sveltekit-data" },
    text: /"red".*late part/s,
  },
  "a form": async ({ request, same, matches }) => {
    const fields = { origin: "http://a.example", accept: "text/html" };
    const sent = await request("POST /form", { fields, form: { name: "ada" } });
    same([sent.status, sent.fields.location, sent.cookies], [303, "/form", "name=ada"]);
    const again = await request("GET /form", { fields: { cookie: sent.cookies } });
    matches(again.text, /saved: ada/, "page");
    const wrong = await request("POST /form", { fields, form: {} });
    same(wrong.status, 422);
    matches(wrong.text, /a name is missing/, "page");
  },
  "a form of another site": {
    send: "POST /form",
    with: { fields: { origin: "http://b.example" }, form: { name: "ada" } },
    status: 403,
  },
  "a route: a stream, a body, one that is too large": async ({ request, same }) => {
    same((await request("GET /api?word=one&word=two")).text, "one;two;");
    const made = await request("POST /api", { json: { name: "Zoë" } });
    same([made.status, made.json], [201, { name: "Zoë" }]);
    same((await request("POST /api", { json: "x".repeat(2000) })).status, 413);
    same((await request("PUT /api", { json: 1 })).status, 405);
  },
  "a redirect": async ({ request, same }) => {
    const answer = await request("GET /items/0");
    same([answer.status, answer.fields.location], [302, "/"]);
  },
  "a file": { send: "GET /hello.txt", text: "Hello from a file\n" },
  "what is not there, what fails": async ({ request, same, matches }) => {
    same((await request("GET /nothing")).status, 404);
    matches((await request("GET /items/9")).text, /no such item/, "page");
    const failed = await request("GET /items/13");
    same(failed.status, 500);
    matches(failed.text, /told: it broke/, "page");
  },
};
