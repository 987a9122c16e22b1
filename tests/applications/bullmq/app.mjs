import http from "node:http";
import { Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";

const makeConnection = () => new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
const connection = makeConnection();
await connection.flushall();

const queue = new Queue("sums", { connection });
const events = new QueueEvents("sums", { connection: makeConnection() });
const progress = [];
events.on("progress", ({ data }) => progress.push(data));

const work = async (job) => {
  if (job.name === "flaky" && job.attemptsMade === 0) throw new Error("not yet");
  if (job.name === "fails") throw new Error("it broke");
  await job.updateProgress(50);
  return job.data.numbers.reduce((sum, number) => sum + number, 0);
};
const worker = new Worker("sums", work, { connection: makeConnection(), concurrency: 4 });
await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);

const numbers = [1, 2, 3];

const routes = {
  "/job": async () => (await queue.add("sum", { numbers })).waitUntilFinished(events),
  "/many": async () => {
    const jobs = await queue.addBulk(
      Array.from({ length: 50 }, (_, n) => ({ name: "sum", data: { numbers: [n] } })),
    );
    const found = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
    return found.reduce((sum, number) => sum + number, 0);
  },
  "/later": async () => {
    const start = Date.now();
    await (await queue.add("sum", { numbers }, { delay: 100 })).waitUntilFinished(events);
    return Date.now() - start >= 100;
  },
  "/flaky": async () => {
    const options = { attempts: 2, backoff: { type: "fixed", delay: 5 } };
    const job = await queue.add("flaky", { numbers }, options);
    const sum = await job.waitUntilFinished(events);
    return { sum, attempts: (await queue.getJob(job.id)).attemptsMade };
  },
  "/fails": async () => {
    const job = await queue.add("fails", {});
    const message = await job.waitUntilFinished(events).catch((error) => error.message);
    return { message, isFailed: await job.isFailed() };
  },
  "/repeated": async () => {
    const seen = new Promise((resolve) => {
      let count = 0;
      worker.on("completed", (job) => job.name === "tick" && ++count === 3 && resolve(count));
    });
    await queue.upsertJobScheduler("ticks", { every: 50 }, { name: "tick", data: { numbers } });
    const count = await seen;
    return { count, isRemoved: await queue.removeJobScheduler("ticks") };
  },
  "/progress": async () => progress.includes(50),
};

http
  .createServer(async (request, response) => {
    response.end(JSON.stringify(await routes[request.url]()));
  })
  .listen(process.env.PORT, "127.0.0.1");
