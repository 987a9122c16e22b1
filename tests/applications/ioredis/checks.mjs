export const command = ["run", "app.mjs"];
export const services = ["redis"];

export const checks = {
  "a command": { send: "GET /ping", json: "PONG" },
  "texts, hashes, bytes, what is not there": {
    send: "GET /values",
    json: {
      text: "Zoë",
      isExpiring: true,
      hash: { a: "1", b: "two" },
      bytes: "00ff",
      nothing: null,
    },
  },
  "a thousand commands in one pipeline": { send: "GET /pipeline", json: [null, 499_500] },
  "a transaction, one command of which fails": {
    send: "GET /transaction",
    json: ["OK", 2, "WRONGTYPE Operation against a key holding the wrong kind of value", 3],
  },
  "a script": { send: "GET /script", json: [9, 8] },
  "a value of three megabytes": { send: "GET /large", json: true },
  "a command that waits": { send: "GET /blocking", json: ["queue", "job"] },
  "a stream of keys": { send: "GET /scan", json: 300 },
  "a stream with a group of readers": {
    send: "GET /stream",
    json: { numbers: ["1", "2", "3"], taken: 3 },
  },
  "a connection that is cut comes back": { send: "GET /reconnect", json: true },
  "messages of channels": async ({ request, raw, same, matches }) => {
    const heard = raw("GET /events HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let told = [0, 0];
    for (let attempt = 0; told[1] === 0 && attempt < 300; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      told = (await request("GET /publish")).json;
    }
    same(told[1], 1);
    matches(await heard, /data: weather\.\* weather\.today rain/, "event");
  },
  "an error of the server": {
    send: "GET /fails",
    status: 500,
    json: { name: "ReplyError", message: "ERR value is not an integer or out of range" },
  },
};
