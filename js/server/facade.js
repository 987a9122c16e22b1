// The server as programs see it, and the second argument of their handlers: what Bun's and Deno's programs call.
//
// Holds no state of its own.

import { core } from "ext:core/mod.js";
import { readHandlers } from "ext:howth/server/options.js";
import { publish, subscribe } from "ext:howth/shared/topics.js";
import { servedRequest } from "ext:howth/web/request.js";

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

let ops;

function connectOps(bound) {
  ops = bound;
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

  // Until WebSockets are served, no connection can be upgraded.
  upgrade() {
    return false;
  }

  publish(topic, data) {
    return publish(topic, data);
  }

  subscribe(topic, listener) {
    return subscribe(topic, listener);
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

  publish(topic, data) {
    return publish(topic, data);
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

// Where a request that is being served came from; null: nobody knows any more.
function addressOf(inner) {
  if (inner === null || inner.isOver) return null;
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
