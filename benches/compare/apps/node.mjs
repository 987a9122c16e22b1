// Node has no server for fetch handlers; this is the same work in the API it has.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";

const text64k = "x".repeat(64 * 1024);
const chunk64k = Buffer.alloc(64 * 1024, "x");

function answerJson(response, value) {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

const handlers = {
  hello: (_request, response) => response.end("Hi"),

  json: (_request, response) => answerJson(response, { message: "Hello, World!" }),

  headers(request, response) {
    let length = 0;
    for (const name in request.headers) length += name.length + request.headers[name].length;
    response.setHeader("content-type", "text/plain");
    response.setHeader("x-length", `${length}`);
    response.setHeader("cache-control", "no-store");
    response.end("Hi");
  },

  async post(request, response) {
    const body = await json(request);
    answerJson(response, { items: body.items.length });
  },

  async async(_request, response) {
    await Promise.resolve();
    await new Promise((resolve) => queueMicrotask(resolve));
    response.end("Hi");
  },

  large: (_request, response) => response.end(text64k),

  stream(_request, response) {
    let left = 16;
    Readable.from(
      (function* () {
        while (left-- > 0) yield chunk64k;
      })(),
    ).pipe(response);
  },
};

createServer(handlers[process.env.WORK ?? "hello"]).listen(Number(process.env.PORT), "127.0.0.1");
