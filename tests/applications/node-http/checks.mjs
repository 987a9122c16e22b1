import http from "node:http";

export const command = ["run", "app.js"];

export const checks = {
  "writeHead with a reason and a field twice": async ({ request, same }) => {
    const answer = await request("GET /?name=Ada");
    same(answer.status, 200);
    same(answer.fields["x-many"], "a, b");
    same(answer.text, "Hello Ada");
  },
  "a body through req.pipe(res)": {
    send: "POST /echo",
    with: { json: { grüße: "welt" } },
    fields: { "content-type": "application/json" },
    json: { grüße: "welt" },
  },
  "a chunked body of 2 MB": {
    send: "POST /count",
    with: { body: "x".repeat(2_000_000), fields: { "transfer-encoding": "chunked" } },
    json: { bytes: 2_000_000, trailers: {} },
  },
  "a body that is read with pauses": {
    send: "POST /slowly",
    with: { body: "x".repeat(1_000_000) },
    text: "1000000",
  },
  "a stream with trailers": async ({ request, same }) => {
    const answer = await request("GET /stream");
    same(answer.text, "line 1\nline 2\nline 3\n");
    same(answer.fields["transfer-encoding"], "chunked");
    same(answer.trailers, { "x-sum": "6" });
  },
  "a buffer of 3 MB": async ({ request, same }) => {
    same((await request("GET /large")).bytes.length, 3_000_000);
  },
  "HEAD without a body": {
    send: "HEAD /",
    fields: { "content-type": "text/plain", "content-length": null },
    text: "",
  },
  "req.socket": {
    send: "GET /socket",
    json: { remoteAddress: "127.0.0.1", encrypted: false, version: "1.1" },
  },
  "one connection for many requests": async ({ request, same }) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 5; i++)
      same((await request("POST /echo", { agent, body: `${i}` })).text, `${i}`);
    same(Object.values(agent.freeSockets).flat().length, 1);
    agent.destroy();
  },
  "requests in one write": async ({ raw, same }) => {
    const next = "GET /?name=b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const found = await raw(`GET /stream HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
    same(found.match(/HTTP\/1\.1 200/g).length, 2);
    same(found.includes("\r\n7\r\nHello b\r\n0\r\n\r\n"), true, found);
  },
  "Expect: 100-continue by checkContinue": async ({ raw, same }) => {
    const head = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n";
    const taken = await raw(`${head}Content-Length: 2\r\n\r\n`, "ok");
    same(taken.startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "), true, taken);
    const refused = await raw(`${head}Content-Length: 5000\r\n\r\n`);
    same(refused.startsWith("HTTP/1.1 417 "), true, refused);
  },
};
