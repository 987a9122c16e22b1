// A WebSocket in Bun's shape: what handlers of `websocket` are called with.

import { core } from "ext:core/mod.js";
import { bytesOf, Link, ownBuffer } from "ext:howth/sockets/link.js";
import { Sent } from "ext:howth/sockets/numbers.js";
import * as topics from "ext:howth/sockets/topics.js";

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const NORMAL = 1000;
// RFC 6455 section 5.5.
const CONTROL_BYTES_MAX = 125;
const BINARY_TYPES = ["nodebuffer", "arraybuffer", "uint8array"];

// The class of what Node calls a Buffer, once one is needed.
let NodeBuffer;

class ServerWebSocket {
  data;
  #link;
  // Where the options of the server stand, which a reload changes.
  #server;
  #state = OPEN;
  #binaryType = "nodebuffer";
  #address;
  // What this side has closed with; null: it has not.
  #closing = null;
  // Null before the first.
  #topics = null;

  static #kind = {
    text: (socket, text) => socket.#message(text),
    bytes: (socket, buffer, at, length) => socket.#message(socket.#binary(buffer, at, length)),
    ping: (socket, buffer, at, length) => socket.#told("ping", socket.#binary(buffer, at, length)),
    pong: (socket, buffer, at, length) => socket.#told("pong", socket.#binary(buffer, at, length)),
    drained: (socket) => socket.#told("drain"),
    closed: (socket, code, reason) => socket.#closed(code, reason),
  };

  constructor({ index, generation }, server, data, address) {
    this.#link = new Link(index, generation, ServerWebSocket.#kind, this);
    this.#server = server;
    this.data = data;
    this.#address = address;
  }

  // Begins to hand over what comes.
  static open(socket) {
    socket.#call("open");
    socket.#link.start();
  }

  static linkOf(socket) {
    return socket.#link;
  }

  get readyState() {
    return this.#state;
  }

  get remoteAddress() {
    return this.#address;
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(type) {
    if (!BINARY_TYPES.includes(type)) {
      throw new TypeError(`ServerWebSocket: binaryType must be one of ${BINARY_TYPES.join(", ")}`);
    }
    this.#binaryType = type;
  }

  get subscriptions() {
    return [...(this.#topics ?? [])];
  }

  send(data, compress) {
    const bytes = typeof data === "string" ? undefined : bytesOf(data);
    return bytes === undefined
      ? this.#link.sendText(String(data), compress === true)
      : this.#link.sendBytes(bytes, compress === true);
  }

  sendText(data, compress) {
    const bytes = typeof data === "string" ? undefined : bytesOf(data);
    return bytes === undefined
      ? this.#link.sendText(String(data), compress === true)
      : this.#link.sendEncodedText(bytes, compress === true);
  }

  sendBinary(data, compress) {
    return this.#link.sendBytes(neededBytes(data, "sendBinary"), compress === true);
  }

  ping(data) {
    return this.#control(data, false, "ping");
  }

  pong(data) {
    return this.#control(data, true, "pong");
  }

  #control(data, isPong, call) {
    const bytes = data === undefined || data === null ? new Uint8Array() : payload(data, call);
    if (bytes.byteLength > CONTROL_BYTES_MAX) {
      throw new RangeError(`ServerWebSocket.${call}: ${bytes.byteLength} bytes are more than 125`);
    }
    return this.#link.sendControl(bytes, isPong);
  }

  publish(topic, data, compress) {
    return this.#publish(topic, data, compress);
  }

  publishText(topic, data, compress) {
    return this.#publish(topic, String(data), compress);
  }

  publishBinary(topic, data, compress) {
    return this.#publish(topic, neededBytes(data, "publishBinary"), compress);
  }

  #publish(topic, data, compress) {
    if (this.#state !== OPEN) return Sent.DROPPED;
    const sender = this.#server.sockets.publishesToSelf ? null : this.#link;
    return topics.publish(topic, data, compress === true, sender);
  }

  subscribe(topic) {
    if (this.#state === OPEN && topics.join(this.#link, topic)) {
      this.#topics ??= new Set();
      this.#topics.add(topic);
    }
  }

  unsubscribe(topic) {
    topics.leave(this.#link, topic);
    this.#topics?.delete(topic);
  }

  isSubscribed(topic) {
    return this.#topics?.has(topic) ?? false;
  }

  // What is sent in one turn leaves together anyway.
  cork(callback) {
    return callback(this);
  }

  getBufferedAmount() {
    return this.#link.unsentBytes;
  }

  close(code, reason) {
    const wanted = code ?? NORMAL;
    const said = reason === undefined || reason === null ? "" : String(reason);
    if (!isSendable(wanted)) {
      throw new RangeError(`ServerWebSocket.close: the code ${wanted} must not be sent`);
    }
    if (this.#state !== OPEN) return;
    this.#state = CLOSING;
    this.#closing = { code: wanted, reason: said };
    this.#link.close(wanted, said);
  }

  terminate() {
    if (this.#state === CLOSED) return;
    this.#state = CLOSING;
    this.#link.terminate();
  }

  [Symbol.dispose]() {
    this.close();
  }

  #message(data) {
    const { sockets } = this.#server;
    if (this.#state === OPEN) sockets.call(sockets.handlers.message, this, data);
  }

  #told(name, data) {
    if (this.#state === OPEN) this.#call(name, data);
  }

  #call(name, first, second) {
    const { sockets } = this.#server;
    sockets.call(sockets.handlers[name], this, first, second);
  }

  #closed(code, reason) {
    this.#state = CLOSED;
    for (const topic of this.#topics ?? []) topics.count(topic);
    this.#topics = null;
    const said = this.#closing ?? { code, reason };
    this.#call("close", said.code, said.reason);
  }

  #binary(buffer, at, length) {
    if (this.#binaryType === "nodebuffer") {
      NodeBuffer ??= core.loadExtScript("ext:deno_node/internal/buffer.mjs").FastBuffer;
      return new NodeBuffer(buffer, at, length);
    }
    const own = ownBuffer(buffer, at, length);
    return this.#binaryType === "arraybuffer" ? own : new Uint8Array(own);
  }
}

// RFC 6455 section 7.4.
function isSendable(code) {
  if (!Number.isInteger(code)) return false;
  const isDefined = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  return isDefined || (code >= 3000 && code <= 4999);
}

function payload(data, call) {
  return typeof data === "string" ? core.encode(data) : neededBytes(data, call);
}

function neededBytes(data, call) {
  const bytes = bytesOf(data);
  if (bytes === undefined) {
    throw new TypeError(`ServerWebSocket.${call} takes an ArrayBuffer or a view of one`);
  }
  return bytes;
}

export { ServerWebSocket };
