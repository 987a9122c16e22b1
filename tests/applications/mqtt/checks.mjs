export const command = ["run", "app.mjs"];

export const checks = {
  "a message": { send: "GET /once", json: ["a/b", "text"] },
  "a message that surely arrives": { send: "GET /sure", json: ["a/c", "Zoë"] },
  "a message that arrives exactly once": { send: "GET /exact", json: ["d", "two"] },
  "a message that is kept": { send: "GET /kept", json: ["kept", "before"] },
  "a client's last will": { send: "GET /will", json: ["will", "gone"] },
  "a megabyte": { send: "GET /large", json: 1_000_000 },
};
