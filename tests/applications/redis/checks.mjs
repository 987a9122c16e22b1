export const command = ["run", "app.mjs"];
export const services = ["redis"];

export const checks = {
  "a session that is kept": async ({ request, same }) => {
    const first = await request("GET /visits");
    same(first.json, { visits: 1 });
    const again = await request("GET /visits", { fields: { cookie: first.cookies } });
    same([again.json, (await request("GET /sessions")).json], [{ visits: 2 }, 1]);
  },
  "hashes, sorted sets, what is not there": {
    send: "GET /values",
    json: [{ a: "1", b: "two" }, ["first", "second"], null],
  },
  "a transaction": { send: "GET /transaction", json: ["OK", 2, 7] },
  "five hundred commands at once": { send: "GET /at-once", json: 500 },
  "a message of a channel": { send: "GET /channel", json: "it happened" },
  "an error of the server": {
    send: "GET /fails",
    json: "ERR value is not an integer or out of range",
  },
};
