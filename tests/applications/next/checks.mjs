export const build = [
  ["howth", "run", "node_modules/next/dist/bin/next", "build"],
  ["cp", "-r", "public", ".next/standalone/public"],
  ["cp", "-r", ".next/static", ".next/standalone/.next/static"],
];
export const command = ["run", ".next/standalone/server.js"];
export const env = { HOSTNAME: "127.0.0.1", NEXT_TELEMETRY_DISABLED: "1" };

export const checks = {
  "a page that was built": async ({ request, same, matches }) => {
    const answer = await request("GET /");
    matches(answer.text, /<h1>It is built<\/h1>.*count <!-- -->3/, "page");
    matches(answer.fields["x-from"], "the config", "x-from");
    const fields = { "if-none-match": answer.fields.etag };
    same((await request("GET /", { fields })).status, 304);
  },
  "its scripts, packed": async ({ request, same }) => {
    const page = (await request("GET /")).text;
    const [script] = page.match(/\/_next\/static\/[^"]+\.js/);
    const answer = await request(`GET ${script}`, { fields: { "accept-encoding": "gzip" } });
    same([answer.status, answer.fields["content-encoding"]], [200, "gzip"]);
    same(answer.fields["cache-control"], "public, max-age=31536000, immutable");
  },
  "a page made for its request": {
    send: "GET /items/7?color=red",
    with: { fields: { "user-agent": "a check" } },
    text: /<p id="item">7 red a check<\/p>/,
  },
  "its data, as a client's navigation asks for them": async ({ request, same, matches }) => {
    const fields = { rsc: "1" };
    const first = await request("GET /items/7", { fields });
    // Next wants its own mark in the query, against caches that do not look at the field.
    same(first.status, 307);
    const answer = await request(`GET ${first.fields.location}`, { fields });
    matches(answer.fields["content-type"], "text/x-component", "content-type");
    matches(answer.text, /"id":"item"/, "data");
  },
  "a page that arrives in parts": async ({ request, matches }) => {
    const { text } = await request("GET /slow");
    matches(text, /wait a moment[\s\S]*late part/, "page");
  },
  "a form that a server's function takes": async ({ request, same, matches }) => {
    const page = await request("GET /form");
    matches(page.text, /saved: nobody/, "page");
    const [, name] = page.text.match(/name="(\$ACTION_ID_[^"]+)"/);
    const sent = await request("POST /form", { parts: { [name]: "", name: "ada" } });
    same([sent.status, sent.fields.location, sent.cookies], [303, "/form", "name=ada"]);
    const again = await request("GET /form", { fields: { cookie: sent.cookies } });
    matches(again.text, /saved: ada/, "page");
  },
  "a route: a stream, a body, two cookies": async ({ request, same }) => {
    same((await request("GET /api/items?word=one&word=two")).text, "one;two;");
    const made = await request("POST /api/items", { json: { name: "Zoë" } });
    same(
      [made.status, made.json, made.fields["set-cookie"]],
      [201, { name: "Zoë" }, ["a=1", "b=2"]],
    );
    same((await request("PUT /api/items")).status, 405);
  },
  "a proxy that refuses, answers, rewrites": async ({ request, same, matches }) => {
    const closed = await request("GET /guarded");
    same([closed.status, closed.text, closed.fields["x-proxy"]], [401, "closed", "yes"]);
    const open = await request("GET /guarded", { fields: { cookie: "key=open" } });
    same(open.json, { isOpen: true });
    matches((await request("GET /renamed")).text, /<p id="item">8 none /, "page");
  },
  "a redirect": async ({ request, same }) => {
    const answer = await request("GET /old");
    same([answer.status, answer.fields.location], [308, "/"]);
  },
  "a file": { send: "GET /hello.txt", text: "Hello from a file\n" },
  "what is not there": async ({ request, same, matches }) => {
    for (const path of ["/nothing", "/items/9"]) {
      const answer = await request(`GET ${path}`);
      same(answer.status, 404);
      matches(answer.text, /nothing is here/, "page");
    }
  },
};
