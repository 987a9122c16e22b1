import http from "node:http";

export const command = ["run", "app.mjs"];

export const checks = {
  "a line for a request": async ({ request, same, said }) => {
    const answer = await request("GET /a?b=c", { fields: { "x-request-id": "first" } });
    same([answer.text, answer.fields["x-request-id"]], ["done", "first"]);
    await said(
      /"id":"first","method":"GET","url":"\/a\?b=c".*"statusCode":200.*"responseTime":\d+,"msg":"request completed"/,
    );
  },
  "the client's address in it": ({ said }) =>
    said(/"remoteAddress":"127\.0\.0\.1","remotePort":\d+/),
  "a line of the handler": ({ said }) => said(/"id":"first".*"msg":"in the handler"/),
  "an error": async ({ request, same, said }) => {
    same((await request("GET /fails")).status, 500);
    await said(/"level":50.*"message":"it broke".*"msg":"request errored"/);
  },
  "what is secret": async ({ request, said }) => {
    await request("GET /secret", { fields: { authorization: "hidden" } });
    await said(/"url":"\/secret".*"authorization":"\[Redacted\]"/);
  },
  "a client that leaves": async ({ port, said }) => {
    const sent = http.get({ port, host: "127.0.0.1", path: "/slow", agent: false });
    sent.on("error", () => {});
    await said(/"url":"\/slow".*"msg":"in the handler"/);
    sent.destroy();
    await said(/"url":"\/slow".*"msg":"request aborted"/);
  },
};
