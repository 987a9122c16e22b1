export const command = ["run", "app.mjs"];

const preflight = (origin) => ({
  fields: {
    origin,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "content-type",
  },
});

export const checks = {
  "helmet's fields": {
    send: "GET /",
    fields: {
      "content-security-policy": /^default-src 'self';/,
      "strict-transport-security": /^max-age=\d+; includeSubDomains$/,
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "x-powered-by": null,
    },
    json: { ok: true },
  },
  "an origin that is allowed": {
    send: "GET /",
    with: { fields: { origin: "https://a.example" } },
    fields: {
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "X-Total",
      vary: "Origin",
    },
  },
  "an origin that is not": {
    send: "GET /",
    with: { fields: { origin: "https://c.example" } },
    fields: { "access-control-allow-origin": null },
  },
  "a preflight": {
    send: "OPTIONS /",
    with: preflight("https://www.b.example"),
    status: 204,
    fields: {
      "access-control-allow-origin": "https://www.b.example",
      "access-control-allow-methods": /PUT/,
      "access-control-allow-headers": "content-type",
      "access-control-max-age": "600",
      "content-length": "0",
    },
    text: "",
  },
};
