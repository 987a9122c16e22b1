// Howth.serve, `export default { fetch }`, and the dispatch of batches to handlers.

import { core } from "ext:core/mod.js";
import * as requests from "ext:howth/20_request.js";
import * as responses from "ext:howth/30_response.js";
import { errorPage } from "ext:howth/35_error_page.js";

const { InnerRequest, makeRequest, watchedExchange } = requests;
const { checkResponse, sendResponse } = responses;
const { toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");

// The kinds of events in a batch; the same numbers stand in crates/runtime/src/bridge/batch.rs.
const REQUEST = 0;
const BODY_READABLE = 1;
const WRITABLE = 2;
const DISCONNECTED = 3;
const COMPLETED = 4;
const ABORTED = 5;
const STOPPED = 6;
const EVENT_LENGTH = 3;

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
let development = false;
let server = null;

// Takes what Rust has for JavaScript; called once per isolate, before any program runs.
function connect(configuration, bound) {
  ops = bound;
  requests.connectOps(ops);
  responses.connectOps(ops);
  development = configuration.development;
  batch = new Uint32Array(configuration.batchLength * EVENT_LENGTH);
  ops.op_howth_connect(batch, dispatch);
}

function dispatch(count) {
  for (let i = 0, at = 0; i < count; i++, at += EVENT_LENGTH) {
    const index = batch[at + 1];
    const generation = batch[at + 2];
    const kind = batch[at];
    if (kind === REQUEST) {
      server.handle(index, generation);
    } else if (kind === STOPPED) {
      server?.stopped();
    } else {
      tell(kind, watchedExchange(index, generation));
    }
  }
}

function tell(kind, exchange) {
  if (exchange === undefined) return;
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
}

// How many promises given to waitUntil are pending.
function waitingPromises() {
  return waiting.size;
}

// What a Server keeps to itself; one per isolate.
class ServerState {
  handler;
  handlerTakesNothing;
  errorHandler;
  address;
  development;
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

  reload({ handler, errorHandler, development: wanted }) {
    this.handler = handler;
    this.handlerTakesNothing = takesNothing(handler);
    if (errorHandler !== undefined) this.errorHandler = errorHandler;
    this.development = wanted ?? development;
  }

  handle(index, generation) {
    let inner = null;
    const open = () => (inner ??= new InnerRequest(this, index, generation));
    let result;
    try {
      if (this.handlerTakesNothing) {
        result = this.handler();
      } else {
        const request = makeRequest(open());
        result = this.handler(request, new Info(inner), context);
      }
      inner?.retain();
      if (responses.isResponse(result)) {
        checkResponse(result);
        sendResponse(index, generation, result, open);
        return;
      }
    } catch (error) {
      inner?.retain();
      this.fail(index, generation, error, open);
      return;
    }
    this.finishLater(index, generation, result, open);
  }

  async finishLater(index, generation, result, open) {
    try {
      const response = await result;
      checkResponse(response);
      sendResponse(index, generation, response, open);
    } catch (error) {
      this.fail(index, generation, error, open);
    }
  }

  // Answers for a handler that threw. Nothing of the error reaches the client but in development.
  async fail(index, generation, error, open) {
    try {
      if (this.errorHandler !== undefined) {
        const response = await this.errorHandler(error);
        if (response !== undefined) {
          checkResponse(response);
          sendResponse(index, generation, response, open);
          return;
        }
      }
    } catch (second) {
      console.error("howth: the error handler failed:", second);
    }
    console.error("howth: the handler failed:", error);
    const [type, body] = this.development
      ? ["text/html;charset=UTF-8", errorPage(error)]
      : [responses.DEFAULT_TEXT, "Internal Server Error"];
    ops.op_howth_respond_text(index, generation, 500, type, body);
  }

  stopped() {
    this.finished.resolve(undefined);
    if (server === this) server = null;
  }
}

// Whether calling the handler without arguments cannot be told from calling it with some.
function takesNothing(handler) {
  if (handler.length !== 0) return false;
  const source = Function.prototype.toString.call(handler);
  return (
    /^(async\s+)?(function\b\s*\w*\s*|\w+\s*)?\(\s*\)/.test(source) &&
    !/\barguments\b|\beval\b|\[native code\]/.test(source)
  );
}

// The server as programs see it: what Bun's and Deno's programs call.
class Server {
  #state;

  constructor(state) {
    this.#state = state;
  }

  get port() {
    return this.#state.unix === null ? this.#state.address.port : undefined;
  }

  get hostname() {
    return this.#state.unix === null ? this.#state.address.hostname : undefined;
  }

  get url() {
    return new URL(this.#state.address.url);
  }

  get addr() {
    const { unix, hostname, port } = this.#state.address;
    return unix === null ? { transport: "tcp", hostname, port } : { transport: "unix", path: unix };
  }

  get development() {
    return this.#state.development;
  }

  get pendingRequests() {
    return ops.op_howth_pending();
  }

  get pendingWebSockets() {
    return 0;
  }

  get finished() {
    return this.#state.finished.promise;
  }

  // Stops accepting; resolves when everything in flight is answered, or, when told to close, at once.
  stop(closeActiveConnections = false) {
    ops.op_howth_stop(Boolean(closeActiveConnections));
    return this.#state.finished.promise;
  }

  shutdown() {
    return this.stop();
  }

  reload(options) {
    this.#state.reload(readHandlers(options));
    return this;
  }

  requestIP(request) {
    const inner = toInnerRequest(request);
    const address = inner instanceof InnerRequest && !inner.isOver ? inner.remoteAddr : undefined;
    if (address === undefined || address.transport !== "tcp") return null;
    const family = address.hostname.includes(":") ? "IPv6" : "IPv4";
    return { address: address.hostname, family, port: address.port };
  }

  timeout(request, seconds) {
    const inner = toInnerRequest(request);
    if (inner instanceof InnerRequest) {
      ops.op_howth_set_timeout(
        inner.index,
        inner.generation,
        Math.max(0, Math.ceil(Number(seconds) || 0)),
      );
    }
  }

  // Until WebSockets are served, no connection can be upgraded.
  upgrade() {
    return false;
  }

  ref() {
    ops.op_howth_keep_alive(true);
  }

  unref() {
    ops.op_howth_keep_alive(false);
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }
}

// The second argument of a handler: the server, and what Deno's programs read of a request.
class Info {
  #inner;

  constructor(inner) {
    this.#inner = inner;
  }

  get #facade() {
    return this.#inner.server.facade;
  }

  get remoteAddr() {
    return this.#inner.remoteAddr;
  }

  get completed() {
    return this.#inner.completed;
  }

  get port() {
    return this.#facade.port;
  }

  get hostname() {
    return this.#facade.hostname;
  }

  get url() {
    return this.#facade.url;
  }

  get addr() {
    return this.#facade.addr;
  }

  get development() {
    return this.#facade.development;
  }

  get pendingRequests() {
    return this.#facade.pendingRequests;
  }

  get pendingWebSockets() {
    return this.#facade.pendingWebSockets;
  }

  get finished() {
    return this.#facade.finished;
  }

  stop(closeActiveConnections) {
    return this.#facade.stop(closeActiveConnections);
  }

  shutdown() {
    return this.#facade.shutdown();
  }

  reload(options) {
    return this.#facade.reload(options);
  }

  requestIP(request) {
    return this.#facade.requestIP(request);
  }

  timeout(request, seconds) {
    return this.#facade.timeout(request, seconds);
  }

  upgrade(request, options) {
    return this.#facade.upgrade(request, options);
  }

  ref() {
    this.#facade.ref();
  }

  unref() {
    this.#facade.unref();
  }
}

// Howth.serve(handler), (options, handler), (options): the shapes of Bun and Deno.
function serve(first, second) {
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
  return listen(options, readHandlers(options, handler));
}

function readHandlers(options, handler) {
  const chosen = handler ?? options.fetch ?? options.handler;
  if (typeof chosen !== "function") {
    throw new TypeError("Howth.serve needs a handler: give a function, or { fetch(request) {…} }");
  }
  for (const name of ["routes", "static", "tls", "cert", "key", "websocket"]) {
    if (isSetting(options[name])) {
      throw new TypeError(`Howth.serve does not support the option \`${name}\` yet; leave it out`);
    }
  }
  const errorHandler = options.error ?? options.onError;
  if (errorHandler !== undefined && typeof errorHandler !== "function") {
    throw new TypeError("Howth.serve: `error` must be a function that returns a Response");
  }
  const receiver = handler === undefined ? options : undefined;
  return {
    handler:
      receiver === undefined || (takesNothing(chosen) && !/\bthis\b/.test(chosen))
        ? chosen
        : bind(chosen, receiver),
    errorHandler: errorHandler === undefined ? undefined : bind(errorHandler, options),
    development: options.development === undefined ? undefined : Boolean(options.development),
  };
}

// An application object (a router, say) may have properties of these names that mean something else to it.
function isSetting(value) {
  if (typeof value === "string") return true;
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function bind(method, receiver) {
  return (request, info, context) => method.call(receiver, request, info, context);
}

function listen(options, handlers) {
  if (server !== null) {
    throw new TypeError(
      "Howth.serve was called already: one server listens per process; stop() it first",
    );
  }
  const port = options.port === undefined || options.port === null ? -1 : readPort(options.port);
  const hostname = options.hostname ?? options.host ?? "";
  const unix = options.unix ?? options.path ?? "";
  const address = ops.op_howth_listen(port, String(hostname), String(unix));
  server = new ServerState(handlers, address);
  const facade = new Server(server);
  server.facade = facade;
  options.signal?.addEventListener("abort", () => facade.stop(true), { once: true });
  if (typeof options.onListen === "function") {
    options.onListen(facade.addr);
  }
  return facade;
}

function readPort(value) {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Howth.serve: port ${value} is not a number from 0 to 65535`);
  }
  return port;
}

// Serves a module's default export, if it is one that can be served: a function, or an object with `fetch`.
function serveModule(exported) {
  if (server !== null) return true;
  if (
    typeof exported === "function" &&
    !/^class\b/.test(Function.prototype.toString.call(exported))
  ) {
    listen({}, readHandlers({}, exported));
    return true;
  }
  if (typeof exported === "object" && exported !== null && typeof exported.fetch === "function") {
    listen(exported, readHandlers(exported));
    return true;
  }
  return false;
}

export { connect, serve, serveModule, waitingPromises };
