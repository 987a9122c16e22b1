// EventChannel: the same events for any number of listeners.
//
// Owns who listens and what was published last. An event is formatted once and written to all listeners of the core by one call
// of the engine; where the channel has a name, it goes as text to the channels of that name on other cores, by topics. Called by:
// programs, through howth:http and Howth.

import {
  eventResponse,
  lastEventIdOf,
  readBytesMax,
  readHeartbeat,
  readOptions,
} from "ext:howth/http/event_response.js";
import { eventText, fieldText } from "ext:howth/http/event_text.js";
import { History } from "ext:howth/http/history.js";
import { Readers } from "ext:howth/http/readers.js";
import { Sender } from "ext:howth/http/sender.js";
import * as topics from "ext:howth/shared/topics.js";
import { Response } from "ext:howth/web/response.js";

const MEANT = "EventChannel";
// Before the name of a channel in its topic.
const TOPIC = "howth:events:";
const HISTORY_MOST = 1_000_000;

class EventChannel {
  #readers;
  #history;
  #bytesMax;
  #isClosed = false;
  // Null: the channel is this core's alone.
  #topic = null;
  #subscription = null;

  constructor(options = {}) {
    const { history = 0, name } = readOptions(options, MEANT);
    if (!Number.isSafeInteger(history) || history < 0 || history > HISTORY_MOST) {
      throw new TypeError(`${MEANT}: history must be a number of events up to ${HISTORY_MOST}`);
    }
    this.#readers = new Readers(readHeartbeat(options, MEANT));
    this.#history = new History(history);
    this.#bytesMax = readBytesMax(options, MEANT);
    if (name === undefined) return;
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`${MEANT}: name must be a text`);
    }
    this.#topic = TOPIC + name;
    this.#subscription = topics.subscribe(this.#topic, (message) => this.#receive(message));
  }

  // The response to a request, whose client listens from then on. With `history` it is first sent what came after the event
  // that it has seen last.
  subscribe(request, options = {}) {
    const meant = `${MEANT}.subscribe`;
    const { headers, lastEventId = lastEventIdOf(request, meant) } = readOptions(options, meant);
    if (lastEventId !== null && typeof lastEventId !== "string") {
      throw new TypeError(`${meant}: lastEventId must be a text`);
    }
    // Which tells a client not to come again (section 9.2.2).
    if (this.#isClosed) return new Response(null, { status: 204, headers });
    const owner = { began: (sender) => this.#join(sender), ended: () => this.#count() };
    return eventResponse(new Sender(owner, this.#bytesMax, lastEventId), headers);
  }

  #join(sender) {
    if (this.#isClosed) return sender.finish();
    if (sender.lastEventId !== null) {
      // Half of what may wait, so that there is room for the next event.
      const missed = this.#history.since(sender.lastEventId, this.#bytesMax / 2);
      if (missed !== "") sender.write(missed);
    }
    if (!sender.isOpen) return;
    this.#readers.add(sender);
    this.#count();
  }

  #count() {
    if (this.#topic !== null && !this.#isClosed) topics.setMembers(this.#topic, this.#readers.size);
  }

  // Sends an event to all who listen. How many they are: of all cores, where the channel has a name.
  publish(event) {
    const hasOwnId = typeof event === "object" && event !== null && event.id !== undefined;
    const id = hasOwnId || !this.#history.isKept ? undefined : this.#history.newId();
    const text = eventText(event, id);
    if (this.#isClosed) return 0;
    const named = hasOwnId ? fieldText(event.id, "id") : id;
    // First: what is too long for a topic throws.
    const elsewhere = this.#publishElsewhere(named, text);
    return this.#write(named, text) + elsewhere;
  }

  #publishElsewhere(id, text) {
    if (this.#topic === null) return 0;
    topics.publishElsewhere(this.#topic, [id ?? null, text], this.#subscription);
    return topics.membersOf(this.#topic) - this.#readers.size;
  }

  #write(id, text) {
    if (this.#history.isKept) this.#history.add(id, text);
    return this.#readers.write(text);
  }

  // What a channel of the name has published elsewhere.
  #receive(message) {
    if (!Array.isArray(message) || typeof message[1] !== "string" || this.#isClosed) return;
    this.#write(message[0] ?? undefined, message[1]);
  }

  // How many listen: on all cores, where the channel has a name.
  get listeners() {
    return this.#topic === null || this.#isClosed
      ? this.#readers.size
      : topics.membersOf(this.#topic);
  }

  // Ends the streams of all who listen on this core. Who comes from then on is told not to come again.
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    for (const sender of this.#readers.all()) sender.finish();
  }

  [Symbol.dispose]() {
    this.close();
  }
}

export { EventChannel };
