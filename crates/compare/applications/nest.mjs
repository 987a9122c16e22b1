// NestJS on Fastify, with JSON. What TypeScript writes as decorators are calls here.
import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";

class GreetingController {
  greet() {
    return { message: "Hello, World!" };
  }
}
const { prototype } = GreetingController;
Get()(prototype, "greet", Object.getOwnPropertyDescriptor(prototype, "greet"));
Controller()(GreetingController);

class ApplicationModule {}
Module({ controllers: [GreetingController] })(ApplicationModule);

const application = await NestFactory.create(ApplicationModule, new FastifyAdapter(), {
  logger: false,
});
await application.listen(Number(process.env.PORT), "127.0.0.1");
