// Deno.serve: which calls of it the engine serves, and what a program is given for them.
//
// What the engine cannot do (vsock, tunnels, compression without --compress) and what is no proper call
// goes the way of Deno's code, over sockets of its own. Called by: programs; boot/main.js puts it in its place.

import { core } from "ext:core/mod.js";
import { op_http_serve_address_override, op_http_serve_default_compression } from "ext:core/ops";
import { DenoServer } from "ext:howth/deno/server.js";
import * as webSockets from "ext:howth/deno/web_socket.js";
import { readHandlers } from "ext:howth/server/options.js";
import { clearTextError, tlsOption } from "ext:howth/server/secured.js";
import { hasEngine, keepAlive, occupy, stop } from "ext:howth/server/server.js";
import { readTls } from "ext:howth/server/tls.js";

const DEFAULT_HOST = "0.0.0.0";
const DEFAULT_PORT = 8000;

// A certificate and its key, in PEM.
const IDENTITY = ["cert", "key"];
// Deno says what to use instead.
const REFUSED = ["certFile", "keyFile", "alpnProtocols"];
const TLS_OPTIONS = [...IDENTITY, ...REFUSED];

let isRun = false;
let isQuiet = false;
let compresses = false;

// Puts it in the place of Deno's. `configuration`: how the program was started.
function install(configuration, ops) {
  webSockets.connectOps(ops);
  isRun = configuration.isRun;
  isQuiet = configuration.isQuiet;
  compresses = configuration.compresses;
  Object.defineProperty(globalThis.Deno, "serve", {
    configurable: true,
    enumerable: true,
    value: serve,
    writable: true,
  });
}

// Deno.serve(handler), (options, handler), ({ handler, … }).
function serve(first, second) {
  const { options, handler } = argumentsOf(first, second);
  const place = canServe(options, handler) ? placeOf(options) : null;
  const server = place === null ? null : open(place, options, handler);
  if (server === null && tlsOption() !== undefined) refuseClearText(options, handler);
  return server ?? core.loadExtScript("ext:deno_http/00_serve.ts").serve(first, second);
}

function argumentsOf(first, second) {
  if (typeof first === "function") return { options: {}, handler: first };
  if (typeof second === "function") return { options: first ?? {}, handler: second };
  return { options: first, handler: first?.handler };
}

// Deno's way speaks in clear, unless it is told a certificate; what is no proper call is an error of its own.
function refuseClearText(options, handler) {
  const isCall = typeof handler === "function" && typeof options === "object" && options !== null;
  if (!isCall || !TLS_OPTIONS.every((name) => options[name] === undefined)) return;
  throw hasEngine()
    ? clearTextError(
        "Deno.serve with these options",
        "leave out cid, tunnel, automaticCompression and reusePort, and listen at a port or a path",
      )
    : clearTextError("Deno.serve in a worker", "call it in the main thread");
}

// Whether nothing about the call needs Deno's way, or is an error that Deno tells of.
function canServe(options, handler) {
  if (typeof handler !== "function" || typeof options !== "object" || options === null)
    return false;
  const { automaticCompression, onListen, signal } = options;
  return (
    REFUSED.every((name) => !options[name]) &&
    hasWholeIdentity(options) &&
    !Object.hasOwn(options, "cid") &&
    options.tunnel !== true &&
    (compresses || !(automaticCompression ?? op_http_serve_default_compression())) &&
    // The cores of `howth serve` share their port anyway.
    !(isRun && options.reusePort) &&
    (!onListen || typeof onListen === "function") &&
    (!signal || typeof signal.addEventListener === "function") &&
    op_http_serve_address_override()[0] === 0
  );
}

// Whether both are there, or none. Deno tells of half of it, and a key beside a path.
function hasWholeIdentity(options) {
  const given = IDENTITY.filter((name) => options[name] !== undefined);
  if (given.length === 0) return true;
  return IDENTITY.every((name) => isText(options[name])) && !Object.hasOwn(options, "path");
}

// Where the options say that it listens; null: Deno says what is wrong with that.
function placeOf(options) {
  if (Object.hasOwn(options, "path")) {
    const { path } = options;
    return isText(path) && !path.startsWith("\0") ? { port: -1, host: "", unix: path } : null;
  }
  const port = portOf(options.port ?? DEFAULT_PORT);
  const host = options.hostname ?? DEFAULT_HOST;
  return port !== null && isText(host) ? { port, host, unix: "" } : null;
}

// Null: it is none.
function portOf(value) {
  const port = isText(value) ? Number(value) : value;
  return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : null;
}

function isText(value) {
  return typeof value === "string" && value !== "";
}

// Null: a thread of the program's own has no engine, or Deno's way will say what is wrong.
function open(place, options, handler) {
  if (!hasEngine()) return null;
  const state = new DenoServer(options.onError ?? undefined);
  const address = listen(state, place, options);
  if (address === null) return null;
  state.address = address;
  state.reload(readHandlers({}, handler));
  keepAlive(state, true);
  options.signal?.addEventListener("abort", () => end(state, true), { once: true });
  const addr = addrOf(address);
  if (options.onListen) options.onListen(addr);
  else announce(addr, address.secure);
  return httpServer(state, addr);
}

function listen(state, { port, host, unix }, { cert, key }) {
  try {
    const tls = readTls({ cert, key }, "Deno.serve");
    return occupy(state, port, host, unix, { tls, speaksHttp2: true });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || tlsOption() !== undefined) throw error;
    return null;
  }
}

function addrOf({ ip, port, unix }) {
  if (unix !== null) return { __proto__: null, path: unix, transport: "unix" };
  return { __proto__: null, hostname: ip, port, transport: "tcp" };
}

// As Deno says it. `howth serve` has told already, for all cores.
function announce({ hostname, path, port }, isSecure) {
  if (!isRun || isQuiet) return;
  if (path !== undefined) {
    console.error(`Listening on ${path}`);
    return;
  }
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const isEverywhere = hostname === "0.0.0.0" || hostname === "::";
  const scheme = isSecure ? "https" : "http";
  const local = isEverywhere ? ` (${scheme}://localhost:${port}/)` : "";
  console.error(`Listening on ${scheme}://${host}:${port}/${local}`);
}

// Ends a server that has not ended: now, or once all is answered.
function end(state, atOnce) {
  if (!state.isCurrent) return;
  state.goAway();
  stop(state, atOnce);
}

function httpServer(state, addr) {
  const finished = state.finished.promise;
  return {
    addr,
    finished,
    async shutdown() {
      end(state, false);
      await finished;
    },
    ref() {
      if (state.isCurrent) keepAlive(state, true);
    },
    unref() {
      if (state.isCurrent) keepAlive(state, false);
    },
    [Symbol.asyncDispose]() {
      return this.shutdown();
    },
  };
}

export { install };
