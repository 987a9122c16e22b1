export const command = ["run", "app.ts"];
// Node takes the types out of TypeScript, and refuses decorators.
export const runsOnNode = false;
export const services = ["postgresql"];

const ada = { id: 1, name: "Ada", about: { born: 1815 } };

export const checks = {
  "rows that belong together": {
    send: "GET /save",
    json: {
      ...ada,
      books: [
        { id: 1, title: "Notes", pages: 200 },
        { id: 2, title: "Letters", pages: 300 },
      ],
    },
  },
  "a search through a relation": {
    send: "GET /find",
    json: [{ ...ada, books: [{ id: 2, title: "Letters", pages: 300 }] }],
  },
  "a join and a sum": { send: "GET /query", json: [{ name: "Ada", pages: 500 }] },
  "a transaction that is rolled back": { send: "GET /undone", json: { error: "not so", left: 2 } },
  "a constraint that is broken": {
    send: "GET /twice",
    json: { name: "QueryFailedError", code: "23505" },
  },
};
