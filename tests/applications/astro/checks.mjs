export const build = [["howth", "run", "node_modules/astro/bin/astro.mjs", "build"]];
export const command = ["run", "dist/server/entry.mjs"];
export const env = { ASTRO_TELEMETRY_DISABLED: "1" };

export const checks = {
  "a page that was built": async ({ request, same, matches }) => {
    const answer = await request("GET /");
    matches(answer.text, /<h1>It is built<\/h1>/, "page");
    same((await request("GET /", { fields: { "if-none-match": answer.fields.etag } })).status, 304);
  },
  "a page made for its request, in parts": async ({ request, matches }) => {
    const answer = await request("GET /items/7?color=red", { fields: { cookie: "name=ada" } });
    matches(answer.text, /<p id="item">7 red ada<\/p>\s*<p>late part<\/p>/, "page");
    matches(answer.fields["x-address"], "127.0.0.1", "x-address");
  },
  "a form": async ({ request, port, same, matches }) => {
    const page = await request("GET /form");
    matches(page.text, /saved: nobody/, "page");
    const action = page.text.match(/action="([^"]+)"/)[1];
    const fields = { origin: `http://127.0.0.1:${port}` };
    const send = (name) => request(`POST /form${action}`, { form: { name }, fields });
    const sent = await send("ada");
    matches(sent.text, /saved: ada/, "page");
    same(sent.cookies, "name=ada");
    const wrong = await send("a");
    same(wrong.status, 400);
    matches(wrong.text, /saved: BAD_REQUEST/, "page");
  },
  "a form of another site": {
    send: "POST /form",
    with: { fields: { origin: "http://b.example" }, form: { name: "ada" } },
    status: 403,
  },
  "a route: a stream, a body, two cookies": async ({ request, same }) => {
    same((await request("GET /api/items?word=one&word=two")).text, "one;two;");
    const made = await request("POST /api/items", { json: { name: "Zoë" } });
    same(
      [made.status, made.json, made.fields["set-cookie"]],
      [201, { name: "Zoë" }, ["a=1", "b=2"]],
    );
  },
  "a redirect": async ({ request, same }) => {
    for (const path of ["/old", "/items/0"]) {
      const answer = await request(`GET ${path}`);
      same([Math.trunc(answer.status / 100), answer.fields.location], [3, "/"], path);
    }
  },
  "a file": { send: "GET /hello.txt", text: "Hello from a file\n" },
  "what is not there, what fails": async ({ request, same }) => {
    same((await request("GET /nothing")).status, 404);
    same((await request("GET /items/9")).text, "no such item");
    same((await request("GET /items/13")).status, 500);
  },
};
