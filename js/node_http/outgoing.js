// http.ServerResponse for exchanges of the engine.
//
// Programs put prototypes of their own between a response and http.ServerResponse.prototype, and replace methods: what is
// special stands on that prototype, and asks whether the response is an exchange's. The head is made as Node makes it
// (fields.js); what is written goes to the exchange instead of to a socket, and a response that is given whole crosses by one
// op. Called by: node:_http_server, once it is loaded.

import { core, primordials } from "ext:core/mod.js";
import { isUtf8 } from "ext:howth/node/encoding.js";
import { asSent, checkValue, headOf, lowerCaseOf } from "ext:howth/node_http/fields.js";
import { kExchange } from "ext:howth/node_http/incoming.js";
import * as state from "ext:howth/node_http/outgoing_state.js";
import { parts } from "ext:howth/node_http/parts.js";

const { kErrored } = state;
const { ObjectPrototypeIsPrototypeOf, ReflectApply, Uint8ArrayPrototype } = primordials;

const kDrained = Symbol("drained");

// What Node's own prototypes have.
let node;
let nodeWriteHead;
let nodeWriteContinue;
let nodeWriteEarlyHints;
let errors;
let inspect;

let ops;

function connectOps(bound) {
  ops = bound;
}

const methods = {
  end(chunk, encoding, callback) {
    const exchange = this[kExchange];
    if (exchange === undefined) return node.end.call(this, chunk, encoding, callback);
    if (typeof chunk === "function") {
      callback = chunk;
      chunk = null;
      encoding = null;
    } else if (typeof encoding === "function") {
      callback = encoding;
      encoding = null;
    }
    if (this.finished) return endAgain(this, chunk, callback);
    if (chunk) {
      check(chunk);
      if (this.destroyed) {
        parts.nextTick(callback ?? nothing, parts.destroyedError("write"));
        return this;
      }
    }
    const length = chunk ? lengthOf(chunk, encoding) : 0;
    if (this._header === null) {
      this._contentLength = length;
      this._implicitHeader();
    }
    if (this.strictContentLength) checkLength(this, exchange, length, true);
    if (typeof callback === "function") this.once("finish", callback);
    sendRest(this, exchange, chunk || "", encoding, length);
    return this;
  },

  write(chunk, encoding, callback) {
    const exchange = this[kExchange];
    if (exchange === undefined) return node.write.call(this, chunk, encoding, callback);
    if (typeof encoding === "function") {
      callback = encoding;
      encoding = null;
    }
    if (chunk === null) throw new errors.ERR_STREAM_NULL_VALUES();
    check(chunk);
    if (this.finished) return fail(this, new errors.ERR_STREAM_WRITE_AFTER_END(), callback);
    if (this.destroyed) {
      parts.nextTick(callback ?? nothing, parts.destroyedError("write"));
      return false;
    }
    const length = lengthOf(chunk, encoding);
    if (this._header === null) this._implicitHeader();
    if (this.strictContentLength) checkLength(this, exchange, length, false);
    exchange.bytesWritten += length;
    if (!this._hasBody) {
      refuseBody(this);
      if (callback !== undefined) parts.nextTick(callback);
      return true;
    }
    const hasRoom = sendPart(this, exchange, chunk, encoding, length);
    if (typeof callback === "function") exchange.afterWrite(callback);
    if (hasRoom && writtenInTick(exchange, length) < this.writableHighWaterMark) return true;
    const isWaiting = this[parts.kNeedDrain];
    this[parts.kNeedDrain] = true;
    if (!isWaiting && hasRoom) parts.nextTick(drainedInTick, this, exchange);
    return false;
  },

  _send(data, encoding, callback) {
    const exchange = this[kExchange];
    if (exchange === undefined) return node._send.call(this, data, encoding, callback);
    if (this._header !== null) sendHead(this, exchange);
    return this._writeRaw(data, encoding, callback);
  },

  _writeRaw(data, encoding, callback) {
    const exchange = this[kExchange];
    if (exchange === undefined) return node._writeRaw.call(this, data, encoding, callback);
    if (typeof encoding === "function") {
      callback = encoding;
      encoding = null;
    }
    exchange.connection.bytesWritten += lengthOf(data, encoding);
    const hasRoom = data.length === 0 || exchange.write(data, encoding);
    if (typeof callback === "function") exchange.afterWrite(callback);
    return hasRoom;
  },

  setHeader(name, value) {
    if (this[kExchange] === undefined) return node.setHeader.call(this, name, value);
    if (this._header) throw new errors.ERR_HTTP_HEADERS_SENT("set");
    const lower = lowerCaseOf(name);
    checkValue(name, value);
    (this[parts.kOutHeaders] ??= Object.create(null))[lower] = [name, value];
    return this;
  },

  writeHead(status, ...rest) {
    const code = status | 0;
    if (!this._header && (code < 100 || code > 999)) {
      const shown = typeof status === "object" ? inspect(status) : status;
      throw new errors.ERR_HTTP_INVALID_STATUS_CODE(shown);
    }
    // RFC 9110 section 15.2: an interim response has no content. One that comes too late changes nothing of what was begun.
    if (this[kExchange] !== undefined && !this._header && code < 200) this._hasBody = false;
    return ReflectApply(nodeWriteHead, this, [status, ...rest]);
  },

  _storeHeader(firstLine, headers) {
    const exchange = this[kExchange];
    if (exchange === undefined) return node._storeHeader.call(this, firstLine, headers);
    // The engine knows whether the connection can stay open.
    const { index, generation } = exchange;
    if (this.shouldKeepAlive && !ops.op_howth_stays_open(index, generation)) {
      this.shouldKeepAlive = false;
    }
    this._header = headOf(this, firstLine, headers);
  },

  writeContinue(callback) {
    const exchange = this[kExchange];
    if (exchange === undefined) return nodeWriteContinue.call(this, callback);
    // Behind other interim responses it is one of them.
    if (exchange.state > 0) this._writeRaw("HTTP/1.1 100 Continue\r\n\r\n");
    else ops.op_howth_continue(exchange.index, exchange.generation);
    this._sent100 = true;
    if (typeof callback === "function") parts.nextTick(callback);
  },

  writeEarlyHints(hints, callback) {
    if (typeof hints?.link === "string" || Array.isArray(hints?.link)) checkLinks(hints.link);
    return ReflectApply(nodeWriteEarlyHints, this, [hints, callback]);
  },

  destroy(error) {
    const exchange = this[kExchange];
    if (!this.destroyed) this[kErrored] = error;
    if (exchange === undefined) return node.destroy.call(this, error);
    if (this.destroyed) return this;
    this.destroyed = true;
    exchange.connection.destroy(error);
    return this;
  },

  cork() {
    if (this[kExchange] === undefined) node.cork.call(this);
  },

  uncork() {
    if (this[kExchange] === undefined) node.uncork.call(this);
  },

  _finish() {
    if (this[kExchange] === undefined) node._finish.call(this);
    else this.emit("prefinish");
  },
};

