export const command = ["run", "app.mjs"];
export const services = ["redis"];

export const checks = {
  "a job, and what comes of it": { send: "GET /job", json: 6 },
  "fifty jobs": { send: "GET /many", json: 1225 },
  "a job for later": { send: "GET /later", json: true },
  "a second attempt": { send: "GET /flaky", json: { sum: 6, attempts: 2 } },
  "a job that fails": { send: "GET /fails", json: { message: "it broke", isFailed: true } },
  "a job again and again": { send: "GET /repeated", json: { count: 3, isRemoved: true } },
  "how far a job is": { send: "GET /progress", json: true },
};
