import { createReadStream } from "node:fs";
import Router from "@koa/router";
import Koa from "koa";
import bodyParser from "koa-bodyparser";

const app = new Koa({ keys: ["a key to sign with"], proxy: true });
const router = new Router({ prefix: "/api" });

app.on("error", (error) => console.log(`told: ${error.message}`));
app.use(async (ctx, next) => {
  const start = performance.now();
  await next();
  ctx.set("X-Response-Time", `${(performance.now() - start).toFixed(1)}ms`);
});
app.use(bodyParser());

router.get("/users/:id", (ctx) => {
  ctx.body = { id: ctx.params.id, query: ctx.query, ip: ctx.ip };
});
router.post("/users", (ctx) => {
  ctx.status = 201;
  ctx.body = ctx.request.body;
});
router.get("/cookie", (ctx) => {
  const visits = Number(ctx.cookies.get("visits", { signed: true }) ?? 0) + 1;
  ctx.cookies.set("visits", String(visits), { signed: true });
  ctx.body = `visit ${visits}`;
});
router.get("/source", (ctx) => {
  ctx.type = "text/javascript";
  ctx.body = createReadStream(new URL(import.meta.url));
});
router.get("/refused", (ctx) => ctx.throw(403, "not for you"));
router.get("/fails", () => {
  throw new Error("it broke");
});
router.get("/own", (ctx) => {
  ctx.respond = false;
  ctx.res.statusCode = 200;
  ctx.res.end("by itself");
});

app.use(router.routes()).use(router.allowedMethods());
app.listen(process.env.PORT, "127.0.0.1");
