import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Application } from "./application.mjs";

const app = await NestFactory.create(Application, new FastifyAdapter());
app.enableCors();
app.enableShutdownHooks();
await app.listen(process.env.PORT, "127.0.0.1");
