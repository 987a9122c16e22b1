import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";

const client = await createClient({ url: process.env.REDIS_URL })
  .on("error", (error) => console.error(error.message))
  .connect();
await client.flushAll();

const app = express();
app.use(
  session({
    store: new RedisStore({ client, prefix: "session:" }),
    secret: "of a check",
    resave: false,
    saveUninitialized: false,
  }),
);

app.get("/visits", (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1;
  res.json({ visits: req.session.visits });
});
app.get("/sessions", async (req, res) => {
  const keys = [];
  for await (const found of client.scanIterator({ MATCH: "session:*" })) keys.push(...found);
  res.json(keys.length);
});
app.get("/values", async (req, res) => {
  await client.hSet("hash", { a: "1", b: "two" });
  await client.zAdd("set", [
    { score: 2, value: "second" },
    { score: 1, value: "first" },
  ]);
  res.json([
    await client.hGetAll("hash"),
    await client.zRange("set", 0, -1),
    await client.get("no"),
  ]);
});
app.get("/transaction", async (req, res) => {
  res.json(await client.multi().set("count", 1).incr("count").incrBy("count", 5).exec());
});
app.get("/at-once", async (req, res) => {
  const all = await Promise.all(Array.from({ length: 500 }, () => client.incr("sum")));
  res.json(all.at(-1));
});
app.get("/channel", async (req, res) => {
  const subscriber = await client.duplicate().connect();
  const heard = new Promise((resolve) => subscriber.subscribe("news", resolve));
  while ((await client.publish("news", "it happened")) === 0);
  res.json(await heard);
  subscriber.destroy();
});
app.get("/fails", async (req, res) => {
  await client.set("text", "no number");
  res.json(await client.incr("text").catch(({ message }) => message));
});

app.listen(process.env.PORT, "127.0.0.1");
