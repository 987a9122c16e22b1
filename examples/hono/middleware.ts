import { createMiddleware } from "hono/factory";

/** Tells in a response field how long the handlers took. */
export const timing = createMiddleware(async (c, next) => {
  const start = performance.now();
  await next();
  c.header("server-timing", `handler;dur=${(performance.now() - start).toFixed(2)}`);
});
