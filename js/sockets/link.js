// A WebSocket as the engine has it: what the socket of either shape, Bun's or the Web's, is made on.
//
// Owns the way of what comes: all that waits is taken when the engine tells that something does, and handed to the socket in
// order. Called by: the dispatch (js/server/exchanges.js), with what happens to the exchange; the sockets.

import { core } from "ext:core/mod.js";
import { Told } from "ext:howth/sockets/numbers.js";
import { tellFailure } from "ext:howth/sockets/options.js";

const { TEXT, BINARY, CLOSE, PING, PONG } = Told;

// Elements of what is told, its kind included.
const LENGTH = 2;
const CLOSE_LENGTH = 4;

let ops;
// Those of js/server/exchanges.js.
let exchanges;

function connectOps(bound, given) {
  ops = bound;
  exchanges = given;
}

class Link {
  // `socket` has methods for what comes: text, bytes, ping, pong, drained, closed.
  constructor(index, generation, socket) {
    this.index = index;
    this.generation = generation;
    this.socket = socket;
  }

  bodyReadable() {
    this.#take();
  }

  bodyWritable() {
    this.socket.drained();
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
    let hasMore;
    do {
      const told = ops.op_howth_socket_take(this.index, this.generation);
      if (told === undefined) return;
      hasMore = told.length % 2 === 1;
      this.#hand(told);
    } while (hasMore);
  }

  #hand(told) {
    const end = told.length - 1;
    for (let at = 0; at < end; ) {
      const kind = told[at];
      const length = kind === CLOSE ? CLOSE_LENGTH : LENGTH;
      try {
        this.#tell(kind, told, at + 1);
      } catch (error) {
        // What is behind it concerns others of the program.
        tellFailure(error);
      }
      at += length;
    }
  }

  #tell(kind, told, at) {
    const { socket } = this;
    switch (kind) {
      case TEXT:
        return socket.text(told[at]);
      case BINARY:
        return socket.bytes(told[at]);
      case PING:
        return socket.ping(told[at]);
      case PONG:
        return socket.pong(told[at]);
      case CLOSE:
        exchanges.unwatch(this);
        return socket.closed(told[at], told[at + 1], told[at + 2]);
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
  refusalOf,
  refuseOtherVersion,
  sendToMembers,
  socketCount,
  watchLink,
};