// Gives http.ServerResponse methods that know exchanges.
function extendResponse() {
  const { OutgoingMessage, ServerResponse } = parts;
  errors = core.loadExtScript("ext:deno_node/internal/errors.ts");
  inspect = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs").inspect;
  node = OutgoingMessage.prototype;
  const response = ServerResponse.prototype;
  nodeWriteHead = response.writeHead;
  nodeWriteContinue = response.writeContinue;
  nodeWriteEarlyHints = response.writeEarlyHints;
  parts.emit = node.emit;
  parts.kDrained = kDrained;
  parts.destroyedError = (name) => new errors.ERR_STREAM_DESTROYED(name);
  state.extendState(node, response);
  for (const [name, value] of Object.entries(methods)) {
    const shape = { configurable: true, enumerable: true, value, writable: true };
    Object.defineProperty(response, name, shape);
  }
  Object.defineProperty(response, kDrained, { value: drained });
  // Of what goes by Deno's way.
  const storeEntry = node._storeHeaderEntry;
  node._storeHeaderEntry = function _storeHeaderEntry(state, name, value, isChecked) {
    const sent = asSent(this, String(name).toLowerCase(), value);
    ReflectApply(storeEntry, this, [state, name, sent, isChecked]);
  };
}

// Which tick of the program it is, as far as somebody has asked within it.
let tick = 0;
let isTickKnown = false;

function endTick() {
  tick++;
  isTickKnown = false;
}

// How much was written within this tick. In Node that waits for the next one, wherever it goes, and a source that gives at once
// whatever it is asked for is stopped by it.
function writtenInTick(exchange, length) {
  if (!isTickKnown) {
    isTickKnown = true;
    parts.nextTick(endTick);
  }
  if (exchange.tick !== tick) {
    exchange.tick = tick;
    exchange.bytesInTick = 0;
  }
  exchange.bytesInTick += length;
  return exchange.bytesInTick;
}

function drainedInTick(res, exchange) {
  if (!exchange.isFull) res[kDrained]();
}

// There is room for more.
function drained() {
  if (this.finished || !this[parts.kNeedDrain]) return;
  this[parts.kNeedDrain] = false;
  this.emit("drain");
}

