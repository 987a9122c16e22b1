export const build = [["howth", "run", "node_modules/@react-router/dev/bin.cjs", "build"]];
export const command = ["run", "node_modules/@react-router/serve/bin.cjs", "build/server/index.js"];
export const env = { NODE_ENV: "production" };

export const checks = {
  "a page": {
    send: "GET /",
    fields: { "x-from": "the route" },
    text: /<title>A check<\/title>.*<h1>It is built<\/h1>.*count 3/s,
  },
  "its scripts, packed": async ({ request, same }) => {
    const page = (await request("GET /")).text;
    const [script] = page.match(/\/assets\/[^"]+\.js/);
    const answer = await request(`GET ${script}`, { fields: { "accept-encoding": "gzip" } });
    same(answer.status, 200);
    same(answer.fields["cache-control"], "public, max-age=31536000, immutable");
  },
  "a page that arrives in parts": async ({ request, matches }) => {
    const { text } = await request("GET /items/7?color=red");
    matches(text, /<p id="item">7 red<\/p>.*wait a moment.*late part/s, "page");
  },
  "a page for a robot, at once": async ({ request, same }) => {
    const fields = { "user-agent": "Googlebot/2.1" };
    const { text } = await request("GET /items/7", { fields });
    same([text.includes("<p>late part</p>"), text.includes("wait a moment")], [true, false]);
  },
  "its data, as a client's navigation asks for them": {
    send: "GET /items/7.data",
    fields: { "content-type": /^text\/x-script/ },
    text: /"id".*late part/s,
  },
  "a form, a session": async ({ request, same, matches }) => {
    const sent = await request("POST /form", { form: { name: "ada" } });
    same([sent.status, sent.fields.location], [302, "/form"]);
    const again = await request("GET /form", { fields: { cookie: sent.cookies } });
    matches(again.text, /saved: ada/, "page");
    const wrong = await request("POST /form", { form: { name: "" } });
    same(wrong.status, 422);
    matches(wrong.text, /saved: nobody, a name is missing/, "page");
  },
  "a route: a stream, a body": async ({ request, same }) => {
    same((await request("GET /api?word=one&word=two")).text, "one;two;");
    const made = await request("POST /api", { json: { name: "Zoë" } });
    same([made.status, made.json], [201, { name: "Zoë" }]);
  },
  "a redirect": async ({ request, same }) => {
    const answer = await request("GET /old");
    same([answer.status, answer.fields.location], [301, "/"]);
  },
  "a file": { send: "GET /hello.txt", text: "Hello from a file\n" },
  "what is not there, what fails": async ({ request, same, matches }) => {
    same((await request("GET /nothing")).status, 404);
    const missing = await request("GET /items/9");
    same(missing.status, 404);
    matches(missing.text, /told: <!-- -->no such item/, "page");
    const failed = await request("GET /items/13");
    same(failed.status, 500);
    matches(failed.text, /told: <!-- -->an error/, "page");
  },
  "what is said of a request": ({ said }) => said(/GET \/items\/13 500/),
};
