// Those who are all written the same: the listeners of a channel, or the streams that have one heartbeat.
//
// Owns their list, as the engine takes it, and their heartbeat: one timer for all of them, and none where nobody is. Never formats
// an event. Called by: event_stream.js and event_channel.js.

import { core } from "ext:core/mod.js";
import { HEARTBEAT } from "ext:howth/http/event_text.js";
import { Reader } from "ext:howth/http/numbers.js";
import { Written } from "ext:howth/server/numbers.js";

const { clearInterval, setInterval, unrefTimer } = core.loadExtScript("ext:deno_web/02_timers.js");

const { READY, FULL } = Written;
const { LENGTH } = Reader;
// Where what was answered stands among the numbers of one.
const WRITTEN = LENGTH - 1;
const PLACES_LEAST = 16;

let ops;

function connectOps(bound) {
  ops = bound;
}

class Readers {
  // Those on exchanges, by their places, and their numbers.
  #senders = [];
  #numbers = new Uint32Array(0);
  // Those whose body is read by the program.
  #others = new Set();
  #seconds;
  #timer = null;

  // `seconds`: between two heartbeats; false: there is none.
  constructor(seconds) {
    this.#seconds = seconds;
  }

  get size() {
    return this.#senders.length + this.#others.size;
  }

  add(sender) {
    sender.readers = this;
    if (sender.exchange === null) this.#others.add(sender);
    else this.#place(sender);
    if (this.#seconds !== false && this.#timer === null) {
      this.#timer = setInterval(() => this.write(HEARTBEAT), this.#seconds * 1000);
      unrefTimer(this.#timer);
    }
  }

  #place(sender) {
    const place = this.#senders.length;
    const at = place * LENGTH;
    if (at === this.#numbers.length) {
      const numbers = new Uint32Array(Math.max(PLACES_LEAST * LENGTH, 2 * at));
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    const { index, generation } = sender.exchange;
    this.#numbers[at] = index;
    this.#numbers[at + 1] = generation;
    this.#numbers[at + 2] = sender.bytesMax;
    this.#senders.push(sender);
    sender.place = place;
  }

  // The last takes its place.
  remove(sender) {
    sender.readers = null;
    if (!this.#others.delete(sender)) {
      const { place } = sender;
      const last = this.#senders.pop();
      if (last !== sender) {
        const from = this.#senders.length * LENGTH;
        this.#numbers.copyWithin(place * LENGTH, from, from + LENGTH);
        this.#senders[place] = last;
        last.place = place;
      }
    }
    if (this.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  // Writes a text to all of them. How many get it.
  write(text) {
    const count = this.#senders.length;
    let reached = count;
    if (count > 0) {
      const lost = ops.op_howth_write_event_to_all(this.#numbers, count, text);
      if (lost > 0) this.#lose();
      reached -= lost;
    }
    for (const sender of [...this.#others]) {
      sender.write(text);
      if (!sender.isOver) reached++;
    }
    return reached;
  }

  // Ends those who were not written to. What is told of that may change the list.
  #lose() {
    const lost = [];
    for (let place = 0; place < this.#senders.length; place++) {
      const written = this.#numbers[place * LENGTH + WRITTEN];
      if (written !== READY && written !== FULL) lost.push(this.#senders[place], written);
    }
    for (let at = 0; at < lost.length; at += 2) lost[at].lose(lost[at + 1]);
  }

  // All of them at this moment.
  all() {
    return [...this.#senders, ...this.#others];
  }
}

export { connectOps, Readers };
