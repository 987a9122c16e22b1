// From the platform's Response to the wire.
//
// A response with a string or bytes leaves in one call of the engine; only a stream takes more. What a program
// constructed is sent as it was given (js/web/message.js); Deno's own responses are taken apart first.

import { core } from "ext:core/mod.js";
import { cancelReader, InnerRequest, interrupted } from "ext:howth/server/inner_request.js";
import { Started, Written } from "ext:howth/server/numbers.js";
import { takeTrailers, trailerFields } from "ext:howth/server/trailers.js";
import {
  beforeSending,
  bytesOf,
  describe,
  PIECE_BYTES,
  partOfFile,
  senderOf,
} from "ext:howth/web/chunk.js";
import { fieldName } from "ext:howth/web/fields.js";
import { readFields } from "ext:howth/web/headers.js";
import { InnerResponse, innerResponse } from "ext:howth/web/response.js";

const { responseBodyUsed, ResponsePrototype, toInnerResponse, wireHeaderList } = core.loadExtScript(
  "ext:deno_fetch/23_response.js",
);
const { ReadableStreamPrototype } = core.loadExtScript("ext:deno_web/06_streams.js");

const isPrototypeOf = Function.prototype.call.bind(Object.prototype.isPrototypeOf);

const NO_FIELDS = [];
// From this length on a text is read where V8 has it, which costs more to begin with than a copy.
const LONG_TEXT = 16 * 1024;
const DEFAULT_TEXT = "text/plain;charset=UTF-8";
const CONTENT_TYPE = fieldName("content-type");
// Why the stream of a response to HEAD, or with a status like 304, is cancelled.
const NO_BODY = "A response to this request has no body";

const { STREAM: START_STREAM, BODYLESS: START_BODYLESS } = Started;
const { READY: WRITE_READY, FULL: WRITE_FULL } = Written;

let ops;

function connectOps(bound) {
  ops = bound;
}

// What a handler gave cannot be sent. Where it was thrown says nothing to whoever wrote the handler.
class Unsendable extends TypeError {}

// Whether a value was made by the platform's class: one that has only its prototype is another maker's.
function isResponse(value) {
  return isPrototypeOf(ResponsePrototype, value) && innerResponse(value) !== undefined;
}

// Throws what names the mistake when a Response cannot be sent.
function checkResponse(response) {
  const inner = innerResponse(response);
  if (inner.type === "error") {
    throw new Unsendable("The handler returned Response.error(), which cannot be sent");
  }
  // RFC 9110 section 15.2: what is not the final answer is not an application's to send.
  if (inner.status < 200) {
    throw new Unsendable(
      `The handler returned a Response with the status ${inner.status}: it upgrades no connection; a WebSocket is opened by server.upgrade or Howth.upgradeWebSocket`,
    );
  }
  if (inner instanceof InnerResponse ? inner.isUsed : responseBodyUsed(response)) {
    throw new Unsendable(
      "The body of the Response was used already; make a new Response for each request, or clone() it",
    );
  }
}

// Sends a response that `checkResponse` accepted. A stream is watched over by `request`, the exchange's InnerRequest;
// null: none was made yet.
function sendResponse(index, generation, response, request, server) {
  const inner = innerResponse(response);
  const trailers = takeTrailers(inner);
  if (trailers !== undefined) {
    sendWithTrailers(index, generation, response, request, server, trailers);
    return;
  }
  if (!(inner instanceof InnerResponse)) {
    sendInner(index, generation, toInnerResponse(response), request, server);
    return;
  }
  const content = inner.takeContent() ?? (inner.body === null ? "" : null);
  if (content === null) {
    sendInner(index, generation, inner, request, server);
    return;
  }
  request?.keepBody();
  const isLong = typeof content === "string" && content.length >= LONG_TEXT;
  if (!isLong && inner.statusMessage === "" && sendAsGiven(index, generation, inner, content)) {
    return;
  }
  const { status, statusMessage } = inner;
  const list = inner.openFields();
  const fields = list.isDecoded ? encodeFields(wireHeaderList(inner)) : encodedList(list);
  if (isLong) {
    ops.op_howth_respond_long(index, generation, status, statusMessage, fields, content);
  } else if (typeof content === "string") {
    ops.op_howth_respond(index, generation, status, statusMessage, fields, content);
  } else {
    ops.op_howth_respond_raw(index, generation, status, statusMessage, fields, content);
  }
}

