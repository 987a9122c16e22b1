// What http.ServerResponse says of itself: properties that nobody keeps, and that are found out when somebody asks.
//
// They stand on the prototype, as methods do (outgoing.js), and ask whether the response is an exchange's. Never writes anything.
// Called by: outgoing.js, once it extends the prototype.

import { primordials } from "ext:core/mod.js";
import { OVER } from "ext:howth/node_http/answer.js";
import { kExchange } from "ext:howth/node_http/incoming.js";
import { parts } from "ext:howth/node_http/parts.js";

const { ObjectGetOwnPropertyDescriptor, ReflectApply } = primordials;

const kErrored = Symbol("errored");

// What Node's own prototype has.
let nodeSocket;
let nodeFinished;
let nodeLength;

const accessors = {
  socket: {
    get() {
      const exchange = this[kExchange];
      if (exchange === undefined) return ReflectApply(nodeSocket.get, this, []);
      // Node takes the socket from a response that has gone out, and leaves it to one that is lost.
      return exchange.state === OVER && exchange.isSent ? null : exchange.connection.socket;
    },
    set(socket) {
      if (this[kExchange] === undefined) ReflectApply(nodeSocket.set, this, [socket]);
    },
  },
  connection: {
    get() {
      return this.socket;
    },
    set(socket) {
      this.socket = socket;
    },
  },
  writableFinished: {
    get() {
      const exchange = this[kExchange];
      if (exchange === undefined) return ReflectApply(nodeFinished.get, this, []);
      return exchange.isSent;
    },
  },
  writableLength: {
    get() {
      const exchange = this[kExchange];
      if (exchange === undefined) return ReflectApply(nodeLength.get, this, []);
      return exchange.unsentBytes;
    },
  },
  // Deprecated, and a way past the checks of names and values.
  _headers: {
    get() {
      return this.getHeaders();
    },
    set(headers) {
      this[parts.kOutHeaders] = null;
      for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value);
    },
  },
};

// Those that all messages have which go out, requests of clients among them.
const accessorsOfAll = {
  closed: {
    get() {
      return this._closed;
    },
  },
  // As in Node, `undefined` where it was destroyed without an error.
  errored: {
    get() {
      return kErrored in this ? this[kErrored] : null;
    },
  },
};

// `node`: the prototype that all messages have.
function extendState(node, response) {
  nodeSocket = ObjectGetOwnPropertyDescriptor(node, "socket");
  nodeFinished = ObjectGetOwnPropertyDescriptor(node, "writableFinished");
  nodeLength = ObjectGetOwnPropertyDescriptor(node, "writableLength");
  define(node, accessorsOfAll);
  define(response, accessors);
}

function define(prototype, wanted) {
  for (const [name, accessor] of Object.entries(wanted)) {
    Object.defineProperty(prototype, name, { configurable: true, enumerable: true, ...accessor });
  }
}

export { extendState, kErrored };
