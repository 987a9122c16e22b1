import { createServer } from "node:http";
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { cors } from "hono/cors";
import { streamSSE, streamText } from "hono/streaming";

const app = new Hono();

app.use("/api/*", cors({ origin: "https://a.example" }));
app.use("/admin/*", basicAuth({ username: "ada", password: "secret" }));
app.get("/", (c) => c.text("Hello Node.js!"));
app.get("/api/users/:id", (c) => c.json({ id: c.req.param("id"), q: c.req.query("q") ?? null }));
app.post("/api/users", async (c) => c.json(await c.req.json(), 201));
app.post("/upload", async (c) => {
  const { file, title } = await c.req.parseBody();
  return c.json({ title, name: file.name, type: file.type, size: file.size });
});
app.get("/admin/in", (c) => c.text("in"));
app.get("/ip", (c) => c.text(c.env.incoming.socket.remoteAddress));
app.get("/text", (c) =>
  streamText(c, async (stream) => {
    for (const word of ["one ", "two ", "three"]) {
      await stream.write(word);
      await stream.sleep(5);
    }
  }),
);
app.get("/events", (c) =>
  streamSSE(c, async (stream) => {
    for (const id of ["1", "2"]) await stream.writeSSE({ id, event: "tick", data: `number ${id}` });
  }),
);
app.use("/static/*", serveStatic({ root: "./" }));
app.onError((error, c) => error.getResponse?.() ?? c.json({ error: error.message }, 500));
app.get("/fails", () => {
  throw new Error("it broke");
});

const server = serve({
  fetch: app.fetch,
  createServer,
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
});

process.on("SIGTERM", () => {
  server.close((error) => process.exit(error ? 1 : 0));
});
