export const build = [["howth", "run", "node_modules/vite/bin/vite.js", "build"]];
export const command = ["run", "serve.mjs"];
export const env = { NODE_ENV: "production" };

export const checks = {
  "a page, with a function of the server": {
    send: "GET /",
    with: { fields: { "user-agent": "a check" } },
    fields: { "x-from": "a function of the server" },
    text: /<title>A check<\/title>.*<h1>asked by a check<\/h1>/s,
  },
  "its scripts": async ({ request, same, matches }) => {
    const page = (await request("GET /")).text;
    const [script] = page.match(/\/assets\/[^"']+\.js/);
    const answer = await request(`GET ${script}`);
    same(answer.status, 200);
    matches(answer.fields["content-type"], /^text\/javascript/, "content-type");
  },
  "a page that arrives in parts": {
    send: "GET /items/7?color=red",
    text: /<p id="item">7 red<\/p>.*wait a moment.*late part/s,
  },
  "a route: a stream, a body": async ({ request, same }) => {
    same((await request("GET /api?word=one&word=two")).text, "one;two;");
    const made = await request("POST /api", { json: { name: "Zoë" } });
    same([made.status, made.json], [201, { name: "Zoë" }]);
  },
  "a redirect": async ({ request, same }) => {
    const answer = await request("GET /items/0?color=red");
    same([answer.status, answer.fields.location], [307, "/"]);
  },
  "a file": { send: "GET /hello.txt", text: "Hello from a file\n" },
  "what is not there, what fails": async ({ request, same, matches }) => {
    for (const path of ["/nothing", "/items/9?color=red"]) {
      const answer = await request(`GET ${path}`);
      same(answer.status, 404, path);
      matches(answer.text, /nothing is here/, "page");
    }
    const failed = await request("GET /items/13?color=red");
    same(failed.status, 500);
    matches(failed.text, /told: it broke/, "page");
  },
};
