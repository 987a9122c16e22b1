// Which servers of node:http and node:https the engine serves, and what their methods do then.
//
// What cannot be served (a handle of Node's, a parser that is lenient) goes the way of Deno's code, over sockets of its own.
// Called by: node:_http_incoming, node:_http_server and node:https, once they are loaded.

import { internals, primordials } from "ext:core/mod.js";
import * as connections from "ext:howth/node_http/connection.js";
import { extendIncoming } from "ext:howth/node_http/incoming.js";
import { End } from "ext:howth/node_http/numbers.js";
import * as responses from "ext:howth/node_http/outgoing.js";
import { parts } from "ext:howth/node_http/parts.js";
import * as secure from "ext:howth/node_http/secure_server.js";
import * as servers from "ext:howth/node_http/server.js";
import { wantedOf } from "ext:howth/node_http/wanted.js";
import * as workers from "ext:howth/node_http/worker.js";
import { clearTextError, guard } from "ext:howth/server/secured.js";
import { hasEngine, keepAlive, occupy } from "ext:howth/server/server.js";

const { ReflectApply } = primordials;
const { WorkerServer } = workers;
const { ALL_ADDRESSES, EngineServer, kHasEnded, kServer } = servers;

// Why the engine could not listen.
const kFailure = Symbol("failure");

let ops;

function connectOps(bound) {
  ops = bound;
  servers.connectOps(bound);
  secure.connectOps(bound);
  workers.connectOps(bound);
  responses.connectOps(bound);
}

// Whether nothing about the server needs Deno's way.
function canServe(node) {
  return (
    hasEngine() &&
    !node.insecureHTTPParser &&
    !parts.otelState.TRACING_ENABLED &&
    !parts.otelState.METRICS_ENABLED &&
    !parts.isLenient()
  );
}

// What is wrong with a server that Deno's way would serve, where clients are to speak TLS; null: the engine serves it, by
// connections that the primary accepts.
function refusalOf(node) {
  const { isPrimary } = parts.lazyCluster().default;
  if (!isPrimary && canServe(node) && WorkerServer.canServe(node._handle)) return null;
  if (node[kFailure] !== undefined) return { error: node[kFailure], isFailure: true };
  const [what, remedy] = whyNot(node, isPrimary);
  return { error: clearTextError(`A server of node:http ${what}`, remedy), isFailure: false };
}

// Why Deno's way would serve it, and what helps.
function whyNot(node, isPrimary) {
  if (!hasEngine()) return ["in a worker", "listen in the main thread"];
  if (node.insecureHTTPParser || parts.isLenient()) {
    return ["with insecureHTTPParser", "leave that out"];
  }
  if (!canServe(node)) return ["under OpenTelemetry", "leave OTEL_DENO out"];
  return isPrimary
    ? ["at a handle, or with other options", "listen at a port or a path alone"]
    : [
        "at a path or a listener of its own in a worker of node:cluster",
        "listen at a port, with cluster.SCHED_RR and without exclusive",
      ];
}

// The address on which the server listens now; null: none can be had.
function occupyFirst(server, { port, host, path, socket }, tls) {
  const isAnywhere = host === "" && path === "" && socket.descriptor === null;
  const all = socket.isIpv6Only ? [ALL_ADDRESSES[0]] : ALL_ADDRESSES;
  for (const candidate of isAnywhere ? all : [host]) {
    try {
      return occupy(server, port, candidate, path, { tls, socket });
    } catch (error) {
      server.node[kFailure] = error;
      if (error instanceof Deno.errors.AddrInUse) return null;
    }
  }
  return null;
}

// Gives a class of Node's servers methods that know the engine. `Engine`: the class of its servers there.
function extendServer({ prototype }, Engine) {
  const { close, closeAllConnections, closeIdleConnections, getConnections, listen } = prototype;
  const original = { close, closeAllConnections, closeIdleConnections, getConnections, listen };
  Object.assign(prototype, methodsOver(original, Engine));
}

