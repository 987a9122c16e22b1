export const command = ["run", "app.mjs"];

export const checks = {
  "piscina: a task": { send: "GET /sum", json: 6 },
  "piscina: forty tasks on two threads": { send: "GET /many", json: 780 },
  "piscina: a task that fails": { send: "GET /fails", json: "TypeError" },
  "piscina: a task that is given up, and the next": async ({ request, same }) => {
    same((await request("GET /aborted")).json, "AbortError");
    same((await request("GET /sum")).json, 6);
  },
  "piscina: memory that is moved": { send: "GET /moved", json: { sum: 1_000_000, left: 0 } },
  "pino: a thread that writes a file": {
    send: "GET /pino",
    json: { level: 30, name: "ada", msg: "it happened" },
  },
  "pino: a thread that tells": ({ said }) => said(/told: it happened/),
  "winston: a file": {
    send: "GET /winston",
    json: { level: "warn", name: "ada", message: "careful" },
  },
  "winston: the console": ({ said }) => said(/warn: careful/),
};
