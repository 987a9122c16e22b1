import { readFileSync } from "node:fs";
import http from "node:http";
import pino from "pino";
import { Piscina } from "piscina";
import winston from "winston";

const fileOf = (name) => new URL(name, import.meta.url).pathname;
const pool = new Piscina({ filename: fileOf("work.mjs"), minThreads: 1, maxThreads: 2 });

const log = pino(
  pino.transport({
    targets: [
      { target: "pino/file", options: { destination: fileOf("pino.log") } },
      { target: fileOf("transport.mjs"), options: { prefix: "told: " } },
    ],
  }),
);
const logger = winston.createLogger({
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  transports: [
    new winston.transports.Console({ format: winston.format.simple() }),
    new winston.transports.File({ filename: fileOf("winston.log") }),
  ],
});

async function linesOf(name, count) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const lines = readFileSync(fileOf(name), { encoding: "utf8", flag: "a+" })
      .trim()
      .split("\n")
      .filter(Boolean);
    if (lines.length >= count) return lines.map((line) => JSON.parse(line));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${name} has no ${count} lines`);
}

const routes = {
  "/sum": () => pool.run({ numbers: [1, 2, 3] }),
  "/many": async () => {
    const all = Array.from({ length: 40 }, (_, n) => pool.run({ numbers: [n] }));
    return (await Promise.all(all)).reduce((sum, number) => sum + number, 0);
  },
  "/fails": () => pool.run({}).catch(({ name }) => name),
  "/aborted": () =>
    pool.run({ isEndless: true }, { signal: AbortSignal.timeout(50) }).catch(({ name }) => name),
  "/moved": async () => {
    const bytes = new Uint8Array(1e6).fill(1);
    const sum = await pool.run({ bytes }, { name: "sumOfBytes", transferList: [bytes.buffer] });
    return { sum, left: bytes.length };
  },
  "/pino": async () => {
    log.info({ name: "ada" }, "it happened");
    const [{ level, name, msg }] = await linesOf("pino.log", 1);
    return { level, name, msg };
  },
  "/winston": async () => {
    logger.warn("careful", { name: "ada" });
    const [{ level, name, message }] = await linesOf("winston.log", 1);
    return { level, name, message };
  },
};

http
  .createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await routes[request.url]()));
    } catch (error) {
      response.writeHead(500).end(error.stack);
    }
  })
  .listen(process.env.PORT, "127.0.0.1");
