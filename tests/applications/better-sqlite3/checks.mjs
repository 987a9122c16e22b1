export const command = ["run", "app.mjs"];

export const checks = {
  "a transaction": { send: "GET /fill", json: [1, 2] },
  "a transaction that fails": {
    send: "GET /undone",
    json: {
      code: "SQLITE_CONSTRAINT_UNIQUE",
      message: "UNIQUE constraint failed: items.name",
      count: 2,
    },
  },
  "functions of JavaScript's": {
    send: "GET /functions",
    json: { first: "PAPER!", longest: "paper" },
  },
  "rows one by one": { send: "GET /iterate", json: [["pen"], ["paper"]] },
  "large integers": { send: "GET /large", json: "9007199254740993" },
  bytes: { send: "GET /bytes", json: "00ff" },
  Drizzle: {
    send: "GET /drizzle",
    json: [
      [
        { id: 1, name: "pen", price: 4 },
        { id: 2, name: "paper", price: 5 },
      ],
      { all: "9" },
    ],
  },
  "a database as bytes": { send: "GET /saved", json: 2 },
};
