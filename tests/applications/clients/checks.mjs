export const command = ["run", "app.mjs"];

const body = '{"name":"Zoë"}';
const type = "application/json";
const form = { method: "POST", type: "multipart/form-data", body: true };

export const checks = {
  "undici: a request": { send: "GET /undici", json: [200, { method: "POST", type, body }] },
  "undici: ten requests on two connections": { send: "GET /undici/pool", json: 2 },
  "undici: a second attempt": { send: "GET /undici/retry", json: [200, "GET"] },
  "undici: too late": { send: "GET /undici/late", json: "UND_ERR_HEADERS_TIMEOUT" },
  "undici: given up": { send: "GET /undici/abort", json: 23 },
  "undici: an answer that breaks off": { send: "GET /undici/broken", json: "UND_ERR_SOCKET" },
  "axios: a request": { send: "GET /axios", json: [200, { method: "PUT", type, body }] },
  "axios: a redirect": { send: "GET /axios/redirect", json: "GET" },
  "axios: a packed answer": { send: "GET /axios/gzip", json: "packed" },
  "axios: a form": { send: "GET /axios/form", json: form },
  "axios: an answer as a stream": { send: "GET /axios/stream", json: "packed" },
  "axios: too late": { send: "GET /axios/late", json: "ECONNABORTED" },
  "axios: refused": { send: "GET /axios/refused", json: "ECONNREFUSED" },
  "axios: an error's status": { send: "GET /axios/status", json: "ERR_BAD_RESPONSE" },
  "got: requests, a second attempt": async ({ request, same }) => {
    const { json } = await request("GET /got");
    same(json, [
      { method: "POST", type, body },
      { method: "GET", type: null, body: "" },
    ]);
  },
  "node-fetch: a form, a packed answer": { send: "GET /node-fetch", json: [form, "packed"] },
};
