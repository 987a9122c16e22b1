import { brotliDecompressSync, gunzipSync } from "node:zlib";

export const command = ["run", "app.mjs"];

const accept = (encoding) => ({ fields: { "accept-encoding": encoding } });

export const checks = {
  gzip: async ({ request, same }) => {
    const answer = await request("GET /text", accept("gzip"));
    const { "content-encoding": encoding, vary, "content-length": length } = answer.fields;
    same([encoding, vary, length], ["gzip", "Accept-Encoding", undefined]);
    same(gunzipSync(answer.bytes).length, 5000);
  },
  brotli: async ({ request, same }) => {
    const answer = await request("GET /text", accept("gzip, br"));
    same(answer.fields["content-encoding"], "br");
    same(brotliDecompressSync(answer.bytes).length, 5000);
  },
  "a client that wants none": {
    send: "GET /text",
    fields: { "content-encoding": null, "content-length": "5000" },
  },
  "what is too short": {
    send: "GET /short",
    with: accept("gzip"),
    fields: { "content-encoding": null },
    text: "short",
  },
  "what is compressed already": {
    send: "GET /image",
    with: accept("gzip"),
    fields: { "content-encoding": null },
  },
  HEAD: { send: "HEAD /text", with: accept("gzip"), fields: { vary: "Accept-Encoding" }, text: "" },
  "res.flush sends what there is": async ({ request, same }) => {
    const answer = await request("GET /events", accept("gzip"));
    same(gunzipSync(answer.bytes).toString(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    same(answer.chunks >= 3, true, `chunks: ${answer.chunks}`);
  },
};
