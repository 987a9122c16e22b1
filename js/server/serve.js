// Howth.serve and its like: what programs call to have a server.
//
// Owns the shapes of their arguments. Called by: programs; exported.js; the global `Bun`.

import { BatchHandler, readBatchSize } from "ext:howth/server/batch.js";
import { Server } from "ext:howth/server/facade.js";
import { Reach } from "ext:howth/server/numbers.js";
import { readAnswer, readHandlers, readPort } from "ext:howth/server/options.js";
import { occupy, ServerState } from "ext:howth/server/server.js";
import { readTls } from "ext:howth/server/tls.js";
import { Response } from "ext:howth/web/response.js";

const { EVERY_CORE, THIS_CORE } = Reach;

// Howth.serve(handler), (options, handler), (options): the shapes of Bun and Deno.
function serve(first, second, reach = EVERY_CORE) {
  let options = {};
  let handler = second;
  if (typeof first === "function") {
    handler = first;
    options = typeof second === "object" && second !== null ? second : {};
  } else if (typeof first === "object" && first !== null) {
    options = first;
  } else {
    throw new TypeError("Howth.serve needs a handler: Howth.serve((request) => new Response())");
  }
  return listen(options, readHandlers(options, handler), reach);
}

// Howth.serveLocal, with the arguments of Howth.serve: on the core that calls it, and no other starts.
function serveLocal(first, second) {
  return serve(first, second, THIS_CORE);
}

// Howth.serveBatch({ port, batchSize }, handler): the handler takes a request and may answer with a plain object. Of the
// requests that are there together, `batchSize` at most are worked off before the engine has its turn.
function serveBatch(options, handler) {
  if (typeof options !== "object" || options === null || typeof handler !== "function") {
    throw new TypeError(
      "Howth.serveBatch needs options and a handler: Howth.serveBatch({ batchSize: 64 }, (request) => ({ status: 200, body: 'Hi' }))",
    );
  }
  const handlers = readHandlers(options, handler);
  handlers.batchSize = readBatchSize(options.batchSize, "Howth.serveBatch");
  return listen(options, handlers, EVERY_CORE);
}

// Howth.serveArrays({ port, batchSize }, handler): the handler takes an array of requests and returns one of answers.
function serveArrays(options, handler) {
  if (typeof options !== "object" || options === null || typeof handler !== "function") {
    throw new TypeError(
      "Howth.serveArrays needs options and a handler: Howth.serveArrays({ batchSize: 64 }, (requests) => […])",
    );
  }
  const handlers = readHandlers(options, handler);
  if (handlers.routes.handled !== null) {
    throw new TypeError(
      `Howth.serveArrays: the route "${handlers.routes.handled}" must be a path without parameters that has a Response; the handler answers everything else`,
    );
  }
  handlers.batch = new BatchHandler(handler, readBatchSize(options.batchSize, "Howth.serveArrays"));
  return listen(options, handlers, EVERY_CORE);
}

// Howth.serveRustOnly({ port, body }): every request has the same answer, and none reaches JavaScript.
function serveRustOnly(options = {}) {
  const answer = readAnswer(options);
  const handlers = readHandlers(options, () => new Response());
  handlers.routes.said.otherwise = answer;
  return listen(options, handlers, EVERY_CORE);
}

function listen(options, handlers, reach) {
  const port = options.port === undefined || options.port === null ? -1 : readPort(options.port);
  const hostname = options.hostname ?? options.host ?? "";
  const unix = options.unix ?? options.path ?? "";
  const server = new ServerState();
  const settings = { tls: readTls(options), speaksHttp2: true, reach };
  server.address = occupy(server, port, String(hostname), String(unix), settings);
  server.reload(handlers);
  const facade = new Server(server);
  server.facade = facade;
  options.signal?.addEventListener("abort", () => facade.stop(true), { once: true });
  if (typeof options.onListen === "function") {
    options.onListen(facade.addr);
  }
  return facade;
}

export { listen, serve, serveArrays, serveBatch, serveLocal, serveRustOnly };
