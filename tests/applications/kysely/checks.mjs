export const command = ["run", "app.mjs"];
export const services = ["postgresql"];

export const checks = {
  "Kysely: rows": {
    send: "GET /kysely/insert",
    json: [
      { id: 1, name: "Rex", legs: 4 },
      { id: 2, name: "Polly", legs: 2 },
    ],
  },
  "Kysely: a query": {
    send: "GET /kysely/select",
    json: [
      { name: "Polly", twice: 4 },
      { name: "Rex", twice: 8 },
    ],
  },
  "Kysely: a transaction that is rolled back": {
    send: "GET /kysely/undone",
    json: { error: "not so", count: "2" },
  },
  "Knex: a row": { send: "GET /knex/insert", json: [{ id: 1, name: "Ada" }] },
  "Knex: a join": { send: "GET /knex/join", json: [{ name: "Ada", pet: "Rex" }] },
  "Knex: a transaction that is rolled back": {
    send: "GET /knex/undone",
    json: { error: "not so", left: { n: "1" } },
  },
  "Knex: SQL by hand": { send: "GET /knex/raw", json: [{ sum: 7 }] },
  "Knex: twenty queries at once": { send: "GET /knex/at-once", json: 190 },
};
