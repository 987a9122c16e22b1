// A controller, a provider, a guard, a pipe, an interceptor, a filter: what TypeScript's decorators do, done by calls.

import "reflect-metadata";
import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from "@nestjs/common";
import { interval, map, take } from "rxjs";

class Items {
  all = [];
  onModuleInit() {
    this.isReady = true;
  }
  onApplicationShutdown(signal) {
    console.log(`ends by ${signal}`);
  }
}
Injectable()(Items);

class HasKey {
  canActivate(context) {
    return context.switchToHttp().getRequest().headers["x-key"] === "open";
  }
}
Injectable()(HasKey);

class Wrapped {
  intercept(_, next) {
    return next.handle().pipe(map((data) => ({ data })));
  }
}
Injectable()(Wrapped);

class RangeFilter {
  catch(error, host) {
    const response = host.switchToHttp().getResponse();
    (response.code ?? response.status).call(response, 422).send({ filtered: error.message });
  }
}
Catch(RangeError)(RangeFilter);

class ItemsController {
  constructor(items) {
    this.items = items;
  }
  root() {
    return { isReady: this.items.isReady };
  }
  one(id) {
    return { id };
  }
  add(item) {
    if (!item?.name) throw new BadRequestException("a name is needed");
    this.items.all.push(item);
    return { count: this.items.all.length, ...item };
  }
  accept() {
    return "taken";
  }
  locked() {
    return "in";
  }
  wrapped() {
    return 1;
  }
  filtered() {
    throw new RangeError("too far");
  }
  fails() {
    throw new Error("it broke");
  }
  events() {
    return interval(5).pipe(
      take(3),
      map((number) => ({ data: { number } })),
    );
  }
  file() {
    return new StreamableFile(Buffer.from("of a file"));
  }
}

function decorate(name, ...decorators) {
  const { prototype } = ItemsController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  for (const decorator of decorators.reverse()) decorator(prototype, name, descriptor);
}

decorate("root", Get());
decorate("one", Get("items/:id"));
decorate("add", Post("items"));
decorate("accept", Post("accepted"), HttpCode(202));
decorate("locked", Get("locked"), UseGuards(HasKey));
decorate("wrapped", Get("wrapped"), UseInterceptors(Wrapped));
decorate("filtered", Get("filtered"), UseFilters(RangeFilter));
decorate("fails", Get("fails"));
decorate("events", Sse("events"));
decorate("file", Get("file"), Header("content-type", "text/plain"));
Param("id", ParseIntPipe)(ItemsController.prototype, "one", 0);
Body()(ItemsController.prototype, "add", 0);
Reflect.defineMetadata("design:paramtypes", [Items], ItemsController);
Controller()(ItemsController);

export class Application {}
Module({ controllers: [ItemsController], providers: [Items] })(Application);
