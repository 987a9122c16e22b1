// Howth.error: a response that says what is wrong, as JSON.
//
// Owns its shape, and which Responses were made by it: as routes they answer every method. Called by: programs, through
// Howth; routes.js.

import { primordials } from "ext:core/mod.js";
import { Response } from "ext:howth/web/response.js";

const { SafeWeakSet, WeakSetPrototypeAdd, WeakSetPrototypeHas } = primordials;

const made = new SafeWeakSet();

let ops;

function connectOps(bound) {
  ops = bound;
}

// Howth.error(status, detail): the detail is the registered reason unless it is given.
function error(status, detail) {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new RangeError("Howth.error: the status must be a number from 400 to 599");
  }
  const body = JSON.stringify({ detail: detail ?? (ops.op_howth_reason(status) || "Error") });
  const response = new Response(body, { status, headers: { "content-type": "application/json" } });
  WeakSetPrototypeAdd(made, response);
  return response;
}

function isError(response) {
  return WeakSetPrototypeHas(made, response);
}

export { connectOps, error, isError };
