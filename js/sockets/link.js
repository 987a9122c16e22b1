// A WebSocket as the engine has it: what the socket of either shape, Bun's or the Web's, is made on.
//
// Owns the way of what comes: all that waits is taken when the engine tells that something does, and handed to the socket in
// order. Called by: the dispatch (js/server/exchanges.js), with what happens to the exchange; the sockets.

import { core } from "ext:core/mod.js";
import { Pool, Told } from "ext:howth/sockets/numbers.js";
import { tellFailure } from "ext:howth/sockets/options.js";

const { TEXT, BINARY, CLOSE, PING, PONG, KIND_BITS } = Told;
const KIND_MASK = (1 << KIND_BITS) - 1;
// What is constant in its own module is found faster.
const POOL_BYTES = Pool.BYTES;
const POOLED_MESSAGE_BYTES_MAX = Pool.MESSAGE_BYTES_MAX;

// Elements of what is told, its kind included.
const LENGTH = 2;
const CLOSE_LENGTH = 4;

let ops;
// Those of js/server/exchanges.js.
let exchanges;

// Where Rust puts small messages in bytes, and how much of it has been given away: a buffer for each would cost more than all else.
let pool = new ArrayBuffer(0);
let poolAt = 0;

function connectOps(bound, given) {
  ops = bound;
  exchanges = given;
}

// Sees to it that there is room for a message.
function fillPool() {
  // Who transfers the buffer of a message takes the whole pool away.
  if (pool.byteLength - poolAt >= POOLED_MESSAGE_BYTES_MAX) return;
  pool = new ArrayBuffer(POOL_BYTES);
  poolAt = 0;
  ops.op_howth_socket_pool(pool);
}

class Link {
  // `kind` has functions for what comes, the same ones for all sockets of a shape: text, bytes, ping, pong, drained, closed. Each
  // is given the socket first. Bytes are a buffer, where they begin in it, and how many they are.
  constructor(index, generation, kind, socket) {
    this.index = index;
    this.generation = generation;
    this.kind = kind;
    this.socket = socket;
  }

  bodyReadable() {
    this.#take();
  }

  bodyWritable() {
    this.kind.drained(this.socket);
  }

  // The end of the client's side is read.
  disconnected() {}

  finished() {
    this.#take();
  }

  aborted() {
    this.#take();
  }

  // From now on what comes is handed over; what has come already is before anything else happens to the program.
  start() {
    queueMicrotask(() => this.#take());
  }

  #take() {
    fillPool();
    const length = ops.op_howth_socket_take_small(this.index, this.generation, poolAt);
    if (length >= 0) return this.#handPooled(BINARY, length);
    let hasMore;
    do {
      fillPool();
      const told = ops.op_howth_socket_take(this.index, this.generation, poolAt);
      if (typeof told === "string") return this.#tell(TEXT, told);
      if (told === undefined) return;
      hasMore = told.length % LENGTH === 1;
      this.#handAll(told);
    } while (hasMore);
  }

