// Bun.serve: Howth.serve with what Bun's options have besides.
//
// Owns files as routes, `false` as a route, the server as the receiver of handlers. Never listens or answers itself.
// Called by: namespace.js.

import { BunFile } from "ext:howth/bun/file.js";
import { node } from "ext:howth/bun/parts.js";
import { argumentsTaken } from "ext:howth/server/arguments.js";
import { layerParts } from "ext:howth/server/layers.js";
import { isResponse } from "ext:howth/server/send.js";
import { serve as listen } from "ext:howth/server/serve.js";
import { innerResponse } from "ext:howth/web/response.js";

const IDLE_SECONDS_MAX = 255;

let isWorker = false;

function connectWorker() {
  isWorker = true;
}

function serve(options) {
  if (isWorker) throw new Error("Bun.serve: a worker cannot serve under howth");
  if (typeof options !== "object" || options === null) {
    throw new TypeError("Bun.serve expects an object");
  }
  const served = { server: null };
  const server = listen(readOptions(options, served));
  served.server = server;
  const reload = server.reload;
  Object.defineProperties(server, {
    address: own(addressOf(server)),
    closeIdleConnections: own(() => {
      throw new Error("server.closeIdleConnections is not there under howth; use stop(true)");
    }),
    id: own(options.id ?? ""),
    protocol: own(server.port === undefined ? null : server.url.protocol.slice(0, -1)),
    [Symbol.dispose]: own(() => void server.stop(true)),
    fetch: own(async (given) => await answer(served.options, request(given, server), server)),
    reload: own((changed) => {
      reload.call(server, readOptions({ ...pick(served.options), ...changed }, served));
      return server;
    }),
  });
  return server;
}

function addressOf({ addr }) {
  if (addr.transport === "unix") return addr.path;
  const family = addr.hostname.includes(":") ? "IPv6" : "IPv4";
  return { address: addr.hostname, family, port: addr.port };
}

function own(value) {
  return { configurable: true, value, writable: true };
}

// What `reload` leaves as it is.
function pick({ error, fetch, routes, static: fixed }) {
  return { error, fetch, routes, static: fixed };
}

// `served`: where the server stands once it listens.
function readOptions(options, served) {
  const { fetch, error, idleTimeout } = options;
  if (idleTimeout !== undefined && !(Number(idleTimeout) <= IDLE_SECONDS_MAX)) {
    throw new TypeError("Bun.serve expects idleTimeout to be 255 or less");
  }
  const bound = (handler) => withServer(handler, served);
  served.options = options;
  return {
    ...options,
    error: typeof error === "function" ? (thrown) => error.call(served.server, thrown) : error,
    fetch: typeof fetch === "function" ? bound(fetch) : fetch,
    routes: boundRoutes(options.routes, bound),
    static: boundRoutes(options.static, bound),
  };
}

// A handler that is given the server itself, as Bun gives it, and nothing where it takes nothing.
function withServer(handler, served) {
  const needsServer = /\bthis\b/.test(Function.prototype.toString.call(handler));
  if (!needsServer && argumentsTaken(handler) < 2) return handler;
  return (request) => handler.call(served.server, request, served.server);
}

// The same for each handler among the routes.
function boundRoutes(target, bound) {
  if (typeof target === "function") return bound(target);
  const layered = layerParts(target);
  if (layered !== undefined) return layered.around(boundRoutes(layered.target, bound));
  if (!isGroup(target)) return target;
  const entries = Object.entries(target).map(([name, each]) => [name, boundRoutes(each, bound)]);
  return Object.fromEntries(entries);
}

// Targets by path, or by method: a plain object, of whatever realm. Responses, files and Howth's own targets are of classes.
function isGroup(target) {
  if (typeof target !== "object" || target === null) return false;
  const prototype = Object.getPrototypeOf(target);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

// The routes that are meant by those of some options, in Howth.serve's shape: files are read for each request, `false`
// leaves a path to `fetch`.
function readTargets(routes, options) {
  const otherwise = (request, server, context) =>
    typeof options.fetch === "function"
      ? options.fetch(request, server, context)
      : new Response(null, { status: 404 });
  const read = (target) => {
    if (target === false) return otherwise;
    const file = fileOf(target);
    if (file !== undefined) return fileRoute(file, target, otherwise);
    const layered = layerParts(target);
    if (layered !== undefined) return layered.around(read(layered.target));
    if (!isGroup(target)) return target;
    return Object.fromEntries(Object.entries(target).map(([name, each]) => [name, read(each)]));
  };
  return read(routes);
}

// The file that a route gives, or the Response of a route; undefined: none.
function fileOf(target) {
  if (BunFile.isOne(target)) return target;
  if (!isResponse(target)) return undefined;
  const source = innerResponse(target).body?.source;
  return BunFile.isOne(source) ? source : undefined;
}

// The file as it is when it is asked for. What is not there is left to `otherwise`.
function fileRoute(file, target, otherwise) {
  const { status = 200, headers } = isResponse(target) ? target : {};
  return async (request, server, context) => {
    if (!(await file.exists())) return otherwise(request, server, context);
    const fields = new Headers(headers);
    const changed = Math.trunc(file.lastModified / 1000) * 1000;
    if (!fields.has("last-modified")) fields.set("last-modified", new Date(changed).toUTCString());
    const since = Date.parse(request.headers.get("if-modified-since") ?? "");
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (status === 200 && isRead && changed <= since) {
      return new Response(null, { status: 304, headers: fields });
    }
    return new Response(file, { status, headers: fields });
  };
}

// What `server.fetch` takes: a Request, a URL, or a path of this server's.
function request(given, server) {
  return given instanceof Request ? given : new Request(new URL(String(given), server.url));
}

// The answer of the handler, without a connection. Bun does not look at routes here.
async function answer({ fetch }, request, server) {
  if (typeof fetch !== "function") {
    throw new TypeError("server.fetch needs a server that was given `fetch`");
  }
  return fetch.call(server, request, server);
}

function isMainThread() {
  return !isWorker;
}

// Bun.main: the path of the program.
function mainPath() {
  const { mainModule } = globalThis.Deno ?? {};
  return mainModule?.startsWith("file:") ? node.url().fileURLToPath(mainModule) : "";
}

export { connectWorker, isMainThread, mainPath, readTargets, serve };
