// http.IncomingMessage for requests that the engine has read.
//
// Programs put prototypes of their own between a request and http.IncomingMessage.prototype, so what is special has to stand
// there: accessors and methods that ask whether the request is an exchange's, and otherwise do what Node's do. Header fields
// are cut out of the head when somebody asks for them. Called by: node:_http_incoming, once it is loaded.

import { parts } from "ext:howth/node_http/parts.js";
import { fieldsOf, rawFieldsOf } from "ext:howth/server/head_text.js";

const kExchange = Symbol("exchange");
const kRaw = Symbol("rawHeaders");
const kSocket = Symbol("socket");

// What stands in the place of field lines that nobody has asked for.
const NOT_READ = [];

// Gives http.IncomingMessage a prototype that knows exchanges.
function extendIncoming({ IncomingMessage, kHeaders, kHeadersCount }) {
  const node = IncomingMessage.prototype;
  const original = Object.getOwnPropertyDescriptors(node);
  for (const descriptor of Object.values(original)) descriptor.configurable = true;
  const prototype = Object.create(Object.getPrototypeOf(node), original);

  define(prototype, {
    // As it came: name, value, name, value.
    rawHeaders: {
      get() {
        return this[kExchange] === undefined ? this[kRaw] : readRaw(this);
      },
      set(value) {
        this[kRaw] = value;
      },
    },
    headers: {
      get() {
        const exchange = this[kExchange];
        if (exchange !== undefined && !this.joinDuplicateHeaders) {
          return (this[kHeaders] ??= headersOf(exchange));
        }
        if (exchange !== undefined) readRaw(this);
        return original.headers.get.call(this);
      },
      set: original.headers.set,
    },
    headersDistinct: {
      get() {
        if (this[kExchange] !== undefined) readRaw(this);
        return original.headersDistinct.get.call(this);
      },
      set: original.headersDistinct.set,
    },
    socket: {
      get() {
        const own = this[kSocket];
        return own ?? (own === null ? null : this[kExchange]?.connection.socket);
      },
      set(value) {
        this[kSocket] = value;
      },
    },
    client: {
      get() {
        return this.socket;
      },
      set() {},
    },
  });

  prototype._read = function _read(size) {
    const exchange = this[kExchange];
    if (exchange === undefined) return original._read.value.call(this, size);
    if (!this._consuming) {
      this._readableState.readingMore = false;
      this._consuming = true;
    }
    exchange.read();
  };

  prototype._destroy = function _destroy(error, callback) {
    const exchange = this[kExchange];
    if (exchange === undefined) return original._destroy.value.call(this, error, callback);
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit("aborted");
      // Node's streams take the socket away from a request whose response goes on.
      const ends = this[kSocket] !== null && exchange.isOpen && !exchange.hasLostBody;
      if (ends) exchange.connection.destroy(error);
    }
    parts.nextTick(() => callback(this.listenerCount("error") === 0 ? null : error));
  };

  IncomingMessage.prototype = prototype;
  return prototype;

  function readRaw(message) {
    if (message[kRaw] !== NOT_READ) return message[kRaw];
    const exchange = message[kExchange];
    const raw = rawFieldsOf(exchange.text, exchange.fieldsStart);
    const max = fieldsMaxOf(exchange);
    if (raw.length > 2 * max) raw.length = 2 * max;
    message[kRaw] = raw;
    message[kHeadersCount] = raw.length;
    return raw;
  }
}

function define(object, accessors) {
  for (const [name, accessor] of Object.entries(accessors)) {
    Object.defineProperty(object, name, { configurable: true, enumerable: true, ...accessor });
  }
}

// Makes a new message the request of an exchange.
function makeRequestOf(exchange, message) {
  message[kExchange] = exchange;
  message[kRaw] = NOT_READ;
}

// How many field lines the program wants to see; those behind them are as if they had not come.
function fieldsMaxOf({ connection }) {
  const { maxHeadersCount } = connection.server.node;
  return maxHeadersCount > 0 ? maxHeadersCount : Number.POSITIVE_INFINITY;
}

// Of several lines of these Node keeps the first (https://nodejs.org/api/http.html#messageheaders).
const FIRST_COUNTS = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "server",
  "user-agent",
]);

function headersOf(exchange) {
  const headers = {};
  const fields = fieldsOf(exchange.text, exchange.fieldsStart);
  const count = Math.min(fields.length, fieldsMaxOf(exchange));
  for (let i = 0; i < count; i++) {
    const [name, value] = fields[i];
    const before = headers[name];
    if (name === "set-cookie") {
      if (Array.isArray(before)) before.push(value);
      else headers[name] = [value];
    } else if (typeof before !== "string") headers[name] = value;
    else if (!FIRST_COUNTS.has(name)) headers[name] = `${before}, ${value}`;
  }
  return headers;
}

export { extendIncoming, kExchange, makeRequestOf };