  #handAll(told) {
    const end = told.length - 1;
    for (let at = 0; at < end; ) {
      const kind = told[at] & KIND_MASK;
      const first = told[at + 1];
      if (kind === CLOSE) {
        this.#tell(kind, first, told[at + 2], told[at + 3]);
        at += CLOSE_LENGTH;
        continue;
      }
      if (kind === TEXT) this.#tell(kind, first);
      else if (typeof first === "number") this.#handPooled(kind, first);
      else {
        const from = told[at] >> KIND_BITS;
        this.#tell(kind, first, from, first.byteLength - from);
      }
      at += LENGTH;
    }
  }

  #handPooled(kind, length) {
    const at = poolAt;
    poolAt += length;
    this.#tell(kind, pool, at, length);
  }

  #tell(told, first, second, third) {
    const { kind, socket } = this;
    try {
      switch (told) {
        case TEXT:
          return kind.text(socket, first);
        case BINARY:
          return kind.bytes(socket, first, second, third);
        case PING:
          return kind.ping(socket, first, second, third);
        case PONG:
          return kind.pong(socket, first, second, third);
        case CLOSE:
          exchanges.unwatch(this);
          return kind.closed(socket, first, second, third);
      }
    } catch (error) {
      // What is behind it concerns others of the program.
      tellFailure(error);
    }
  }

  // How many bytes were sent, or a number of `Sent`.
  sendText(text, compress) {
    return ops.op_howth_socket_send_text(this.index, this.generation, text, compress);
  }

  // The same of the bytes of a text.
  sendEncodedText(bytes, compress) {
    return ops.op_howth_socket_send_encoded_text(this.index, this.generation, bytes, compress);
  }

  sendBytes(bytes, compress) {
    return ops.op_howth_socket_send_bytes(this.index, this.generation, bytes, compress);
  }

  sendControl(bytes, isPong) {
    return ops.op_howth_socket_ping(this.index, this.generation, isPong, bytes);
  }

  // The code 0: without one.
  close(code, reason) {
    ops.op_howth_socket_close(this.index, this.generation, code, reason);
  }

  terminate() {
    ops.op_howth_socket_terminate(this.index, this.generation);
  }

  get unsentBytes() {
    return ops.op_howth_socket_unsent(this.index, this.generation);
  }

  subscribe(topic) {
    return ops.op_howth_socket_subscribe(this.index, this.generation, topic);
  }

  unsubscribe(topic) {
    return ops.op_howth_socket_unsubscribe(this.index, this.generation, topic);
  }
}

// Makes the request of an exchange a WebSocket; null: it cannot be one. `fields`: what the answer says besides, encoded.
function openLink({ index, generation }, options, fields, takesProtocol) {
  const agreed = ops.op_howth_socket_upgrade(
    index,
    generation,
    fields,
    takesProtocol,
    options.messageBytesMax,
    options.unsentBytesMax,
    options.silenceMs,
    options.flags,
  );
  return agreed ?? null;
}

// Why the request of an exchange opens no WebSocket; empty: it does.
function refusalOf({ index, generation }) {
  return ops.op_howth_socket_refusal(index, generation);
}

// Whether the request of an exchange asks for another version of the protocol than is spoken.
function asksForOtherVersion({ index, generation }) {
  return ops.op_howth_socket_other_version(index, generation, false);
}

// The same, and then it is answered with the one that is spoken: 426.
function refuseOtherVersion({ index, generation }) {
  return ops.op_howth_socket_other_version(index, generation, true);
}

// Puts the link in the place of the request of its exchange, for what happens from now on.
function watchLink(link) {
  exchanges.watch(link);
}

// How many sockets there are on this core.
function socketCount() {
  return ops.op_howth_sockets_count();
}

// Sends to the sockets of this core that hear a topic, but for that of `sender`, which may be null. To how many.
function sendToMembers(topic, data, compress, sender) {
  const hasSender = sender !== null;
  const index = hasSender ? sender.index : 0;
  const generation = hasSender ? sender.generation : 0;
  const send =
    typeof data === "string"
      ? ops.op_howth_sockets_publish_text
      : ops.op_howth_sockets_publish_bytes;
  return send(topic, data, compress, hasSender, index, generation);
}

function memberCount(topic) {
  return ops.op_howth_sockets_members(topic);
}

// A buffer that has nothing but these bytes of another.
function ownBuffer(buffer, at, length) {
  return length === buffer.byteLength ? buffer : buffer.slice(at, at + length);
}

// The bytes of a buffer or a view; undefined: it is something else.
function bytesOf(data) {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return core.isAnyArrayBuffer(data) ? new Uint8Array(data) : undefined;
}

export {
  asksForOtherVersion,
  bytesOf,
  connectOps,
  Link,
  memberCount,
  openLink,
  ownBuffer,
  refusalOf,
  refuseOtherVersion,
  sendToMembers,
  socketCount,
  watchLink,
};
