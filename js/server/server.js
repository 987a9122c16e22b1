// Howth.serve, `export default { fetch }`, and the dispatch of batches to handlers.

import { core } from "ext:core/mod.js";
import { listensItself } from "ext:howth/node/process.js";
import { BatchHandler, readBatchSize } from "ext:howth/server/batch.js";
import { errorPage } from "ext:howth/server/error_page.js";
import * as facades from "ext:howth/server/facade.js";
import { looksLikeResponse, toResponse } from "ext:howth/server/foreign.js";
import * as requests from "ext:howth/server/inner_request.js";
import { Batch, EventKind, Served } from "ext:howth/server/numbers.js";
import { isClass, isRecord, readAnswer, readHandlers, readPort } from "ext:howth/server/options.js";
import * as responses from "ext:howth/server/send.js";
import * as whole from "ext:howth/server/whole.js";
import { Response } from "ext:howth/web/response.js";

const { reportException } = core.loadExtScript("ext:deno_web/02_event.js");
const { InnerRequest, makeRequest, watchedExchange } = requests;
const { checkResponse, sendPlain, sendResponse } = responses;
const { Info, Server, startElysia } = facades;

const { REQUEST, BODY_READABLE, WRITABLE, DISCONNECTED, COMPLETED, ABORTED, TAKEN } = EventKind;
// An event's numbers: kind, slot, generation; of a request also its method's number, and the lengths of method and URL
// in its text.
const { EVENT_LENGTH } = Batch;
const { SERVES, NO_HANDLER, NODE_APPLICATION, LISTENS_ITSELF } = Served;

const waiting = new Set();

const context = {
  // Keeps the process draining until the promise settles.
  waitUntil(promise) {
    const settled = Promise.resolve(promise).then(
      () => waiting.delete(settled),
      (error) => {
        waiting.delete(settled);
        console.error("howth: a promise given to waitUntil was rejected:", error);
      },
    );
    waiting.add(settled);
  },
};
Object.freeze(context);

let ops;
let batch;
// Where Rust reads which event is being handled.
let cursor;
let development = false;
let server = null;

// Takes what Rust has for JavaScript; called once per isolate, before any program runs.
function connect(configuration, bound) {
  ops = bound;
  requests.connectOps(ops);
  responses.connectOps(ops);
  whole.connectOps(ops);
  facades.connectOps(ops);
  development = configuration.development;
  cursor = configuration.batchLength * EVENT_LENGTH;
  batch = new Uint32Array(cursor + 1);
  ops.op_howth_connect(batch, dispatch);
}

// Handles `count` events. `texts` has what each request said, unless the handler takes no request. Rust may look at the
// batch at any time while a handler runs, and take events back that were not reached.
function dispatch(count, texts) {
  for (let i = 0, at = 0; i < count; i++, at += EVENT_LENGTH) {
    batch[cursor] = i;
    const index = batch[at + 1];
    const generation = batch[at + 2];
    const kind = batch[at];
    if (kind === REQUEST) {
      // A server that has stopped answers nobody.
      server?.handle(index, generation, at, texts?.[i]);
    } else if (kind !== TAKEN) {
      tell(kind, watchedExchange(index, generation));
    }
  }
  if (server !== null && server.batch !== null) server.batch.flush(server);
}

// What the program has to do with it may throw; the events behind it are others' business.
function tell(kind, exchange) {
  if (exchange === undefined) return;
  try {
    switch (kind) {
      case BODY_READABLE:
        return exchange.bodyReadable();
      case WRITABLE:
        return exchange.bodyWritable();
      case DISCONNECTED:
        return exchange.disconnected();
      case COMPLETED:
        return exchange.finished();
      case ABORTED:
        return exchange.aborted();
    }
  } catch (error) {
    reportException(error);
  }
}

function log(message, error) {
  try {
    console.error(message, error instanceof responses.Unsendable ? error.message : error);
  } catch {
    console.error(message, "an error that cannot be printed");
  }
}

// How many promises given to waitUntil are pending.
function waitingPromises() {
  return waiting.size;
}

// The engine has ended, and with it the server.
function stopped() {
  server?.stopped();
}