// Sends what Howth.serveBatch and Howth.serveArrays take in the place of a Response: { status, headers, body }.
function sendPlain(index, generation, answer, request) {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new TypeError(
      `The answer to a request must be a Response or { status, headers, body }, but is ${describe(answer)}`,
    );
  }
  const { status = 200, headers } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`The status ${status} is not a number from 200 to 599`);
  }
  const body = plainBody(answer.body);
  const isText = typeof body === "string";
  const list =
    headers === undefined ? null : readFields(headers, "The answer to a request", "'headers'");
  list?.throwIfInvalid();
  request?.keepBody();
  if (list === null) {
    if (isText) ops.op_howth_respond_text(index, generation, status, DEFAULT_TEXT, body);
    else ops.op_howth_respond_bytes(index, generation, status, "", body);
    return;
  }
  if (isText && list.header("content-type") === null) list.append(CONTENT_TYPE, DEFAULT_TEXT);
  const fields = encodedList(list);
  if (isText) ops.op_howth_respond(index, generation, status, "", fields, body);
  else ops.op_howth_respond_raw(index, generation, status, "", fields, body);
}

// A response with trailers is a stream, whatever its body is.
function sendWithTrailers(index, generation, response, request, server, trailers) {
  const reader = response.body === null ? null : response.body.getReader();
  request?.keepBody();
  const fields = encodeFields([...response.headers]);
  const { status, statusText } = response;
  const started = ops.op_howth_start(index, generation, status, statusText, fields, -1);
  if (started === START_STREAM) {
    pump(request ?? new InnerRequest(server, index, generation), reader, trailers);
    return;
  }
  endUnread(index, generation, started, reader);
}

// Nobody gets the body of a response.
function endUnread(index, generation, started, reader) {
  if (started === START_BODYLESS) ops.op_howth_finish(index, generation);
  const isWanted = started !== START_BODYLESS;
  if (reader === null) return;
  cancelReader(reader, isWanted ? interrupted() : new DOMException(NO_BODY, "AbortError"));
}

function plainBody(body) {
  if (body === undefined || body === null) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError(`The body must be a string or a Uint8Array, but is ${describe(body)}`);
}

// Sends a response of few fields in which nothing has to be put together; false: it is not such a one.
function sendAsGiven(index, generation, inner, content) {
  const { status } = inner;
  const type = inner.contentType;
  const { fields } = inner;
  if (fields !== null && (fields.flat === null || fields.isDecoded)) return false;
  const flat = fields === null ? NO_FIELDS : fields.flat;
  const only = flat.length === 0 ? (type ?? "") : type === null ? onlyType(flat) : null;
  if (typeof content !== "string") {
    if (only === null) return false;
    ops.op_howth_respond_bytes(index, generation, status, only, content);
    return true;
  }
  if (only !== null) {
    ops.op_howth_respond_text(index, generation, status, only, content);
    return true;
  }
  const second = type === null ? 2 : 0;
  if (flat.length > second + 6) return false;
  // biome-ignore format: a line is a field
  ops.op_howth_respond_few(
    index, generation, status,
    type === null ? nameAt(flat, 0) : "content-type", type ?? valueAt(flat, 0),
    nameAt(flat, second), valueAt(flat, second),
    nameAt(flat, second + 2), valueAt(flat, second + 2),
    nameAt(flat, second + 4), valueAt(flat, second + 4),
    content,
  );
  return true;
}

// The content type of a response that has no other field; null: it has, or another, or one that is empty, which to the
// engine would mean none.
function onlyType(flat) {
  return flat.length === 2 && flat[0].lower === "content-type" && flat[1] !== "" ? flat[1] : null;
}

function nameAt(flat, at) {
  return at < flat.length ? flat[at].written : "";
}

function valueAt(flat, at) {
  return at < flat.length ? flat[at + 1] : "";
}

