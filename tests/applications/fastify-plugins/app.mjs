import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import formbody from "@fastify/formbody";
import jwt from "@fastify/jwt";
import multipart from "@fastify/multipart";
import limit from "@fastify/rate-limit";
import files from "@fastify/static";
import websocket from "@fastify/websocket";
import Fastify from "fastify";

const fastify = Fastify();
await fastify.register(cookie, { secret: "of a check" });
await fastify.register(cors, { origin: "https://a.example", credentials: true });
await fastify.register(formbody);
await fastify.register(jwt, { secret: "of a check" });
await fastify.register(multipart, { limits: { fileSize: 1000 } });
await fastify.register(limit, { global: false });
await fastify.register(files, {
  root: new URL("public", import.meta.url).pathname,
  prefix: "/static/",
});
await fastify.register(websocket);

fastify.get("/cookie", (request, reply) =>
  reply.setCookie("who", "ada", { path: "/", signed: true, httpOnly: true }).send("set"),
);
fastify.get("/cookies", (request) => {
  const { valid, value } = request.unsignCookie(request.cookies.who ?? "");
  return { valid, value, all: Object.keys(request.cookies) };
});
fastify.post("/form", (request) => request.body);
fastify.post("/upload", async (request) => {
  const found = [];
  for await (const part of request.parts()) {
    const content = part.type === "file" ? (await part.toBuffer()).toString() : part.value;
    found.push([part.type, part.fieldname, part.filename ?? null, content]);
  }
  return found;
});
fastify.get("/token", (request) => fastify.jwt.sign({ name: request.query.name }));
fastify.get("/me", { onRequest: (request) => request.jwtVerify() }, ({ user }) => user.name);
fastify.get("/rare", { config: { rateLimit: { max: 2, timeWindow: "1 minute" } } }, () => "here");
fastify.get("/download", (request, reply) => reply.download("hello.txt", "a name.txt"));
fastify.get("/socket", { websocket: true }, (socket, request) => {
  socket.on("message", (message) => socket.send(`${request.query.name}: ${message}`));
});

await fastify.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
