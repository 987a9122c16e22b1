// Servers on the engine: the dispatch of batches to them, and their handlers.
//
// Owns which servers there are on this core. Called by: Rust, with a batch (`dispatch`); serve.js, and the other folders that
// have servers, to listen.

import { core, primordials } from "ext:core/mod.js";
import { context, waitingPromises } from "ext:howth/server/context.js";
import { errorAnswer } from "ext:howth/server/error_page.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import * as facades from "ext:howth/server/facade.js";
import { looksLikeResponse, toResponse } from "ext:howth/server/foreign.js";
import * as requests from "ext:howth/server/inner_request.js";
import { Batch, EventKind, Reach } from "ext:howth/server/numbers.js";
import * as routing from "ext:howth/server/routes.js";
import * as responses from "ext:howth/server/send.js";
import * as whole from "ext:howth/server/whole.js";
import * as links from "ext:howth/sockets/link.js";
import { answersRefusal } from "ext:howth/sockets/upgrade.js";
import { printFailure } from "ext:howth/web/printed.js";

const { reportException } = core.loadExtScript("ext:deno_web/02_event.js");
const { InnerRequest, makeRequest } = requests;
const { checkResponse, sendPlain, sendResponse } = responses;
const { Info } = facades;
const { watchedExchange } = exchanges;

const { REQUEST, BODY_READABLE, WRITABLE, DISCONNECTED, COMPLETED, ABORTED, TAKEN } = EventKind;
const { CLOSED, OPENED, REJECTED } = EventKind;
// An event's numbers: kind, slot, generation; of a request also its method's number, the lengths of method and URL
// in its text, and its route.
const { EVENT_LENGTH, LISTENER, PARAMETERS, PARAMETERS_LENGTH, ROUTE } = Batch;
const { AS_ASKED } = Reach;

const { getAsyncContext, setAsyncContext } = core;
const { SafeMap, SafeSet } = primordials;

// Those of Howth.serveArrays.
const flushing = new SafeSet();

let ops;
let batch;
// Where Rust reads which event is being handled.
let cursor;
// How many batches there were.
let dispatches = 0;
let development = false;
// By their listeners.
const servers = new SafeMap();
// The one that was asked for last, which is mostly the next as well.
let recent = null;

// Takes what Rust has for JavaScript; called once per isolate, before any program runs.
function connect(configuration, bound) {
  ops = bound;
  requests.connectOps(ops);
  responses.connectOps(ops);
  whole.connectOps(ops);
  routing.connectOps(ops);
  facades.connectOps(ops);
  links.connectOps(ops, exchanges);
  development = configuration.development;
  cursor = configuration.batchLength * EVENT_LENGTH;
  batch = new Uint32Array(cursor + 1 + PARAMETERS_LENGTH);
  ops.op_howth_connect(batch, dispatch);
}

// The same as if it had never connected, to whoever asks.
function disconnect() {
  ops = undefined;
}

// Handles `count` events. `texts` has what each request said, unless the handler takes no request. Rust may look at the
// batch at any time while a handler runs, and take events back that were not reached.
function dispatch(count, texts) {
  // What a program makes its context for one request is not that of the next.
  const context = getAsyncContext();
  dispatches++;
  for (let i = 0, at = 0; i < count; i++, at += EVENT_LENGTH) {
    batch[cursor] = i;
    const kind = batch[at];
    if (kind === TAKEN) continue;
    try {
      handle(kind, batch[at + 1], batch[at + 2], at, texts?.[i]);
    } catch (error) {
      reportException(error);
    }
    setAsyncContext(context);
  }
  for (const server of flushing) server.batch?.flush(server);
}

// What the program has to do with an event may throw; those behind it are others' business.
function handle(kind, index, generation, at, text) {
  switch (kind) {
    case REQUEST:
      // A server that has stopped answers nobody.
      return serverOf(at)?.handle(index, generation, at, text);
    case BODY_READABLE:
      return watchedExchange(index, generation)?.bodyReadable();
    case WRITABLE:
      return watchedExchange(index, generation)?.bodyWritable();
    case DISCONNECTED:
      return watchedExchange(index, generation)?.disconnected();
    case COMPLETED:
      return watchedExchange(index, generation)?.finished();
    case ABORTED:
      return watchedExchange(index, generation)?.aborted();
    case OPENED:
      return serverOf(at)?.opened(index, generation);
    case CLOSED:
      return serverOf(at)?.closed(index, generation);
    case REJECTED:
      return serverOf(at)?.rejected(index, generation, at);
  }
}

// The server of the event whose numbers begin at `at`; undefined: it has ended.
function serverOf(at) {
  const listener = batch[at + LISTENER];
  if (recent !== null && recent.listener === listener) return recent;
  const server = servers.get(listener);
  if (server !== undefined) recent = server;
  return server;
}

function log(message, error) {
  printFailure(message, error instanceof responses.Unsendable ? error.message : error);
}

// A listener has come to its end, and with it its server.
function stopped(listener) {
  const ended = servers.get(listener);
  if (ended === undefined) return;
  servers.delete(listener);
  flushing.delete(ended);
  if (recent === ended) recent = null;
  ended.isCurrent = false;
  ended.stopped();
}

