// From the platform's Response to the wire.
//
// A response with a string or bytes leaves in one call of the engine; only a stream takes more. What the
// Response class keeps ready for a server (status, body and content type of a plain response) is used before
// anything is built.

import { core } from "ext:core/mod.js";
import { InnerRequest } from "ext:howth/20_request.js";

const {
  getInnerResponse,
  responseBodyUsed,
  ResponsePrototype,
  serveFastBodyKey,
  serveFastConsumedKey,
  serveFastContentTypeKey,
  serveFastHeaderKindKey,
  serveFastStatusKey,
  SERVE_FAST_HEADER_DEFAULT_TEXT,
  SERVE_FAST_HEADER_NONE,
  toInnerResponse,
  wireHeaderList,
} = core.loadExtScript("ext:deno_fetch/23_response.js");
const { ReadableStreamPrototype } = core.loadExtScript("ext:deno_web/06_streams.js");

const isPrototypeOf = Function.prototype.call.bind(Object.prototype.isPrototypeOf);

const DEFAULT_TEXT = "text/plain;charset=UTF-8";

// What op_howth_start answers, besides that the exchange is over.
const START_STREAM = 1;
const START_BODYLESS = 2;

// What op_howth_write answers.
const WRITE_READY = 0;
const WRITE_FULL = 1;

let ops;

function connectOps(bound) {
  ops = bound;
}

function isResponse(value) {
  return isPrototypeOf(ResponsePrototype, value);
}

// Throws a TypeError that names the mistake when a handler's result cannot be sent.
function checkResponse(response) {
  if (!isResponse(response)) {
    throw new TypeError(
      `The handler must return a Response (or a promise of one), but returned ${describe(response)}`,
    );
  }
  const inner = getInnerResponse(response);
  if (inner === undefined) {
    throw new TypeError(
      "The handler returned an object that looks like a Response but was not constructed",
    );
  }
  if (inner.type === "error") {
    throw new TypeError("The handler returned Response.error(), which cannot be sent");
  }
  if (response[serveFastConsumedKey] || responseBodyUsed(response)) {
    throw new TypeError(
      "The body of the Response was used already; make a new Response for each request, or clone() it",
    );
  }
}

function describe(value) {
  if (value === null) return "null";
  if (typeof value === "object" || typeof value === "function") {
    return `an instance of ${value.constructor?.name ?? "Object"}`;
  }
  return value === undefined ? "undefined" : `a ${typeof value}`;
}

// Sends a response that `checkResponse` accepted. A stream is watched over by `inner`,
// the exchange's InnerRequest; null: none was made yet.
function sendResponse(index, generation, response, inner, server) {
  const status = response[serveFastStatusKey];
  if (status !== 0 && status !== undefined) {
    const body = response[serveFastBodyKey];
    if (body !== null) {
      response[serveFastConsumedKey] = true;
      const kind = response[serveFastHeaderKindKey];
      const type =
        kind === SERVE_FAST_HEADER_DEFAULT_TEXT
          ? DEFAULT_TEXT
          : kind === SERVE_FAST_HEADER_NONE
            ? ""
            : response[serveFastContentTypeKey];
      if (typeof body === "string") {
        ops.op_howth_respond_text(index, generation, status, type, body);
      } else {
        ops.op_howth_respond_bytes(index, generation, status, type, body);
      }
      return;
    }
  }
  sendInner(index, generation, toInnerResponse(response), inner, server);
}

function sendInner(index, generation, response, inner, server) {
  const fields = encodeFields(wireHeaderList(response));
  const { status, statusMessage } = response;
  if (response.body === null) {
    ops.op_howth_respond(index, generation, status, statusMessage, fields, "");
    return;
  }
  const stream = response.body.streamOrStatic;
  const body = stream.body;
  if (typeof body === "string") {
    stream.consumed = true;
    ops.op_howth_respond(index, generation, status, statusMessage, fields, body);
  } else if (body !== undefined && body !== null) {
    stream.consumed = true;
    ops.op_howth_respond_raw(index, generation, status, statusMessage, fields, body);
  } else if (isPrototypeOf(ReadableStreamPrototype, stream)) {
    // A locked stream throws here, while the handler's failure can still be answered.
    const reader = response.body.stream.getReader();
    const length = response.body.length ?? -1;
    const started = ops.op_howth_start(index, generation, status, statusMessage, fields, length);
    if (started === START_STREAM) {
      pump(inner ?? new InnerRequest(server, index, generation), reader);
      return;
    }
    if (started === START_BODYLESS) ops.op_howth_finish(index, generation);
    reader.cancel().catch(() => {});
  } else {
    throw new TypeError("The Response has a body of an unknown kind");
  }
}

// Header lists cross in one string: names and values contain no line feed, by the Headers class's own rules.
function encodeFields(list) {
  let fields = "";
  for (let i = 0; i < list.length; i++) {
    fields += `${list[i][0]}\n${list[i][1]}\n`;
  }
  return fields;
}

// Moves a stream to the client, no faster than the client takes it.
async function pump(exchange, reader) {
  const { index, generation } = exchange;
  try {
    exchange.responseReader = reader;
    exchange.watch();
    for (;;) {
      const { value, done } = await reader.read();
      if (exchange.isOver) return;
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new TypeError(
          `A response stream must yield Uint8Array, but yielded ${describe(value)}`,
        );
      }
      const written = ops.op_howth_write(index, generation, value);
      if (written === WRITE_FULL) {
        if (!(await exchange.writable())) return;
      } else if (written !== WRITE_READY) {
        exchange.aborted();
        return;
      }
    }
    exchange.responseReader = null;
    ops.op_howth_finish(index, generation);
  } catch (error) {
    if (exchange.isOver) return;
    exchange.responseReader = null;
    ops.op_howth_fail(index, generation);
    console.error("howth: a response stream failed:", error);
    reader.cancel(error).catch(() => {});
  }
}

export { checkResponse, connectOps, DEFAULT_TEXT, encodeFields, isResponse, sendResponse };