function sendInner(index, generation, given, request, server) {
  const response = given.body?.source?.[beforeSending]?.(given, request) ?? given;
  const fields = encodeFields(wireHeaderList(response));
  const { status, statusMessage } = response;
  const stream = response.body?.streamOrStatic;
  // A locked stream throws here, while the handler's failure can still be answered. It may be the request's own body,
  // which is read from then on.
  const reader = isPrototypeOf(ReadableStreamPrototype, stream)
    ? response.body.stream.getReader()
    : null;
  request?.keepBody();
  if (stream === undefined) {
    ops.op_howth_respond(index, generation, status, statusMessage, fields, "");
    return;
  }
  const { body } = stream;
  const sender = stream[senderOf];
  if (sender?.isWaiting) {
    if (reader === null) stream.consumed = true;
    const exchange = request ?? new InnerRequest(server, index, generation);
    sendEvents(exchange, status, statusMessage, fields, sender);
  } else if (typeof body === "string") {
    stream.consumed = true;
    ops.op_howth_respond(index, generation, status, statusMessage, fields, body);
  } else if (body !== undefined && body !== null) {
    stream.consumed = true;
    ops.op_howth_respond_raw(index, generation, status, statusMessage, fields, body);
  } else if (sendFile(index, generation, response, fields)) {
    // What was to be read of it is read by the engine.
    cancelReader(reader);
  } else if (reader !== null) {
    const length = response.body.length ?? -1;
    const started = ops.op_howth_start(index, generation, status, statusMessage, fields, length);
    if (started === START_STREAM) {
      pump(request ?? new InnerRequest(server, index, generation), reader);
      return;
    }
    endUnread(index, generation, started, reader);
  } else {
    throw new TypeError("The Response has a body of an unknown kind");
  }
}

// Begins a response to which `sender` writes by itself from then on.
function sendEvents(exchange, status, statusMessage, fields, sender) {
  const { index, generation } = exchange;
  const started = ops.op_howth_start(index, generation, status, statusMessage, fields, -1);
  if (started === START_STREAM) return sender.begin(exchange);
  if (started === START_BODYLESS) ops.op_howth_finish(index, generation);
  sender.refuse();
}

// Has the engine answer with a file, if that is what the body is; false: it is not, or cannot be opened.
function sendFile(index, generation, { status, statusMessage, body }, fields) {
  const file = body.source?.[partOfFile]?.();
  if (file === undefined) return false;
  const { path, start, end } = file;
  // biome-ignore format: a line is a part of the answer
  return ops.op_howth_respond_file(
    index, generation, status, statusMessage, fields,
    path, start, end,
  );
}

// A list's fields as they cross, whichever form it has.
function encodedList(list) {
  return list.flat === null ? encodeFields(list.headerList) : list.encoded();
}

// Header lists cross in one string: names and values contain no line feed, by the Headers class's own rules.
function encodeFields(list) {
  let fields = "";
  for (let i = 0; i < list.length; i++) {
    fields += `${list[i][0]}\n${list[i][1]}\n`;
  }
  return fields;
}

// Moves a stream to the client, no faster than the client takes it, and then what was set to come behind it. Without a
// reader there is nothing but that.
async function pump(exchange, reader, trailers) {
  const { index, generation } = exchange;
  try {
    exchange.responseReader = reader;
    exchange.watch();
    while (reader !== null) {
      const { value, done } = await reader.read();
      if (exchange.isOver) return;
      if (done) break;
      const bytes = bytesOf(value);
      // Nothing is no chunk: the empty one ends a body (RFC 9112 section 7.1).
      for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
        const isPiece = bytes.byteLength > PIECE_BYTES;
        const piece = isPiece ? bytes.subarray(at, at + PIECE_BYTES) : bytes;
        const written = ops.op_howth_write(index, generation, piece);
        if (written === WRITE_FULL) {
          if (!(await exchange.writable())) return;
        } else if (written !== WRITE_READY) {
          exchange.aborted();
          return;
        }
      }
    }
    exchange.responseReader = null;
    if (trailers === undefined) {
      ops.op_howth_finish(index, generation);
      return;
    }
    const fields = await trailerFields(trailers);
    if (!exchange.isOver) ops.op_howth_finish_with_trailers(index, generation, fields);
  } catch (error) {
    if (exchange.isOver) return;
    exchange.responseReader = null;
    ops.op_howth_fail(index, generation);
    exchange.server.streamFailed(error, exchange);
    if (reader !== null) cancelReader(reader, error);
  }
}

export {
  checkResponse,
  connectOps,
  DEFAULT_TEXT,
  encodeFields,
  isResponse,
  sendPlain,
  sendResponse,
  Unsendable,
};
