// A connection that has become a WebSocket, for Deno's own implementation of that.
//
// Deno's WebSocket speaks over a socket of its own: one end of a pair, whose other end is here. What the client sends goes in
// there, what comes out goes to the client. Never looks at what it carries. Called by: server.js; the dispatch, with what
// happens to the connection.

import { core } from "ext:core/mod.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import { BodyRead, Written } from "ext:howth/server/numbers.js";

const { PENDING: BODY_PENDING } = BodyRead;
const { FULL: WRITE_FULL, GONE: WRITE_GONE } = Written;

const PIECE_BYTES = 64 * 1024;

let ops;

function connectOps(bound) {
  ops = bound;
}

// An exchange by which a connection has changed its protocol.
class Tunnel {
  #webSocket;
  #end;
  #isOver = false;
  #readable = null;
  #writable = null;

  // `webSocket`: the number of Deno's; `end`: of our end of the pair.
  constructor(index, generation, [webSocket, end]) {
    this.index = index;
    this.generation = generation;
    this.#webSocket = webSocket;
    this.#end = end;
    exchanges.watch(this);
  }

  // Moves bytes both ways, until neither side has more to say.
  async carry() {
    await Promise.all([this.#fromClient(), this.#toClient()]);
    this.#ended();
  }

  // Tells the client that the server goes, and waits for no answer.
  goAway() {
    ops.op_howth_web_socket_go_away(this.#webSocket);
  }

  bodyReadable() {
    const waiter = this.#readable;
    this.#readable = null;
    waiter?.();
  }

  bodyWritable() {
    const waiter = this.#writable;
    this.#writable = null;
    waiter?.();
  }

  // The end of either side is what is read, or was written.
  disconnected() {}
  finished() {}

  aborted() {
    this.#ended();
    this.bodyReadable();
    this.bodyWritable();
  }

  #ended() {
    if (this.#isOver) return;
    this.#isOver = true;
    exchanges.unwatch(this);
    core.tryClose(this.#end);
  }

  async #fromClient() {
    try {
      while (!this.#isOver) {
        const read = exchanges.readBody(this);
        if (read === BODY_PENDING) await new Promise((resolve) => (this.#readable = resolve));
        else if (typeof read === "object") await core.writeAll(this.#end, read);
        else break;
      }
      if (!this.#isOver) await core.shutdown(this.#end);
    } catch {
      // The WebSocket is closed: nobody wants what still comes.
    }
  }

  async #toClient() {
    const piece = new Uint8Array(PIECE_BYTES);
    try {
      for (;;) {
        const count = await core.read(this.#end, piece);
        if (count === 0 || !(await this.#write(piece.subarray(0, count)))) break;
      }
    } catch {
      // The connection is gone, and our end with it.
    }
    if (this.#isOver) return;
    // The WebSocket is closed, both ways: what the client has not said by now it says to nobody.
    exchanges.finish(this);
    exchanges.cancelBody(this);
    this.#ended();
    this.bodyReadable();
  }

  // Whether more can be written.
  async #write(bytes) {
    if (this.#isOver) return false;
    const written = exchanges.writeBytes(this, bytes);
    if (written === WRITE_FULL) await new Promise((resolve) => (this.#writable = resolve));
    return written !== WRITE_GONE && !this.#isOver;
  }
}

// Answers with 101 and the fields, which cross as a text; the tunnel, or null: the client is gone.
function openTunnel({ index, generation }, fields) {
  const pair = ops.op_howth_web_socket(index, generation, fields);
  return pair === null ? null : { tunnel: new Tunnel(index, generation, pair), webSocket: pair[0] };
}

export { connectOps, openTunnel };