function check(chunk) {
  const isBytes = ObjectPrototypeIsPrototypeOf(Uint8ArrayPrototype, chunk);
  if (typeof chunk === "string" || isBytes) return;
  throw new errors.ERR_INVALID_ARG_TYPE("chunk", ["string", "Buffer", "Uint8Array"], chunk);
}

// As Node has it: a target in angle brackets, and parameters of which each has a name.
const LINK = /^(?:<[^>]*>)(?:\s*;\s*[^;"\s]+(?:=(")?[^;"\s]*\1)?)*$/;

function checkLinks(links) {
  const { ERR_INVALID_ARG_VALUE } = errors;
  const form = 'must be an array or string of format "</styles.css>; rel=preload; as=style"';
  for (const link of Array.isArray(links) ? links : [links]) {
    if (!LINK.test(link)) throw new ERR_INVALID_ARG_VALUE("hints", link, form);
  }
}

function refuseBody(res) {
  if (res[parts.kRejectNonStandardBodyWrites]) throw new errors.ERR_HTTP_BODY_NOT_ALLOWED();
}

function lengthOf(chunk, encoding) {
  return typeof chunk === "string" ? parts.Buffer.byteLength(chunk, encoding) : chunk.byteLength;
}

function sendHead(res, exchange, asText = false) {
  if (res._headerSent) return;
  res._headerSent = true;
  exchange.connection.bytesWritten += res._header.length;
  exchange.writeHead(res._header, asText);
}

// A part of a response that is not whole.
function sendPart(res, exchange, chunk, encoding, length) {
  // What cannot be encoded throws before anything of it is written.
  const isText = typeof chunk === "string" && isUtf8(encoding);
  const bytes = typeof chunk === "string" && !isText ? parts.Buffer.from(chunk, encoding) : chunk;
  // As Node has it, a head that goes out with a text is encoded as that is.
  sendHead(res, exchange, isText && !res.chunkedEncoding);
  if (length === 0) return !exchange.isFull;
  exchange.connection.bytesWritten += length;
  return res.chunkedEncoding ? sendChunk(exchange, bytes, length) : exchange.write(bytes);
}

// RFC 9112 section 7.1.
function sendChunk(exchange, chunk, length) {
  const head = `${length.toString(16)}\r\n`;
  exchange.connection.bytesWritten += head.length + 2;
  if (typeof chunk === "string") return exchange.write(`${head}${chunk}\r\n`);
  exchange.write(head);
  exchange.write(chunk);
  return exchange.write("\r\n");
}

// What is left of a response, and its end.
function sendRest(res, exchange, chunk, encoding, length) {
  let body = chunk;
  if (!res._hasBody) {
    if (length > 0) refuseBody(res);
    body = "";
    length = 0;
  } else if (res.chunkedEncoding) {
    if (length > 0) sendPart(res, exchange, chunk, encoding, length);
    body = `0\r\n${res._trailer}\r\n`;
    length = body.length;
    encoding = "latin1";
  }
  res.finished = true;
  if (res._eventsCount > 0) res.emit("prefinish");
  exchange.connection.bytesWritten += res._headerSent ? length : res._header.length + length;
  if (res._headerSent) {
    if (body.length > 0) exchange.write(body, encoding);
    exchange.finish(!res._last);
  } else {
    res._headerSent = true;
    exchange.respond(res._header, body, encoding, !res._last);
  }
}

function checkLength(res, exchange, length, isEnd) {
  const declared = res._contentLength;
  const isChecked =
    declared !== null &&
    declared !== undefined &&
    res._hasBody &&
    !res._removedContLen &&
    !res.chunkedEncoding &&
    !res.hasHeader("transfer-encoding");
  if (!isChecked) return;
  const given = exchange.bytesWritten + length;
  if (isEnd ? given !== declared : given > declared) {
    throw new errors.ERR_HTTP_CONTENT_LENGTH_MISMATCH(given, declared);
  }
}

function endAgain(res, chunk, callback) {
  if (chunk) fail(res, new errors.ERR_STREAM_WRITE_AFTER_END(), callback);
  else if (typeof callback === "function") {
    if (res.writableFinished) callback(new errors.ERR_STREAM_ALREADY_FINISHED("end"));
    else res.on("finish", callback);
  }
  return res;
}

function fail(res, error, callback) {
  parts.nextTick(() => {
    callback?.(error);
    if (!res._closed) res.emit("error", error);
  });
  return false;
}

function nothing() {}

export { connectOps, extendResponse };
