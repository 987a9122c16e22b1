// Trailer fields: of a request, once its body was read, and of a response, behind its body.
//
// Keeps what was set for responses until they are sent. Called by: programs, through Howth; send.js.

import { servedRequest } from "ext:howth/web/request.js";
import { innerResponse } from "ext:howth/web/response.js";

// What was set, by the responses' inner parts. Whether anything ever was: responses ask for nothing before.
const sources = new WeakMap();
let areSet = false;

let ops;

function connectOps(bound) {
  ops = bound;
}

// Has fields sent behind the body of a response. They are an init of Headers, or a function that gives one, or a promise of
// it, and that is called when the body has come to its end.
function setTrailers(response, trailers) {
  const inner =
    typeof response === "object" && response !== null ? innerResponse(response) : undefined;
  if (inner === undefined) {
    throw new TypeError("Howth.setTrailers: the first argument must be a Response");
  }
  if (typeof trailers !== "function") new Headers(trailers);
  sources.set(inner, trailers);
  areSet = true;
  return response;
}

// What was set for a response, if anything was.
function takeTrailers(inner) {
  return areSet ? sources.get(inner) : undefined;
}

// The fields as they cross.
async function trailerFields(trailers) {
  const given = typeof trailers === "function" ? await trailers() : trailers;
  let fields = "";
  for (const [name, value] of new Headers(given)) fields += `${name}\n${value}\n`;
  return fields;
}

// Those that came behind the body of an exchange's request, as they cross: a line for each name and each value.
function trailersText(index, generation) {
  return ops.op_howth_trailers(index, generation);
}

// Those that came behind the body of a request; none before it was read to its end.
function trailers(request) {
  const inner = servedRequest(request);
  if (inner === null || inner === undefined) {
    throw new TypeError("Howth.trailers: the argument must be a request that a handler was given");
  }
  const found = new Headers();
  const parts = trailersText(inner.index, inner.generation).split("\n");
  for (let at = 0; at + 1 < parts.length; at += 2) found.append(parts[at], parts[at + 1]);
  return found;
}

export { connectOps, setTrailers, takeTrailers, trailerFields, trailers, trailersText };
