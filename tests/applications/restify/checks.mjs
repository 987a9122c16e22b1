import { gunzipSync } from "node:zlib";

export const command = ["run", "app.js"];

export const checks = {
  "a parameter, a query": {
    send: "GET /things/7?q=x",
    fields: { server: "things" },
    json: { id: "7", query: { q: "x" } },
  },
  "PUT of JSON": {
    send: "PUT /things/7",
    with: { json: { name: "pen" } },
    status: 201,
    json: { id: "7", name: "pen" },
  },
  "PUT of a form": {
    send: "PUT /things/7",
    with: { form: { name: "pen" } },
    status: 201,
    json: { id: "7", name: "pen" },
  },
  DELETE: { send: "DELETE /things/7", status: 204, text: "" },
  "an error of restify's": {
    send: "GET /things/0",
    status: 404,
    json: { code: "NotFound", message: "no thing 0" },
  },
  "a version that is asked for": async ({ request, same }) => {
    same((await request("GET /versioned", { fields: { "accept-version": "~1" } })).json, {
      version: 1,
    });
    same((await request("GET /versioned", { fields: { "accept-version": "2.x" } })).json, {
      version: 2,
    });
  },
  gzip: async ({ request, same }) => {
    const answer = await request("GET /things/7", { fields: { "accept-encoding": "gzip" } });
    same(answer.fields["content-encoding"], "gzip");
    same(JSON.parse(gunzipSync(answer.bytes)), { id: "7", query: {} });
  },
  "a handler that throws": { send: "GET /fails", status: 500, text: /it broke/ },
  "a method that is not there": { send: "PATCH /things/7", status: 405, fields: { allow: /PUT/ } },
  "what is not there": { send: "GET /nothing", status: 404, text: /ResourceNotFound/ },
};