// What a Server keeps to itself.
class ServerState {
  // What the engine calls it.
  listener = -1;
  // Whether it listens, or has not ended since, and answers may still be sent.
  isCurrent = false;
  // What answers, by the numbers of routes.
  targets = new routing.Targets();
  errorHandler;
  // Where it listens.
  address;
  development;
  // Of Howth.serveArrays.
  batch = null;
  // Whether an answer may be a plain object, as Howth.serveBatch has it.
  takesPlain = false;
  finished = Promise.withResolvers();
  facade = null;
  // The class of what it makes of a request.
  Request = InnerRequest;
  // What the program says about its WebSockets; null: it has none.
  sockets = null;

  constructor() {
    this.finished.promise.catch(() => {});
  }

  get unix() {
    return this.address.unix;
  }

  // Whether promises given to waitUntil are pending.
  get isAwaited() {
    return waitingPromises() > 0;
  }

  // Nothing in here throws: what could be wrong was found when the handlers were read.
  reload({ handler, taken, routes, batch, batchSize, errorHandler, development: wanted, sockets }) {
    // The requests that the one before has collected are its own.
    this.batch?.flush(this);
    this.batch = batch ?? null;
    this.takesPlain = batchSize !== undefined || this.batch !== null;
    const { listener } = this;
    const takes = this.batch !== null || taken > 0;
    ops.op_howth_take_texts(listener, takes, this.batch !== null, batchSize ?? 0);
    const first = this.targets.replace(new routing.Target(handler, taken), routes, dispatches);
    ops.op_howth_set_routes(listener, first, routes.said);
    if (this.batch !== null && this.isCurrent) flushing.add(this);
    if (errorHandler !== undefined) this.errorHandler = errorHandler;
    if (sockets !== null) this.sockets = sockets;
    this.development = wanted ?? development;
  }

  // It knows no connections, watches none, and leaves refusals to the engine.
  opened() {}
  closed() {}
  rejected() {}

  // `at`: where the request's numbers stand in the batch.
  handle(index, generation, at, text) {
    const { handler, taken, names } = this.targets.find(batch[at + ROUTE]);
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
        if (names !== null) {
          request.params = routing.readParameters(names, batch, batch[at + PARAMETERS], text);
        }
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
    return new this.Request(this, index, generation, text, method, methodLength, urlLength);
  }

  // Sends what can be sent as it is; false: it is a promise, or may be another maker's Response.
  answer(index, generation, result, inner) {
    if (
      inner !== null &&
      inner.life !== null &&
      isSettled(result) &&
      !inner.takesResponse(result)
    ) {
      return true;
    }
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
    if (answersRefusal(error, inner)) return;
    if (inner?.takesResponse(null) === false) {
      log("howth: the handler failed:", error);
      return;
    }
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
    const [type, body] = this.errorAnswer(index, generation, error, inner);
    inner?.keepBody();
    ops.op_howth_respond_text(index, generation, 500, type, body);
    log("howth: the handler failed:", error);
  }

  errorAnswer(index, generation, error, inner) {
    const plain = [responses.DEFAULT_TEXT, "Internal Server Error"];
    if (!this.development) return plain;
    try {
      const request = inner ?? new InnerRequest(this, index, generation);
      return errorAnswer(error, request.header("accept"));
    } catch {
      return plain;
    }
  }

  // A response that was begun has broken off.
  streamFailed(error) {
    printFailure("howth: a response stream failed:", error);
  }

  stopped() {
    this.finished.resolve(undefined);
  }
}

// Whether any server listens.
function hasServers() {
  return servers.size > 0;
}

// Whether the engine can be had: a thread of the program's own has none.
function hasEngine() {
  return ops !== undefined;
}

// The address where the engine listens from now on for a server of another kind: the object that is told of requests
// (`handle`), of new connections (`opened`), of connections that have ended (`closed`) and of its own end (`stopped`). `path`:
// of a Unix-domain socket, or empty. `tls`: what `readTls` gives. `socket`: what is said of that beside the address. `speaksHttp2`:
// as well as HTTP/1.1. `reach`: the cores on which it listens.
function occupy(state, port, hostname, path, settings) {
  const { tls = null, socket = null, speaksHttp2 = false, reach = AS_ASKED } = settings;
  const address = ops.op_howth_listen(port, hostname, path, reach, speaksHttp2, tls, socket);
  installed(state, address.listener);
  return address;
}

// The same for a server whose connections another process has accepted at an address, and this one hands over.
function occupyHanded(state, { address, port }) {
  installed(state, ops.op_howth_serve_handed(address, port));
}

function installed(state, listener) {
  state.listener = listener;
  state.isCurrent = true;
  servers.set(listener, state);
}

// Ends a server: now, or once all is answered.
function stop(state, atOnce) {
  ops.op_howth_stop(state.listener, atOnce);
}

// Whether a server keeps the process from ending.
function keepAlive(state, keeps) {
  ops.op_howth_keep_alive(state.listener, keeps);
}

// The numbers of the event that is being handled begin at `at`.
function numberOf(at, place) {
  return batch[at + place];
}

function isSettled(result) {
  return responses.isResponse(result) || !isThenable(result);
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
  disconnect,
  hasEngine,
  hasServers,
  keepAlive,
  metrics,
  numberOf,
  occupy,
  occupyHanded,
  ServerState,
  stop,
  stopped,
};
