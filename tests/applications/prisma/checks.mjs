export const build = [["howth", "run", "node_modules/prisma/build/index.js", "generate"]];
export const command = ["run", "app.ts"];
export const services = ["postgresql"];
// The generator needs no engine for schemas; the command would fetch one from a host of its own if it were given none.
export const env = { CHECKPOINT_DISABLE: "1", PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true" };

export const checks = {
  "rows that belong together": {
    send: "GET /make",
    json: {
      id: 1,
      name: "Ada",
      about: { born: 1815 },
      books: [
        { title: "Letters", kind: "POEM" },
        { title: "Notes", kind: "NOVEL" },
      ],
    },
  },
  types: {
    send: "GET /types",
    json: { price: "12.34", printed: "1970-01-01T00:00:00.000Z", cover: "00ff" },
  },
  "a search through a relation": {
    send: "GET /find",
    json: [{ name: "Ada", _count: { books: 2 } }],
  },
  "an average": {
    send: "GET /sums",
    json: [{ authorId: 1, _avg: { pages: 250 }, _count: 2 }],
  },
  "an insertion that becomes a change": {
    send: "GET /upsert",
    json: { id: 1, name: "Ada", about: { died: 1852 } },
  },
  "a transaction that is rolled back": {
    send: "GET /undone",
    json: { error: "not so", left: 2 },
  },
  "two queries in one transaction": { send: "GET /batch", json: [2, 1] },
  "SQL by hand": { send: "GET /raw", json: [{ text: "it's", number: 7 }] },
  "a constraint that is broken": {
    send: "GET /twice",
    status: 500,
    json: { name: "PrismaClientKnownRequestError", code: "P2002" },
  },
  "twenty queries at once": { send: "GET /at-once", json: 20 },
};
