// Routes in the shape of Bun's: { "/path": Response | handler | { GET: Response | handler }, "/users/:id": …, "/files/*": … }.
//
// An exact path wins over one with parameters, and that over one that ends in "*"; among equals the longer, then the one
// that was given first. What is a Response under an exact path is sent by the engine without a call of JavaScript:
// `fixed` lists those.
//
// Paths are compared as URLs have them, serialised: those of requests are, and those of routes are made so.

import { isResponse } from "ext:howth/server/send.js";
import { engineResponse, wholeResponse } from "ext:howth/server/whole.js";
import { Response } from "ext:howth/web/response.js";
import { serializedPath } from "ext:howth/web/url.js";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);
const NO_PARAMETERS = Object.freeze({});

class Routes {
  // { path, methods, status, reason, fields, body }: what `engineResponse` gives, and the methods with commas between.
  fixed = [];
  // The first path that a handler answers, or that is a pattern; null: there is none.
  handled = null;
  #exact = new Map();
  #patterns = [];

  constructor(routes) {
    for (const [given, target] of Object.entries(routes)) {
      const path = readPath(given);
      const isExact = !/\/:|\*/.test(path);
      const route = new Route(readTarget(given, target));
      if (!isExact) {
        this.#patterns.push(new Pattern(path, route));
      } else if (!this.#exact.has(path)) {
        this.#exact.set(path, route);
        route.takeFixed(path, this.fixed);
      }
      if (!isExact || route.hasHandler) this.handled ??= given;
    }
    this.#patterns.sort((a, b) => b.rank - a.rank);
  }

  // { route, parameters } for a path, undefined if there is none.
  find(path) {
    const route = this.#exact.get(path);
    if (route !== undefined) return { route, parameters: NO_PARAMETERS };
    const segments = path.split("/");
    for (const pattern of this.#patterns) {
      const parameters = pattern.match(segments);
      if (parameters !== null) return { route: pattern.route, parameters };
    }
    return undefined;
  }
}

// What answers under one path, by method; under "" what answers all others.
class Route {
  #targets;

  constructor(targets) {
    this.#targets = targets;
  }

  get hasHandler() {
    return [...this.#targets.values()].some((target) => !isResponse(target));
  }

  takeFixed(path, fixed) {
    for (const [method, target] of this.#targets) {
      if (isResponse(target)) {
        fixed.push({ path, methods: this.#answered(method), ...engineResponse(target) });
      }
    }
  }

  // What the Response of a method answers: a GET's is also that of HEAD (RFC 9110 section 9.3.2), unless that has its own.
  #answered(method) {
    if (method === "") return "GET,HEAD";
    return method === "GET" && !this.#targets.has("HEAD") ? "GET,HEAD" : method;
  }

  // The handler for a method; undefined: the route does not know it.
  handler(method) {
    const targets = this.#targets;
    const target =
      targets.get(method) ??
      (method === "HEAD" ? targets.get("GET") : undefined) ??
      targets.get("");
    if (!isResponse(target)) return target;
    const isTaken = targets.has(method) || method === "GET" || method === "HEAD";
    return isTaken ? () => target.clone() : undefined;
  }

  get allowed() {
    const methods = [...this.#targets.keys()].map((method) => (method === "" ? "GET" : method));
    return (methods.includes("GET") ? [...methods, "HEAD"] : methods).join(", ");
  }
}

// A path with ":name" for a segment, or "*" for whatever follows.
class Pattern {
  route;
  #segments;
  #isOpen;

  constructor(path, route) {
    const segments = path.split("/");
    this.route = route;
    this.#isOpen = segments.at(-1) === "*";
    this.#segments = this.#isOpen ? segments.slice(0, -1) : segments;
    if (this.#segments.some((segment) => segment.includes("*"))) {
      throw new TypeError(`Howth.serve: in the route "${path}" the "*" must be the last segment`);
    }
  }

  get rank() {
    return this.#segments.length + (this.#isOpen ? 0 : 1 << 20);
  }

  match(segments) {
    const own = this.#segments;
    const fits = this.#isOpen ? segments.length > own.length : segments.length === own.length;
    if (!fits) return null;
    const parameters = {};
    for (let i = 0; i < own.length; i++) {
      if (!own[i].startsWith(":")) {
        if (own[i] !== segments[i]) return null;
      } else if (segments[i] === "") {
        return null;
      } else {
        parameters[own[i].slice(1)] = decoded(segments[i]);
      }
    }
    return parameters;
  }
}

// A segment that is not encoded as a URI is taken as it is.
function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function readPath(path) {
  if (!path.startsWith("/")) {
    throw new TypeError(`Howth.serve: the route "${path}" must begin with "/"`);
  }
  if (/[?#]/.test(path)) {
    throw new TypeError(
      `Howth.serve: the route "${path}" must be a path alone; its handler finds what follows "?" in the request's URL`,
    );
  }
  return serializedPath(path);
}

function readTarget(path, target) {
  if (isTarget(target)) return new Map([["", repeatable(path, target)]]);
  if (typeof target === "object" && target !== null) {
    const targets = new Map();
    for (const [method, answer] of Object.entries(target)) {
      if (!METHODS.has(method) || !isTarget(answer)) {
        throw new TypeError(
          `Howth.serve: under the route "${path}", ${method} must be a method with a Response or a handler`,
        );
      }
      targets.set(method, repeatable(path, answer));
    }
    return targets;
  }
  throw new TypeError(
    `Howth.serve: the route "${path}" must have a Response, a handler, or an object of them by method`,
  );
}

// A Response is copied for each request; a handler is what it was.
function repeatable(path, target) {
  if (!isResponse(target)) return target;
  try {
    return wholeResponse(target);
  } catch (error) {
    throw new TypeError(`Howth.serve: the route "${path}": ${error.message}`);
  }
}

function isTarget(value) {
  return typeof value === "function" || isResponse(value);
}

// The handler that looks a request's route up; `otherwise` answers what has none, if there is one.
function routed(routes, otherwise) {
  return (request, info, context) => {
    const found = routes.find(pathOf(request.url));
    const handler = found?.route.handler(request.method);
    if (handler !== undefined) {
      request.params = found.parameters;
      return handler(request, info, context);
    }
    if (otherwise !== undefined) return otherwise(request, info, context);
    if (found === undefined) return new Response("Not Found", { status: 404 });
    return new Response("Method Not Allowed", {
      status: 405,
      headers: { allow: found.route.allowed },
    });
  };
}

// The path of a request's URL, which is an absolute one.
function pathOf(url) {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

export { Routes, routed };
