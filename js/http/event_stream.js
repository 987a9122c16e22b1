// eventStream: a response whose events a function of the program sends.
//
// Owns what programs see of a stream, and that its end is the function's, if that is asynchronous. Called by: programs, through
// howth:http and Howth.

import { core } from "ext:core/mod.js";
import {
  eventResponse,
  lastEventIdOf,
  readBytesMax,
  readHeartbeat,
  readOptions,
} from "ext:howth/http/event_response.js";
import { commentText, eventText } from "ext:howth/http/event_text.js";
import { Readers } from "ext:howth/http/readers.js";
import { Reason, Sender } from "ext:howth/http/sender.js";

const { getAsyncContext, setAsyncContext } = core;

const MEANT = "eventStream";
const KEY = Symbol("key");

// By the seconds between their heartbeats.
const beats = new Map();

let endStream;

class EventStream {
  #sender;
  #reason;
  #closed = null;
  #aborter = null;

  constructor(key, sender) {
    if (key !== KEY) {
      throw new TypeError("Illegal constructor: eventStream hands an EventStream to its function");
    }
    this.#sender = sender;
  }

  static {
    endStream = (stream, reason) => stream.#end(reason);
  }

  // Sends an event. False: the client is behind, and `ready` tells when it is not; or the stream is over.
  send(event) {
    return this.#sender.write(eventText(event));
  }

  comment(text) {
    return this.#sender.write(commentText(text));
  }

  close() {
    this.#sender.finish();
  }

  get ready() {
    return this.#sender.ready;
  }

  // Resolves, and never rejects, with the reason.
  get closed() {
    if (this.#closed === null) {
      this.#closed = Promise.withResolvers();
      if (this.#reason !== undefined) this.#closed.resolve(this.#reason);
    }
    return this.#closed.promise;
  }

  // Null: the client has seen nothing.
  get lastEventId() {
    return this.#sender.lastEventId;
  }

  // Aborted when the stream is over, for whatever reason.
  get signal() {
    if (this.#aborter === null) {
      this.#aborter = new AbortController();
      if (this.#reason !== undefined) this.#aborter.abort(abortReason(this.#reason));
    }
    return this.#aborter.signal;
  }

  #end(reason) {
    this.#reason = reason;
    this.#closed?.resolve(reason);
    this.#aborter?.abort(abortReason(reason));
  }
}

function abortReason(reason) {
  return new DOMException(`The stream of events is over: ${reason}`, "AbortError");
}

// Runs the function when there is somebody to send to.
class Production {
  #callback;
  #context = getAsyncContext();
  #heartbeat;
  #stream;

  constructor(callback, heartbeat) {
    this.#callback = callback;
    this.#heartbeat = heartbeat;
  }

  began(sender) {
    this.#stream = new EventStream(KEY, sender);
    if (this.#heartbeat !== false) beatOf(this.#heartbeat).add(sender);
    const before = getAsyncContext();
    setAsyncContext(this.#context);
    try {
      const result = this.#callback(this.#stream);
      if (typeof result?.then === "function") this.#finishLater(sender, result);
    } catch (error) {
      sender.fail(error);
    } finally {
      setAsyncContext(before);
    }
  }

  async #finishLater(sender, result) {
    try {
      await result;
      sender.finish();
    } catch (error) {
      // Once nobody reads, what ends it is mostly that.
      sender.fail(error);
    }
  }

  ended(_sender, reason) {
    if (this.#stream !== undefined) endStream(this.#stream, reason);
  }
}

// The streams of a heartbeat, which come and go.
function beatOf(seconds) {
  let readers = beats.get(seconds);
  if (readers === undefined) {
    for (const [other, { size }] of beats) if (size === 0) beats.delete(other);
    readers = new Readers(seconds);
    beats.set(seconds, readers);
  }
  return readers;
}

// The response to a request, to whose client `callback` sends events by the EventStream that it is called with.
function eventStream(request, callback, options = {}) {
  if (typeof callback !== "function") {
    throw new TypeError(`${MEANT}: the second argument must be a function`);
  }
  const { headers } = readOptions(options, MEANT);
  const production = new Production(callback, readHeartbeat(options, MEANT));
  const lastEventId = lastEventIdOf(request, MEANT);
  const sender = new Sender(production, readBytesMax(options, MEANT), lastEventId);
  return eventResponse(sender, headers);
}

export { EventStream, eventStream, Reason };
