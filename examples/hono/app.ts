// A small real application: Hono with middleware, routes, JSON and static files.
//
//   cd examples/hono && npm ci && howth serve app.ts

import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { timing } from "./middleware.ts";
import { notes } from "./notes.ts";

const app = new Hono();

app.use(timing, secureHeaders());

app.get("/hello/:name", (c) => c.text(`Hello ${c.req.param("name")}`));
app.get("/search", (c) =>
  c.json({ query: c.req.query(), agent: c.req.header("user-agent") ?? null }),
);
app.route("/notes", notes);

app.use(
  "/static/*",
  etag(),
  serveStatic({
    root: `${import.meta.dirname}/public`,
    rewriteRequestPath: (path) => path.slice("/static".length),
  }),
);
app.get("/", (c) => c.redirect("/static/"));

app.notFound((c) => c.json({ error: "not found" }, 404));
app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  console.error(error);
  return c.json({ error: "internal error" }, 500);
});

export default app;
