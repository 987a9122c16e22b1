export const command = ["run", "app.js"];

export const checks = {
  "an optional parameter": async ({ request, same }) => {
    same((await request("GET /things/pen")).json, { name: "pen" });
    same((await request("GET /things")).json, { name: null });
  },
  "PUT of JSON": { send: "PUT /things/pen", with: { json: [1, 2] }, json: { put: [1, 2] } },
  "PUT of text": {
    send: "PUT /things/pen",
    with: { body: "words", fields: { "content-type": "text/plain" } },
    json: { put: "words" },
  },
  DELETE: { send: "DELETE /things/pen", status: 204, text: "" },
  "a view": {
    send: "GET /view",
    fields: { "content-type": "text/html; charset=utf-8", "x-visit": /^\d+$/ },
    text: "<p>Hello Ada</p>\n",
  },
  "what the client accepts": async ({ request, same }) => {
    same((await request("GET /wanted", { fields: { accept: "text/html" } })).text, "<p>html</p>");
    same((await request("GET /wanted", { fields: { accept: "application/json" } })).json, {
      as: "json",
    });
    same((await request("GET /wanted", { fields: { accept: "image/png" } })).status, 406);
  },
  "a route by a regular expression": { send: "GET /1815", text: "year 1815" },
  bytes: {
    send: "POST /bytes",
    with: { body: "12345", fields: { "content-type": "application/octet-stream" } },
    json: { isBuffer: true, length: 5 },
  },
  "a download": {
    send: "GET /download",
    fields: { "content-disposition": 'attachment; filename="page.html"', "content-length": "18" },
    text: "<p>Hello NAME</p>\n",
  },
  "a handler that throws": { send: "GET /throws", status: 500, text: /it broke/ },
};
