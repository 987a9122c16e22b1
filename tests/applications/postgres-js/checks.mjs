export const command = ["run", "app.mjs"];
export const services = ["postgresql"];

export const checks = {
  "several rows": {
    send: "GET /insert",
    json: [
      { id: 1, name: "Ada", about: { born: 1815 }, tags: ["a", "b,c"] },
      { id: 2, name: "Zoë", about: null, tags: [] },
    ],
  },
  "a query of parts": {
    send: "GET /find",
    json: {
      count: 2,
      rows: [
        { name: "Zoë", age: 20 },
        { name: "Ada", age: 36 },
      ],
    },
  },
  "a transaction that is rolled back": { send: "GET /undone", json: { error: "not so", count: 2 } },
  "a cursor": { send: "GET /cursor", json: [1000, 1000, 500] },
  "a hundred queries in a row": { send: "GET /pipelined", json: 4950 },
  "LISTEN and NOTIFY": { send: "GET /notified", json: "it happened" },
  "COPY in and out": { send: "GET /copied", json: "Bob\nEve\n" },
  "over TLS": { send: "GET /tls", json: true },
  "a constraint that is broken": { send: "GET /fails", json: ["23505", "people_name_key"] },
};
