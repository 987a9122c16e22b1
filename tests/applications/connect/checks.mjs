export const command = ["run", "app.js"];

const FILE = "Hello from a file\n";

export const checks = {
  "a mounted middleware": {
    send: "GET /api/a?b=c",
    fields: { "x-url": "/api/a?b=c" },
    json: { url: "/a?b=c", originalUrl: "/api/a?b=c" },
  },
  "the index of a folder": {
    send: "GET /",
    fields: { "content-type": /^text\/html/, "cache-control": "public, max-age=86400" },
    text: /<title>Start<\/title>/,
  },
  "a file that has not changed": async ({ request, same }) => {
    const answer = await request("GET /hello.txt");
    same(answer.text, FILE);
    const { etag, "last-modified": modified } = answer.fields;
    same((await request("GET /hello.txt", { fields: { "if-none-match": etag } })).status, 304);
    same(
      (await request("GET /hello.txt", { fields: { "if-modified-since": modified } })).status,
      304,
    );
  },
  "parts of a file": async ({ request, same }) => {
    const part = await request("GET /hello.txt", { fields: { range: "bytes=-5" } });
    same([part.status, part.text], [206, FILE.slice(-5)]);
    const beyond = await request("GET /hello.txt", { fields: { range: "bytes=100-" } });
    same([beyond.status, beyond.fields["content-range"]], [416, "bytes */18"]);
  },
  "HEAD of a file": { send: "HEAD /hello.txt", fields: { "content-length": "18" }, text: "" },
  "a path out of the folder": {
    send: "GET /..%2fapp.js",
    status: 404,
    text: /^(?![\s\S]*require)/,
  },
  "an error": { send: "GET /fails", status: 503, text: "sorry: it broke" },
  "what is not there": { send: "GET /nothing", status: 404 },
};