// What a Server keeps to itself; one per isolate.
class ServerState {
  handler;
  // How many arguments the handler can be seen to take.
  taken;
  errorHandler;
  address;
  development;
  // Of Howth.serveArrays.
  batch = null;
  // Whether an answer may be a plain object, as Howth.serveBatch has it.
  takesPlain = false;
  finished = Promise.withResolvers();
  facade = null;

  constructor(handlers, address) {
    this.address = address;
    this.finished.promise.catch(() => {});
    this.reload(handlers);
  }

  get unix() {
    return this.address.unix;
  }

  // Whether promises given to waitUntil are pending.
  get isAwaited() {
    return waiting.size > 0;
  }

  // Whether it has not ended, and answers may still be sent.
  get isCurrent() {
    return server === this;
  }

  // Nothing in here throws: what could be wrong was found when the handlers were read.
  reload({ handler, taken, fixed, batch, batchSize, errorHandler, development: wanted }) {
    // The requests that the one before has collected are its own.
    this.batch?.flush(this);
    this.handler = handler;
    this.batch = batch ?? null;
    this.taken = this.batch === null ? taken : 1;
    this.takesPlain = batchSize !== undefined || this.batch !== null;
    ops.op_howth_take_texts(this.taken > 0, this.batch !== null, batchSize ?? 0);
    ops.op_howth_clear_routes();
    for (const { path, methods, status, reason, fields, body } of fixed) {
      ops.op_howth_add_route(path, methods, status, reason, fields, body);
    }
    if (errorHandler !== undefined) this.errorHandler = errorHandler;
    this.development = wanted ?? development;
  }

  // `at`: where the request's numbers stand in the batch.
  handle(index, generation, at, text) {
    const { handler, taken } = this;
    if (this.batch !== null) {
      this.batch.add(this.open(index, generation, at, text));
      return;
    }
    let inner = null;
    let result;
    try {
      if (taken === 0) {
        result = handler();
      } else {
        inner = this.open(index, generation, at, text);
        const request = makeRequest(inner);
        result = taken === 1 ? handler(request) : handler(request, new Info(inner), context);
      }
      if (this.answer(index, generation, result, inner)) return;
    } catch (error) {
      this.fail(index, generation, error, inner);
      return;
    }
    this.finishLater(index, generation, result, inner);
  }

  open(index, generation, at, text) {
    const method = batch[at + 3];
    const methodLength = batch[at + 4];
    const urlLength = batch[at + 5];
    return new InnerRequest(this, index, generation, text, method, methodLength, urlLength);
  }

  // Sends what can be sent as it is; false: it is a promise, or may be another maker's Response.
  answer(index, generation, result, inner) {
    if (responses.isResponse(result)) {
      checkResponse(result);
      sendResponse(index, generation, result, inner, this);
    } else if (this.takesPlain && !isThenable(result) && !looksLikeResponse(result)) {
      sendPlain(index, generation, result, inner);
    } else {
      return false;
    }
    return true;
  }

  async finishLater(index, generation, result, inner) {
    try {
      const given = await result;
      if (!this.isCurrent || this.answer(index, generation, given, inner)) return;
      const response = await toResponse(given);
      if (this.isCurrent) this.answer(index, generation, response, inner);
    } catch (error) {
      this.fail(index, generation, error, inner);
    }
  }

  // Answers for a handler that threw. Nothing of the error reaches the client but in development.
  async fail(index, generation, error, inner) {
    try {
      if (this.errorHandler !== undefined) {
        const given = await this.errorHandler(error);
        if (given !== undefined) {
          this.answer(index, generation, await toResponse(given), inner);
          return;
        }
      }
    } catch (second) {
      log("howth: the error handler failed:", second);
    }
    // Answered first: what was thrown may have getters that throw when it is printed.
    inner?.keepBody();
    const [type, body] = this.errorAnswer(error);
    ops.op_howth_respond_text(index, generation, 500, type, body);
    log("howth: the handler failed:", error);
  }

  errorAnswer(error) {
    const plain = [responses.DEFAULT_TEXT, "Internal Server Error"];
    if (!this.development) return plain;
    try {
      return ["text/html;charset=UTF-8", errorPage(error)];
    } catch {
      return plain;
    }
  }

  stopped() {
    this.finished.resolve(undefined);
    if (server === this) server = null;
  }
}

