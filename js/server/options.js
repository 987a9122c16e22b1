// Reading what programs hand to Howth.serve, in the shapes of Bun and Deno.
//
// Every mistake is a TypeError or RangeError that names the option.

import { primordials } from "ext:core/mod.js";
import { argumentsTaken, sourceOf } from "ext:howth/server/arguments.js";
import { Routes } from "ext:howth/server/routes.js";
import { engineResponse, wholeResponse } from "ext:howth/server/whole.js";
import { isSocketHandlers, SocketOptions } from "ext:howth/sockets/options.js";
import { Response } from "ext:howth/web/response.js";

// A program may have changed what it finds on prototypes.
const { RegExpPrototypeTest, SafeRegExp } = primordials;

function readHandlers(options, handler) {
  const given = readRoutes(options);
  const chosen = handler ?? options.fetch ?? options.handler;
  if (typeof chosen !== "function" && (chosen !== undefined || given === null)) {
    throw new TypeError("Howth.serve needs a handler: give a function, or { fetch(request) {…} }");
  }
  const errorHandler = options.error ?? options.onError;
  if (errorHandler !== undefined && typeof errorHandler !== "function") {
    throw new TypeError("Howth.serve: `error` must be a function that returns a Response");
  }
  const receiver = handler === undefined ? options : undefined;
  const own = receiver === undefined || chosen === undefined ? chosen : bound(chosen, receiver);
  return {
    handler: own,
    taken: own === undefined ? 0 : argumentsTaken(own),
    routes: new Routes(given ?? {}, own !== undefined),
    errorHandler: errorHandler === undefined ? undefined : bound(errorHandler, options),
    sockets: isSocketHandlers(options.websocket)
      ? new SocketOptions(options.websocket, "Howth.serve: websocket")
      : null,
    development: options.development === undefined ? undefined : Boolean(options.development),
  };
}

// Reads what routes may be besides; null: nothing.
let readTargets = null;

// `read`: gives the routes that are meant by those of some options.
function extendRoutes(read) {
  readTargets = read;
}

// `routes`, and `static`, as Bun called it before: null if there are none.
function readRoutes(options) {
  const { routes, static: fixed } = options;
  if (!isSetting(routes) && !isSetting(fixed)) return null;
  for (const given of [routes, fixed]) {
    if (typeof given === "string") throw new TypeError("Howth.serve: `routes` must be an object");
  }
  const all = { ...fixed, ...routes };
  return readTargets === null ? all : readTargets(all, options);
}

// An application object (a router, say) may have properties of these names that mean something else to it.
function isSetting(value) {
  return typeof value === "string" || isRecord(value);
}

// Whether this is a plain object, of this realm or another.
function isRecord(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const NEEDS_RECEIVER = new SafeRegExp(/\bthis\b|\bsuper\b|\[native code\]/);

// The method as a function that takes no more arguments than it.
function bound(method, receiver) {
  if (!RegExpPrototypeTest(NEEDS_RECEIVER, sourceOf(method))) return method;
  switch (argumentsTaken(method)) {
    case 0:
      return () => method.call(receiver);
    case 1:
      return (request) => method.call(receiver, request);
    default:
      return (request, info, context) => method.call(receiver, request, info, context);
  }
}

function isClass(callable) {
  return RegExpPrototypeTest(CLASS, sourceOf(callable));
}

const CLASS = new SafeRegExp(/^class\b/);
// What Howth.serveRustOnly answers every request with.
function readAnswer({ body = "", status = 200, headers }) {
  return engineResponse(wholeResponse(new Response(body, { status, headers })));
}

function readPort(value) {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Howth.serve: port ${value} is not a number from 0 to 65535`);
  }
  return port;
}

export { extendRoutes, isClass, isRecord, readAnswer, readHandlers, readPort };
