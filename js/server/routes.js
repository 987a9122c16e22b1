// Routes in the shape of Bun's: { "/path": Response | handler | { GET: Response | handler }, "/users/:id": …, "/files/*": … }, and
// what howth has besides: folders, files, redirects, layers around any of them.
//
// Owns how they are read and handed to Rust, which finds the route of a request (crates/routes): what is no handler is
// answered there, and a handler is called by its number, with where its parameters stand in the text of the request.

import { argumentsTaken } from "ext:howth/server/arguments.js";
import { readCached } from "ext:howth/server/cache.js";
import { isError } from "ext:howth/server/error_answer.js";
import { saidFiles } from "ext:howth/server/folder.js";
import { layerParts } from "ext:howth/server/layers.js";
import { RouteNumber } from "ext:howth/server/numbers.js";
import { saidRedirect } from "ext:howth/server/redirect.js";
import { isResponse } from "ext:howth/server/send.js";
import { engineResponse, wholeResponse } from "ext:howth/server/whole.js";
import { serializedPath } from "ext:howth/web/url.js";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);
const NO_PARAMETERS = Object.freeze({});
const NO_NAMES = Object.freeze([]);

let ops;

function connectOps(bound) {
  ops = bound;
}

class Routes {
  // What Rust takes: for each route its path, and what answers there by method; under "" what answers all others.
  said;
  // The handlers, by the numbers that Rust has for them.
  targets = [];
  // The first path that a handler answers, or that is a pattern; null: there is none.
  handled = null;

  // `hasHandler`: something answers what has no route. Throws what is wrong.
  constructor(routes, hasHandler) {
    const read = Object.entries(routes).map(([path, target]) => this.#read(path, target));
    this.said = { routes: read, hasHandler };
    if (read.length > 0) ops.op_howth_check_routes(this.said);
  }

  #read(path, target) {
    const names = path.startsWith("/") ? parameterNames(serializedPath(path)) : NO_NAMES;
    if (names.length > 0 || path.endsWith("*")) this.handled ??= path;
    const answers = [];
    for (const { method, layers, answer } of readTargets(path, target)) {
      answers.push([method, layers, this.#answer(path, names, answer)]);
    }
    return { path, answers };
  }

  #answer(path, names, answer) {
    if (isResponse(answer)) {
      return { ready: engineResponse(repeatable(path, answer)), isError: isError(answer) };
    }
    const said = saidAnswer(answer);
    if (said !== undefined) return said;
    const cached = readCached(answer);
    if (cached !== undefined) {
      return { ...this.#answer(path, names, cached.handler), cache: cached.said };
    }
    this.handled ??= path;
    const taken = argumentsTaken(answer);
    const number = this.targets.push(new Target(answer, taken, names)) - 1;
    return { handler: { number, takesRequest: taken > 0 } };
  }
}

// What answers requests in JavaScript.
class Target {
  handler;
  // How many arguments it can be seen to take.
  taken;
  // Of its route's parameters; null: it is no route's.
  names;

  constructor(handler, taken, names = null) {
    this.handler = handler;
    this.taken = taken;
    this.names = names;
  }
}

// The handlers of a server, by the numbers with which requests come. A number is never given twice: of requests that are
// in JavaScript's hands already when routes are replaced, some have numbers of the routes before.
class Targets {
  #byNumber = new Map();
  // The number of the first route that is there now, and of the next that comes.
  #first = 1;
  #next = 1;
  // The batch in which they were replaced.
  #replacedIn = -1;

  find(number) {
    return this.#byNumber.get(number);
  }

  // What answers requests without a route.
  get otherwise() {
    return this.#byNumber.get(RouteNumber.NONE);
  }

  // Takes others, and what answers requests without a route; gives the number of the first. `dispatch`: which batch is
  // worked off, or was the last.
  replace(otherwise, { targets }, dispatch) {
    if (this.#replacedIn !== dispatch) {
      for (const number of this.#byNumber.keys()) {
        if (number < this.#first) this.#byNumber.delete(number);
      }
      this.#replacedIn = dispatch;
    }
    this.#first = this.#next;
    this.#byNumber.set(RouteNumber.NONE, otherwise);
    for (const target of targets) this.#byNumber.set(this.#next++, target);
    return this.#first;
  }
}

// The parameters of a request. `place`: of the first number in `numbers` that says where they stand in its text.
function readParameters(names, numbers, place, text) {
  if (names.length === 0) return NO_PARAMETERS;
  const parameters = {};
  for (let i = 0, at = place; i < names.length; i++, at += 2) {
    const start = numbers[at];
    const length = numbers[at + 1];
    const value = text.slice(start, start + (length >>> 1));
    parameters[names[i]] = (length & 1) === 0 ? value : decoded(value);
  }
  return parameters;
}

// A segment that is not encoded as a URI is taken as it is.
function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

// The names of a path's parameters, in their order.
function parameterNames(path) {
  const segments = path.split("/").filter((segment) => segment.startsWith(":"));
  return segments.length === 0 ? NO_NAMES : segments.map((segment) => segment.slice(1));
}

// What answers which method ("": whatever has no other), and the layers around it, the outermost first, each with the method that
// it stands under.
function* readTargets(path, target, method = "", layers = []) {
  const layered = layerParts(target);
  if (layered !== undefined) {
    yield* readTargets(path, layered.target, method, [...layers, { ...layered.said, method }]);
  } else if (isAnswer(target)) {
    yield { method, layers, answer: target };
  } else if (method === "" && typeof target === "object" && target !== null) {
    for (const [name, each] of Object.entries(target)) {
      if (!METHODS.has(name) || !(isAnswer(each) || layerParts(each) !== undefined)) {
        throw new TypeError(
          `Howth.serve: under the route "${path}", ${name} must be a method with a Response or a handler`,
        );
      }
      yield* readTargets(path, each, name, layers);
    }
  } else {
    throw new TypeError(
      `Howth.serve: the route "${path}" must have a Response, a handler, or an object of them by method`,
    );
  }
}

// A Response that can be copied for each request.
function repeatable(path, target) {
  try {
    return wholeResponse(target);
  } catch (error) {
    throw new TypeError(`Howth.serve: the route "${path}": ${error.message}`);
  }
}

function isAnswer(value) {
  if (typeof value === "function" || isResponse(value)) return true;
  return saidAnswer(value) !== undefined || readCached(value) !== undefined;
}

// What crosses of an answer that is neither a Response nor a handler; undefined: it is something else.
function saidAnswer(value) {
  const redirect = saidRedirect(value);
  return redirect === undefined ? saidFiles(value) : { redirect };
}

export { connectOps, Routes, readParameters, Target, Targets };
