export const command = ["run", "app.mjs"];

export const checks = {
  "a call, with fields both ways": { send: "GET /add", json: { value: 6, "asked-by": "ada" } },
  "a call that is refused": { send: "GET /fails", json: { code: 3, details: "no numbers" } },
  "a stream of answers": { send: "GET /count", json: 12_502_500 },
  "a stream of requests": { send: "GET /gather", json: { value: 500_500 } },
  "streams both ways": { send: "GET /echo", json: ["one!", "two!"] },
  "a deadline": { send: "GET /late", json: 4 },
  "three megabytes there and back": { send: "GET /large", json: 3_000_001 },
};
