import http from "node:http";
import { Redis } from "ioredis";

const redis = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: 2 });
await redis.flushall();

redis.defineCommand("take", {
  numberOfKeys: 1,
  lua: `
    local left = tonumber(redis.call("get", KEYS[1]) or ARGV[1]) - 1
    redis.call("set", KEYS[1], left)
    return left`,
});

async function events(request, response) {
  const subscriber = redis.duplicate();
  response.writeHead(200, { "content-type": "text/event-stream" });
  subscriber.on("message", (channel, text) => response.write(`data: ${channel} ${text}\n\n`));
  subscriber.on("pmessage", (pattern, channel, text) => {
    response.end(`data: ${pattern} ${channel} ${text}\n\n`);
    subscriber.disconnect();
  });
  await subscriber.subscribe("news");
  await subscriber.psubscribe("weather.*");
}

async function throughStream() {
  await redis.xgroup("CREATE", "jobs", "workers", "0", "MKSTREAM");
  for (let number = 1; number <= 3; number++) await redis.xadd("jobs", "*", "number", number);
  const [[, found]] = await redis.xreadgroup(
    ...["GROUP", "workers", "one", "COUNT", 10, "STREAMS", "jobs", ">"],
  );
  const ids = found.map(([id]) => id);
  return {
    numbers: found.map(([, [, value]]) => value),
    taken: await redis.xack("jobs", "workers", ...ids),
  };
}

const routes = {
  "/ping": () => redis.ping(),
  "/values": async () => {
    await redis.set("text", "Zoë", "EX", 100);
    await redis.hset("hash", { a: 1, b: "two" });
    await redis.set("bytes", Buffer.from([0, 255]));
    return {
      text: await redis.get("text"),
      isExpiring: (await redis.ttl("text")) > 0,
      hash: await redis.hgetall("hash"),
      bytes: (await redis.getBuffer("bytes")).toString("hex"),
      nothing: await redis.get("nothing"),
    };
  },
  "/pipeline": async () => {
    const pipeline = redis.pipeline();
    for (let number = 0; number < 1000; number++) pipeline.incrby("sum", number);
    return (await pipeline.exec()).at(-1);
  },
  "/transaction": () =>
    redis
      .multi()
      .set("count", 1)
      .incr("count")
      .lpush("count", "wrong")
      .incr("count")
      .exec()
      .then((results) => results.map(([error, value]) => error?.message ?? value)),
  "/script": async () => [await redis.take("left", 10), await redis.take("left", 10)],
  "/large": async () => {
    const value = "0123456789".repeat(300_000);
    await redis.set("large", value);
    return (await redis.get("large")) === value;
  },
  "/blocking": async () => {
    const other = redis.duplicate();
    const waiting = other.blpop("queue", 5);
    await redis.rpush("queue", "job");
    const found = await waiting;
    await other.quit();
    return found;
  },
  "/scan": async () => {
    await redis.mset(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`item:${n}`, n])));
    let count = 0;
    for await (const keys of redis.scanStream({ match: "item:*", count: 50 })) count += keys.length;
    return count;
  },
  "/stream": throughStream,
  "/reconnect": async () => {
    const client = redis.duplicate();
    await client.ping();
    const id = await client.client("ID");
    await redis.client("KILL", "ID", id);
    const isOther = (await client.client("ID")) !== id;
    client.disconnect();
    return isOther;
  },
  "/publish": async () => [
    await redis.publish("news", "it happened"),
    await redis.publish("weather.today", "rain"),
  ],
  "/fails": () => redis.incr("text"),
};

http
  .createServer(async (request, response) => {
    try {
      if (request.url === "/events") return await events(request, response);
      response.end(JSON.stringify(await routes[request.url]()));
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ name: error.name, message: error.message }));
    }
  })
  .listen(process.env.PORT, "127.0.0.1");
