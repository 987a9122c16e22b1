// What a program writes in answer on one exchange of the engine: a response, or what a socket says to what is no request.
//
// Owns how far the answer is. Never makes a head or chunks: what is written goes out as it is. Called by: exchange.js and
// refusals.js, which are answers; the socket's handle, whose writes go where the answer's go.

import { isUtf8 } from "ext:howth/node/encoding.js";
import { parts } from "ext:howth/node_http/parts.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import { Watched, Written } from "ext:howth/server/numbers.js";

const { LEFT: WATCH_LEFT, OVER: WATCH_OVER } = Watched;
const { FULL: WRITE_FULL, GONE: WRITE_GONE } = Written;

// How far an answer is; it only moves down this list.
const OWED = 0;
const BEGUN = 1;
// The engine has all of it.
const WHOLE = 2;
// The program was told that it has gone out, or that it never will.
const OVER = 3;

let ops;

function connectOps(bound) {
  ops = bound;
}

class Answer {
  constructor(connection, index, generation) {
    this.connection = connection;
    this.index = index;
    this.generation = generation;
    this.state = OWED;
    this.isWatched = false;
    // There is no room for more at the moment.
    this.isFull = false;
    // Who waits until what was written has gone out.
    this.waiting = null;
  }

  // Bytes of it that wait for the client to take them.
  get unsentBytes() {
    return this.state === OVER ? 0 : exchanges.unsentBytes(this);
  }

  get isOpen() {
    return this.state < WHOLE;
  }

  // Asks to be told of what happens. False: it is over.
  watch() {
    if (this.isWatched) return true;
    this.isWatched = true;
    const found = exchanges.watch(this);
    if (found === WATCH_OVER) {
      this.lose();
      return false;
    }
    if (found === WATCH_LEFT) parts.nextTick(() => this.disconnected());
    return true;
  }

  // False: nobody is there.
  begin() {
    if (this.state === OWED) {
      if (ops.op_howth_start_encoded(this.index, this.generation)) this.state = BEGUN;
      else this.lose();
    }
    return this.state === BEGUN;
  }

  // Writes a text or bytes as they are. False: there is no room for more, or nobody there.
  write(data, encoding) {
    if (!this.begin()) return false;
    this.connection.touch();
    const written = this.#write(data, encoding);
    if (written === WRITE_GONE) {
      this.lose();
      return false;
    }
    if (written === WRITE_FULL) {
      this.isFull = true;
      this.watch();
    }
    return !this.isFull;
  }

  #write(data, encoding) {
    const { index, generation } = this;
    if (typeof data !== "string") return exchanges.writeBytes(this, data);
    if (isUtf8(encoding)) return ops.op_howth_write_text(index, generation, data);
    return exchanges.writeBytes(this, parts.Buffer.from(data, encoding));
  }

  // A text of which every character is one byte; `asText`: it is encoded as a text that goes out with it.
  writeHead(head, asText) {
    if (!this.begin()) return;
    const { index, generation } = this;
    if (asText) ops.op_howth_write_text(index, generation, head);
    else ops.op_howth_write_latin1(index, generation, head);
  }

  // Calls back when what was written has gone out, or at once in a tick of its own.
  afterWrite(callback) {
    if (this.state === OVER) parts.nextTick(callback, parts.destroyedError("write"));
    else if (this.isFull) (this.waiting ??= []).push(callback);
    else parts.nextTick(callback);
  }

  // There is room for more.
  bodyWritable() {
    this.isFull = false;
    this.connection.knownSocket?._handle?.writable();
    this.callBack();
  }

  callBack(error) {
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) return;
    for (const callback of waiting) parts.nextTick(callback, error);
  }

  // Gives the engine the whole answer: a head, and a text or bytes behind it. False: nobody is there.
  giveWhole(head, body, encoding, keepAlive) {
    const { index, generation } = this;
    if (this.state === BEGUN) {
      this.writeHead(head);
      if (body.length > 0) this.write(body, encoding);
      return this.giveEnd(keepAlive);
    }
    if (this.state !== OWED) return false;
    if (typeof body === "string" && isUtf8(encoding)) {
      return ops.op_howth_respond_encoded(index, generation, head, body, keepAlive);
    }
    const bytes = typeof body === "string" ? parts.Buffer.from(body, encoding) : body;
    return ops.op_howth_respond_encoded_bytes(index, generation, head, bytes, keepAlive);
  }

  giveEnd(keepAlive) {
    return (
      this.state === BEGUN && ops.op_howth_finish_encoded(this.index, this.generation, keepAlive)
    );
  }
}

export { Answer, connectOps, OVER, WHOLE };
