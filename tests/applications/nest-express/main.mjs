import { NestFactory } from "@nestjs/core";
import { Application } from "./application.mjs";

const app = await NestFactory.create(Application, { cors: true });
app.enableShutdownHooks();
await app.listen(process.env.PORT, "127.0.0.1");
