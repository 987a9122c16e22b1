// The server as programs see it, and the second argument of their handlers: what Bun's and Deno's programs call.
//
// Holds no state of its own.

import { core } from "ext:core/mod.js";
import * as hints from "ext:howth/server/hints.js";
import { readHandlers } from "ext:howth/server/options.js";
import { publish, subscribe } from "ext:howth/shared/topics.js";
import { bytesOf, socketCount } from "ext:howth/sockets/link.js";
import * as topics from "ext:howth/sockets/topics.js";
import { upgrade } from "ext:howth/sockets/upgrade.js";
import { servedRequest } from "ext:howth/web/request.js";

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

let ops;

function connectOps(bound) {
  ops = bound;
  hints.connectOps(ops);
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
    return ops.op_howth_pending(this.#state.listener);
  }

  get pendingWebSockets() {
    return socketCount();
  }

  get finished() {
    return this.#state.finished.promise;
  }

  // Stops accepting; resolves when everything in flight is answered, or, when told to close, at once.
  stop(closeActiveConnections = false) {
    ops.op_howth_stop(this.#state.listener, Boolean(closeActiveConnections));
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
    const address = addressOf(servedRequest(request));
    if (address === null || address.transport !== "tcp") return null;
    const family = address.hostname.includes(":") ? "IPv6" : "IPv4";
    return { address: address.hostname, family, port: address.port };
  }

  timeout(request, seconds) {
    const inner = servedRequest(request);
    if (inner !== null) {
      ops.op_howth_set_timeout(
        inner.index,
        inner.generation,
        Math.max(0, Math.ceil(Number(seconds) || 0)),
      );
    }
  }

  // Tells the browser what to load meanwhile; false: it is too late.
  earlyHints(request, links) {
    const inner = servedRequest(request);
    if (inner === null || inner === undefined) {
      throw new TypeError(
        "earlyHints: the first argument must be a request that a handler was given",
      );
    }
    return hints.sendHints(inner, links);
  }

  upgrade(request, options) {
    return upgrade(servedRequest(request), this.#state, options);
  }

  // A server with WebSockets counts as Bun does, and its sockets hear it at once.
  publish(topic, data, compress) {
    const isMessage = typeof data === "string" || bytesOf(data) !== undefined;
    return this.#state.sockets === null || !isMessage
      ? publish(topic, data)
      : topics.publish(topic, data, compress === true, null);
  }

  subscriberCount(topic) {
    return topics.subscriberCount(topic);
  }

  subscribe(topic, listener) {
    return subscribe(topic, listener);
  }

  ref() {
    ops.op_howth_keep_alive(this.#state.listener, true);
  }

  unref() {
    ops.op_howth_keep_alive(this.#state.listener, false);
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }
}

// The second argument of a handler: the server, and what Deno's programs read of a request.
class Info {
  #inner;
  #tls;

  constructor(inner) {
    const { server, index, generation } = inner;
    this.#inner = inner;
    // Nobody can tell any more when the request is over, and a handler may look then.
    this.#tls = server.address.secure ? ops.op_howth_tls(index, generation) : null;
  }

  get #facade() {
    return this.#inner.server.facade;
  }

  get remoteAddr() {
    return this.#inner.remoteAddr;
  }

  // What was agreed upon with the client; null: it speaks in clear.
  get tls() {
    return this.#tls;
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

  earlyHints(request, links) {
    return this.#facade.earlyHints(request, links);
  }

  upgrade(request, options) {
    return this.#facade.upgrade(request, options);
  }

  publish(topic, data, compress) {
    return this.#facade.publish(topic, data, compress);
  }

  subscriberCount(topic) {
    return this.#facade.subscriberCount(topic);
  }

  subscribe(topic, listener) {
    return subscribe(topic, listener);
  }

  ref() {
    this.#facade.ref();
  }

  unref() {
    this.#facade.unref();
  }
}

// Workers of Cloudflare's take the environment for the second argument of `fetch`: what nobody else has is looked for there.
Object.setPrototypeOf(
  Info.prototype,
  new Proxy(Object.prototype, {
    get: (object, name) => (isVariable(object, name) ? environment()[name] : object[name]),
    has: (object, name) => name in object || (isVariable(object, name) && name in environment()),
  }),
);

function isVariable(object, name) {
  return typeof name === "string" && !(name in object);
}

const loadProcess = core.createLazyLoader("node:process");

function environment() {
  return loadProcess().default.env;
}

// Where a request that is being served came from; null: nobody knows any more.
function addressOf(inner) {
  // Of one that became a WebSocket it is known.
  if (inner === null || (inner.isOver && !inner.life.isSocket)) return null;
  try {
    return inner.remoteAddr;
  } catch {
    // It was answered, and nobody had asked to be told.
    return null;
  }
}

// An application of Elysia's has a server when it listens, and tells those who wait for its start. Here it listens by being
// served: what it would do after Bun.serve is done for it.
function startElysia(application, facade) {
  if (typeof application["~adapter"] !== "object" || application.server !== null) return;
  application.server = facade;
  for (const hook of application.event?.start ?? []) hook.fn?.(application);
}

export { connectOps, Info, Server, startElysia };
