import { Readable } from "node:stream";
import Fastify from "fastify";

const app = Fastify({ logger: true });

app.decorateRequest("user", null);
app.addHook("onRequest", async (request, reply) => {
  reply.header("x-hook", "seen");
  request.user = request.headers.authorization ?? "nobody";
});
app.addHook("onClose", async () => console.log("closed in order"));

app.get("/", async () => ({ hello: "world" }));
app.get("/me", async (request) => ({ user: request.user, ip: request.ip }));
app.post(
  "/items",
  {
    schema: {
      body: {
        type: "object",
        required: ["name", "price"],
        properties: { name: { type: "string" }, price: { type: "number", minimum: 0 } },
      },
      response: {
        201: { type: "object", properties: { id: { type: "integer" }, name: { type: "string" } } },
      },
    },
  },
  async (request, reply) => {
    reply.code(201);
    return { id: 1, secret: "left out", ...request.body };
  },
);
app.get("/stream", async (request, reply) => {
  reply.type("text/plain");
  return Readable.from(["one ", "two ", "three"]);
});
app.get("/response", async () => new Response("made by the web", { status: 202 }));
app.get("/raw", (request, reply) => {
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "text/plain" });
  reply.raw.end("raw");
});
app.get("/fails", async () => {
  throw Object.assign(new Error("no tea"), { statusCode: 418 });
});
app.register(
  async (part) => {
    part.get("/version", async () => ({ version: 1 }));
  },
  { prefix: "/v1" },
);

await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });

process.once("SIGTERM", () => app.close());
