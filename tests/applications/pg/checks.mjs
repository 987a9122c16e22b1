export const command = ["run", "app.mjs"];
export const services = ["postgresql"];

const CSV_ROWS = 20_000;

export const checks = {
  "parameters, arrays, dates": async ({ request, same }) => {
    const given = { text: 'it\'s "quoted", Zoë', tags: ["a", "b,c"] };
    const answer = await request("POST /notes", { json: given });
    same(answer.json, { id: 1, ...given, made: "1970-01-01T00:00:00.000Z" });
  },
  "a prepared statement, twice": async ({ request, same }) => {
    for (let time = 0; time < 2; time++) {
      const answer = await request("GET /notes?word=quoted");
      same(answer.json, { rowCount: 1, rows: [['it\'s "quoted", Zoë']] });
    }
  },
  "a constraint that is broken": async ({ request, same }) => {
    const answer = await request("POST /notes", { json: { text: 'it\'s "quoted", Zoë' } });
    same([answer.status, answer.json.code, answer.json.severity], [500, "23505", "ERROR"]);
  },
  types: {
    send: "GET /types",
    json: {
      large: "9007199254740993",
      real: 1.5,
      exact: "12.340",
      yes: true,
      nothing: null,
      json: { a: [1] },
      bytes: "00ff",
      list: [1, 2],
      text: "Zoë",
    },
  },
  "a transaction, and one that is rolled back": async ({ request, same }) => {
    const give = (cents) => request("POST /transfer", { json: { from: "ann", to: "bob", cents } });
    same((await give(70)).json, { isDone: true });
    const refused = { isDone: false, code: "23514", constraint: "accounts_cents_check" };
    same((await give(70)).json, refused);
    same((await request("GET /accounts")).json, [
      { name: "ann", cents: 30 },
      { name: "bob", cents: 70 },
    ]);
  },
  "a cursor": { send: "GET /cursor", json: [1000, 1000, 500] },
  "twenty queries on four connections": { send: "GET /at-once", json: { sum: 190, total: 4 } },
  "over TLS": { send: "GET /tls", json: { ssl: true, version: "TLSv1.3" } },
  "LISTEN and NOTIFY": async ({ request, raw, matches }) => {
    let isHeard = false;
    const heard = raw("GET /events HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").finally(
      () => {
        isHeard = true;
      },
    );
    while (!isHeard) await request("POST /notify");
    matches(await heard, /data: news it happened/, "event");
  },
  "COPY in from a request, and out into a response": async ({ request, same }) => {
    const body = Array.from({ length: CSV_ROWS }, (_, n) => `${n},${n * n}\n`).join("");
    same((await request("POST /copy", { body })).json, { rowCount: CSV_ROWS });
    const { text } = await request("GET /copy");
    same(text.length, body.length);
    if (text !== body) throw new Error("what is copied out is not what was copied in");
  },
  "an error of the server": async ({ request, same }) => {
    const answer = await request("GET /fails");
    same(answer.json, { message: "division by zero", code: "22012", severity: "ERROR" });
  },
  "a wrong password": async ({ request, same }) => {
    same((await request("GET /wrong-password")).json.code, "28P01");
  },
};
