// A request body that comes while it is read, also when the response is out.
//
// The engine holds what has arrived, and bounds it. An exchange is over with its response, unless the engine was asked to
// keep the body: then the exchange lasts until its end. Called by: js/server/inner_request.js.

import { core } from "ext:core/mod.js";
import { BodyRead } from "ext:howth/server/numbers.js";

const { isReadableStreamLocked, ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

const { PENDING: BODY_PENDING, END: BODY_END } = BodyRead;

// Why a body cannot be read; "The request body" stands before it.
const BROKEN_OFF = "broke off before its end";
const CANCELLED = "was given up";
const NOT_KEPT =
  "was not read before the response was given, and too much of it was to come to be kept";

let ops;

function connectOps(bound) {
  ops = bound;
}

// A body that comes while it is read.
class ArrivingBody {
  // The exchange lasts for the body: it can be read from the engine when the response is out.
  isKept = false;
  stream;
  #inner;
  #waiter = null;
  // The response was given, or is about to be.
  #isAnswered = false;
  #isRead = false;
  #isKeptToBeRead = false;
  // What was taken out of an exchange that is over, or was for its sake.
  #rest = [];
  // BODY_END, or why there is no more; null: more may come.
  #end = null;

  // `inner`: the exchange's InnerRequest, which tells of what happens to it.
  constructor(inner) {
    this.#inner = inner;
    this.stream = new ReadableStream(
      {
        type: "bytes",
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  // The response is about to be given. `isAwaited`: somebody may read who has not begun to.
  answer(isAwaited) {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#keep(isAwaited || this.#isRead || isReadableStreamLocked(this.stream));
  }

  #keep(isRead) {
    if (this.#end !== null) return;
    this.#isKeptToBeRead = isRead;
    const { index, generation } = this.#inner;
    this.isKept = ops.op_howth_body_keep(index, generation, isRead);
    if (this.isKept) return;
    // All of it has come and can be had at once, or it cannot be had later.
    const whole = ops.op_howth_body_take(index, generation);
    if (whole === undefined || whole === null) return;
    if (whole.byteLength > 0) this.#rest.push(whole);
    this.#end = BODY_END;
  }

  // The response is out. What somebody waits for is still told of; of the rest that has come nobody else is.
  answered() {
    if (!this.isKept) this.lose(NOT_KEPT);
    else if (this.#waiter === null && this.#hasArrived()) this.#takeRest();
  }

  // Something has arrived that a reader waits for, or the end of what was kept.
  resume() {
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter !== null) waiter();
    else if (this.isKept && this.#inner.isOver) this.#takeRest();
  }

  // Nothing more comes from the engine.
  lose(why) {
    this.isKept = false;
    this.#end ??= why;
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.();
  }

  async #pull(controller) {
    this.#isRead = true;
    if (this.#isAnswered && !this.#isKeptToBeRead) this.#keep(true);
    for (;;) {
      const read = this.#next();
      if (read === BODY_PENDING) {
        await new Promise((resolve) => (this.#waiter = resolve));
      } else if (read === BODY_END) {
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      } else if (typeof read === "string") {
        throw new TypeError(`The request body ${read}`);
      } else {
        controller.enqueue(read);
        return;
      }
    }
  }

  #cancel() {
    const { index, generation } = this.#inner;
    this.#rest = [];
    ops.op_howth_body_cancel(index, generation);
    this.#ended(CANCELLED);
  }

  #next() {
    if (this.#rest.length > 0) return this.#rest.shift();
    if (this.#end !== null) return this.#end;
    const { index, generation } = this.#inner;
    const read = ops.op_howth_body_read(index, generation);
    if (read === BODY_END || typeof read === "string") this.#ended(read);
    // Nobody is told of the end a second time.
    else if (this.isKept && this.#inner.isOver && this.#hasArrived()) this.#takeRest();
    return read;
  }

  #hasArrived() {
    const { index, generation } = this.#inner;
    const whole = ops.op_howth_body_take(index, generation);
    if (whole === undefined || whole === null) return false;
    if (whole.byteLength > 0) this.#rest.push(whole);
    return true;
  }

  // Takes what the engine holds of a body that has ended.
  #takeRest() {
    const { index, generation } = this.#inner;
    while (this.#end === null) {
      const read = ops.op_howth_body_read(index, generation);
      if (read === BODY_PENDING) return;
      if (read === BODY_END || typeof read === "string") this.#ended(read);
      else this.#rest.push(read);
    }
  }

  #ended(end) {
    this.#end = end;
    this.isKept = false;
    if (this.#inner.isOver) this.#inner.unwatch();
  }
}

export { ArrivingBody, BROKEN_OFF, connectOps };
