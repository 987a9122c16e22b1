// Fastify, with JSON from an async handler.
import Fastify from "fastify";

const application = Fastify();
application.get("/", async () => ({ message: "Hello, World!" }));

await application.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
