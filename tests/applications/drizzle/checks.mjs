export const command = ["run", "app.mjs"];
export const services = ["postgresql"];

export const checks = {
  "a row, after the migrations": {
    send: "POST /authors",
    with: { json: { name: "Ada", about: { born: 1815 } } },
    status: 201,
    json: { id: 1, name: "Ada", about: { born: 1815 } },
  },
  "several rows": {
    send: "POST /books",
    with: {
      json: [
        { title: "Notes", pages: 200, printed: "1843-08-01T00:00:00Z", author: 1 },
        { title: "Letters", pages: 300, printed: "1850-01-01T00:00:00Z", author: 1 },
      ],
    },
    status: 201,
    json: [{ id: 1 }, { id: 2 }],
  },
  "what belongs together": {
    send: "GET /authors",
    json: [
      {
        name: "Ada",
        about: { born: 1815 },
        books: [
          { title: "Letters", printed: "1850-01-01T00:00:00.000Z" },
          { title: "Notes", printed: "1843-08-01T00:00:00.000Z" },
        ],
      },
    ],
  },
  "a join and an average": {
    send: "GET /lengths",
    json: [{ name: "Ada", books: 2, pages: 250 }],
  },
  "an insertion that becomes a change": {
    send: "PUT /authors/Ada",
    with: { json: { born: 1815, died: 1852 } },
    json: { id: 1, name: "Ada", about: { born: 1815, died: 1852 } },
  },
  "a transaction that is rolled back": {
    send: "POST /undone",
    json: { error: "TransactionRollbackError", left: 2 },
  },
  "SQL by hand": {
    send: "GET /sql",
    json: { rows: [{ text: "it's", number: 7 }], of: [1] },
  },
  "a constraint that is broken": {
    send: "POST /authors",
    with: { json: { name: "Ada" } },
    status: 500,
    json: { name: "DrizzleQueryError", code: "23505" },
  },
};
