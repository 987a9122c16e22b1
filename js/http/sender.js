// Who writes to one stream of server-sent events.
//
// Owns the life of the stream: it is asked for, then open, then over, for one reason. It is an exchange of the engine, to which
// texts are written without anything between; or, where a program reads the body itself, a stream of the platform. Never formats
// an event. Called by: js/server/send.js, with the exchange; event_stream.js, event_channel.js and readers.js.

import { core } from "ext:core/mod.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import { Written } from "ext:howth/server/numbers.js";
import { senderOf } from "ext:howth/web/chunk.js";

const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

const { READY, FULL, GONE, BEHIND } = Written;

// How much may wait in a stream of the platform before it counts as full.
const STREAM_FULL_BYTES = 64 * 1024;

const State = { WAITING: 0, OPEN: 1, OVER: 2 };

// Why a stream is over, as programs are told.
const Reason = {
  // By the application.
  CLOSED: "closed",
  // The client has left, or the server breaks its streams off.
  DISCONNECTED: "disconnected",
  // More bytes than may be waited for it.
  BEHIND: "behind",
  // What the application had sent by threw.
  FAILED: "failed",
};

let ops;

function connectOps(bound) {
  ops = bound;
}

class Sender {
  // Of this core's engine; null: it is not begun, or is a stream of the platform.
  exchange = null;
  // Who is written the same, and where it stands among them.
  readers = null;
  place = -1;
  #state = State.WAITING;
  #controller = null;
  #isFull = false;
  #waiter = null;

  // `owner`: whose `began(sender)` is called when there is somebody to write to, and `ended(sender, reason)` once when there is
  // nobody any more. `bytesMax`: how many bytes may wait.
  constructor(owner, bytesMax, lastEventId) {
    this.owner = owner;
    this.bytesMax = bytesMax;
    this.lastEventId = lastEventId;
  }

  get isOver() {
    return this.#state === State.OVER;
  }

  // Whether nobody reads yet, by a stream of the platform or otherwise.
  get isWaiting() {
    return this.#state === State.WAITING;
  }

  get isOpen() {
    return this.#state === State.OPEN;
  }

  // The head of the response is on its way.
  begin(exchange) {
    this.exchange = exchange;
    // Which is told by `cancel` that nobody reads any more.
    exchange.responseReader = this;
    exchange.watch();
    if (this.isOver) return;
    // Silence is no fault of whoever has nothing to be told.
    exchanges.setTimeout(exchange, 0);
    this.#open();
  }

  // Nobody gets the body of the response.
  refuse() {
    this.#end(Reason.DISCONNECTED);
  }

  // A stream of the platform with what is sent, which begins when somebody reads it.
  openStream() {
    const stream = new ReadableStream(
      {
        pull: (controller) => {
          if (this.#controller === null) {
            this.#controller = controller;
            this.#open();
          } else {
            this.#resume();
          }
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0, size: (chunk) => chunk.byteLength },
    );
    Object.defineProperty(stream, senderOf, { value: this });
    return stream;
  }

  #open() {
    if (this.#state !== State.WAITING) return;
    this.#state = State.OPEN;
    this.owner.began(this);
  }

  // Writes the text of events. False: nobody gets it, or the client is behind.
  write(text) {
    if (this.#state !== State.OPEN) return false;
    const written = this.#controller === null ? this.#writeToExchange(text) : this.#enqueue(text);
    if (written === READY) return true;
    if (written === FULL) this.#pause();
    else this.lose(written);
    return false;
  }

  #writeToExchange(text) {
    const { index, generation } = this.exchange;
    return ops.op_howth_write_event(index, generation, this.bytesMax, text);
  }

  #enqueue(text) {
    const controller = this.#controller;
    if (-controller.desiredSize > this.bytesMax) return BEHIND;
    controller.enqueue(core.encode(text));
    return -controller.desiredSize < STREAM_FULL_BYTES ? READY : FULL;
  }

  // The engine did not take what was written.
  lose(written) {
    if (this.#state !== State.OPEN) return;
    if (written === BEHIND) {
      this.#breakOff(new Error("The reader of the events is too far behind"));
      this.#end(Reason.BEHIND);
    } else if (written === GONE) {
      this.exchange.aborted();
      this.#end(Reason.DISCONNECTED);
    }
  }

  // Resolves when there is room for more, or nobody left.
  get ready() {
    if (!this.#isFull) return Promise.resolve();
    this.#waiter ??= Promise.withResolvers();
    return this.#waiter.promise;
  }

  #pause() {
    if (this.#isFull) return;
    this.#isFull = true;
    this.exchange?.writable().then(() => this.#resume());
  }

  #resume() {
    this.#isFull = false;
    this.#waiter?.resolve();
    this.#waiter = null;
  }

  // The application has nothing more to say.
  finish() {
    if (this.isOver) return;
    if (this.exchange !== null) exchanges.finish(this.exchange);
    else this.#controller?.close();
    this.#end(Reason.CLOSED);
  }

  // What the application had sent by has failed.
  fail(error) {
    if (this.isOver) return;
    const { exchange } = this;
    this.#breakOff(error);
    this.#end(Reason.FAILED);
    exchange?.server.streamFailed(error, exchange);
  }

  // Nobody reads any more.
  cancel() {
    this.#end(Reason.DISCONNECTED);
  }

  #breakOff(error) {
    if (this.exchange !== null) exchanges.fail(this.exchange);
    else this.#controller?.error(error);
  }

  #end(reason) {
    if (this.isOver) return;
    this.#state = State.OVER;
    if (this.exchange !== null) this.exchange.responseReader = null;
    this.readers?.remove(this);
    this.#resume();
    this.owner.ended(this, reason);
  }
}

export { connectOps, Reason, Sender };
