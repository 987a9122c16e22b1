export const command = ["run", "app.js"];
export const services = ["postgresql"];

export const checks = {
  "rows that belong together": {
    send: "GET /create",
    json: { id: 1, name: "Ada", books: ["Notes", "Letters"] },
  },
  "a search through a relation": {
    send: "GET /find",
    json: [{ name: "Ada", about: { born: 1815 }, books: [{ title: "Letters" }] }],
  },
  "a change": { send: "GET /change", json: { died: 1852 } },
  "a transaction that is rolled back": { send: "GET /undone", json: { error: "not so", left: 2 } },
  "what may not be": { send: "GET /invalid", json: "SequelizeValidationError" },
  "a constraint that is broken": { send: "GET /twice", json: "SequelizeUniqueConstraintError" },
};