// Howth.serve(handler), (options, handler), (options): the shapes of Bun and Deno.
function serve(first, second, isLocal = false) {
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
  return listen(options, readHandlers(options, handler), isLocal);
}

// Howth.serveLocal, with the arguments of Howth.serve: on the core that calls it, and no other starts.
function serveLocal(first, second) {
  return serve(first, second, true);
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
  return listen(options, handlers, false);
}

// Howth.serveArrays({ port, batchSize }, handler): the handler takes an array of requests and returns one of answers.
function serveArrays(options, handler) {
  if (typeof options !== "object" || options === null || typeof handler !== "function") {
    throw new TypeError(
      "Howth.serveArrays needs options and a handler: Howth.serveArrays({ batchSize: 64 }, (requests) => […])",
    );
  }
  const handlers = readHandlers(options, handler);
  if (handlers.handledRoute !== null) {
    throw new TypeError(
      `Howth.serveArrays: the route "${handlers.handledRoute}" must be a path without parameters that has a Response; the handler answers everything else`,
    );
  }
  handlers.batch = new BatchHandler(handler, readBatchSize(options.batchSize, "Howth.serveArrays"));
  return listen(options, handlers, false);
}

// Howth.serveRustOnly({ port, body }): every request has the same answer, and none reaches JavaScript.
function serveRustOnly(options = {}) {
  const answer = readAnswer(options);
  const handlers = readHandlers(options, () => new Response());
  handlers.fixed = [answer];
  return listen(options, handlers, false);
}

function listen(options, handlers, isLocal) {
  if (server !== null) {
    throw new TypeError(
      "Howth.serve was called already: one server listens per process; stop() it first",
    );
  }
  const port = options.port === undefined || options.port === null ? -1 : readPort(options.port);
  const hostname = options.hostname ?? options.host ?? "";
  const unix = options.unix ?? options.path ?? "";
  const address = ops.op_howth_listen(port, String(hostname), String(unix), isLocal);
  server = new ServerState(handlers, address);
  const facade = new Server(server);
  server.facade = facade;
  options.signal?.addEventListener("abort", () => facade.stop(true), { once: true });
  if (typeof options.onListen === "function") {
    options.onListen(facade.addr);
  }
  return facade;
}

// Serves a module's default export, if it is one that can be served: an object with `fetch`, or a function.
//
// `mayLeaveAlone`: as `howth run` has it. What programs export is theirs then: a function is left alone, and an object
// that cannot listen where the program does already.
function serveModule(exported, mayLeaveAlone) {
  if (server !== null) return SERVES;
  const isObject = typeof exported === "object" && exported !== null;
  if (mayLeaveAlone) {
    return isObject && typeof exported.fetch === "function" ? serveExported(exported) : NO_HANDLER;
  }
  if (isNodeApplication(exported)) return listensItself() ? LISTENS_ITSELF : NODE_APPLICATION;
  if (isObject && canServe(exported)) return serveExported(exported);
  if (typeof exported === "function" && !isClass(exported)) return serveExported({}, exported);
  return listensItself() ? LISTENS_ITSELF : NO_HANDLER;
}

function serveExported(options, handler) {
  const handlers = readHandlers(options, handler);
  let facade;
  try {
    facade = listen(options, handlers, false);
  } catch (error) {
    // It serves what it exports by a server of its own, as applications for several runtimes do.
    if (listensItself()) return LISTENS_ITSELF;
    throw error;
  }
  startElysia(options, facade);
  return SERVES;
}

// Applications of Express, Connect, Koa, Fastify, and servers of node:http.
function isNodeApplication(exported) {
  const isObject = typeof exported === "object" && exported !== null;
  if (!isObject && typeof exported !== "function") return false;
  if (typeof exported.listen !== "function" || typeof exported.fetch === "function") return false;
  return !isObject || !canServe(exported);
}

function canServe({ fetch, routes }) {
  return typeof fetch === "function" || (fetch === undefined && isRecord(routes));
}

function isThenable(value) {
  return typeof value?.then === "function";
}

// What all cores have counted.
function metrics() {
  return ops.op_howth_metrics();
}

export {
  connect,
  metrics,
  serve,
  serveArrays,
  serveBatch,
  serveLocal,
  serveModule,
  serveRustOnly,
  stopped,
  waitingPromises,
};