// `original`: what the same do by Deno's way.
function methodsOver(original, Engine) {
  return {
    listen(...given) {
      this[kFailure] = undefined;
      if (this._handle === null && canServe(this)) {
        if (parts.lazyCluster().default.isPrimary) {
          if (open(this, given, Engine)) return this;
        } else if (Engine.takesHanded) listenInWorker(this);
      }
      return ReflectApply(original.listen, this, given);
    },

    close(callback) {
      const hasCallback = typeof callback === "function";
      if (this[kHasEnded]) {
        // howth has closed it, for a signal that the program listens for as well.
        this[kHasEnded] = false;
        if (hasCallback) parts.nextTick(callback);
        return this;
      }
      if (this[kServer] !== undefined && this._handle === null) {
        // It is closing already.
        if (hasCallback) this.once("close", () => callback(new parts.ERR_SERVER_NOT_RUNNING()));
        return this;
      }
      if (!isListening(this)) return ReflectApply(original.close, this, [callback]);
      if (hasCallback) this.once("close", callback);
      const server = this[kServer];
      // The end of the server is told, whatever else is left to do.
      keepAlive(server, true);
      // A program may have put its own in its place.
      this.closeIdleConnections();
      parts.stopTracking(this);
      server.stopListening();
      ops.op_howth_stop_accepting(server.listener);
      return this;
    },

    closeAllConnections() {
      if (this[kServer] === undefined) return ReflectApply(original.closeAllConnections, this, []);
      ops.op_howth_connections_end(this[kServer].listener, End.AT_ONCE);
      this[kServer].breakOffAll();
    },

    closeIdleConnections() {
      if (this[kServer] === undefined) return ReflectApply(original.closeIdleConnections, this, []);
      ops.op_howth_connections_end(this[kServer].listener, End.IN_ORDER);
    },

    getConnections(callback) {
      if (this[kServer] === undefined)
        return ReflectApply(original.getConnections, this, [callback]);
      parts.nextTick(callback, null, ops.op_howth_connections(this[kServer].listener));
      return this;
    },
  };
}

// Whether the engine listens for it, and nobody has closed it.
function isListening(node) {
  return node[kServer] !== undefined && node[kServer].listening === node._handle;
}

// What the engine calls a server for which it listens; undefined: it does not.
function listenerOf(node) {
  return isListening(node) ? node[kServer].listener : undefined;
}

// Whether the engine listens for it from now on.
function open(node, given, Engine) {
  const wanted = wantedOf(given);
  const tls = Engine.tlsOf(node);
  if (wanted === null || tls === undefined) return false;
  const server = new Engine(node);
  const address = occupyFirst(server, wanted, tls);
  // Deno's way will say what is wrong.
  if (address === null) return false;
  server.listens(address);
  node[kServer] = server;
  node[kHasEnded] = false;
  node._handle = server.listening;
  node._pipeName = address.unix;
  keepAlive(server, !node._unref);
  node._connectionKey = connectionKey(address, wanted);
  if (wanted.signal !== undefined) closeBy(wanted.signal, node);
  const callback = given.findLast((argument) => typeof argument === "function");
  if (callback !== undefined) node.once("listening", callback);
  parts.nextTick(() => {
    if (node._handle !== server.listening) return;
    server.isHeard();
    node.emit("listening");
  });
  return true;
}

// As in Node, a signal closes the server.
function closeBy(signal, node) {
  const close = () => node.close();
  if (signal.aborted) return parts.nextTick(close);
  signal.addEventListener("abort", close, { once: true });
  node.once("close", () => signal.removeEventListener("abort", close));
}

function connectionKey({ hostname, unix }, { port }) {
  if (unix !== null) return `-1:${unix}:-1`;
  return `${hostname.includes(":") ? 6 : 4}:${hostname}:${port}`;
}

// Deno's way ends at a handle that the primary gives connections; those are the engine's from then on.
function listenInWorker(node) {
  node.prependOnceListener("listening", () => {
    if (!hasEngine() || !WorkerServer.canServe(node._handle)) return;
    const server = new WorkerServer(node);
    node[kServer] = server;
    node[kHasEnded] = false;
    server.begin();
  });
}

// What Node does where listeners are async functions (`captureRejections`).
function rejected(error, event, ...given) {
  const [, res] = given;
  if (event !== "request") this.emit("error", error);
  else if (res.headersSent || res.writableEnded) res.destroy();
  else {
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.statusCode = 500;
    res.end("Internal Server Error");
  }
}

// Called by the modules of node:http when they are loaded, with what only they can name.
internals.howthNodeHttp = {
  isServed: (socket) => connections.isServed(socket),

  incoming(given) {
    Object.assign(parts, given);
    extendIncoming(parts);
  },
  server(given) {
    Object.assign(parts, given);
    guard(parts.Server.prototype, refusalOf);
    if (ops === undefined) return;
    responses.extendResponse();
    extendServer(parts.Server, EngineServer);
    parts.Server.prototype[Symbol.for("nodejs.rejection")] = rejected;
  },
  secureServer(Server) {
    if (ops === undefined) return;
    Object.assign(Server.prototype, secure.methodsOver(Server.prototype, listenerOf));
    extendServer(Server, secure.SecureServer);
  },
};

export { connectOps };
