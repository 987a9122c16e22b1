// One exchange as JavaScript sees it: the inner half of a platform Request.
//
// What the request said crosses as one string, cut up only where somebody reads: a handler that reads nothing pays
// for nothing, and a Request may be read after its exchange is over. Everything else is asked of the engine. An
// exchange is named by its slot and the slot's generation; once it is over, the engine answers that it is gone.

import { core } from "ext:core/mod.js";
import * as bodies from "ext:howth/server/body.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import * as headText from "ext:howth/server/head_text.js";
import { FieldLine, METHODS as KNOWN_METHODS, Watched } from "ext:howth/server/numbers.js";
import { WholeBody } from "ext:howth/web/message.js";

const { fromInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { InnerBody } = core.loadExtScript("ext:deno_fetch/22_body.js");

const { OVER: WATCH_OVER, LEFT: WATCH_LEFT } = Watched;
const { MISSING: FIELD_MISSING } = FieldLine;
// What is constant in its own module is found faster.
const METHODS = KNOWN_METHODS;

let ops;

function connectOps(bound) {
  ops = bound;
  headText.connectOps(ops);
  bodies.connectOps(ops);
  exchanges.connectOps(ops);
}

class InnerRequest {
  // The text and its lengths: see `say`. Without a text they are asked for when they are first needed.
  constructor(server, index, generation, text, method, methodLength, urlLength) {
    this.server = server;
    this.index = index;
    this.generation = generation;
    this.text = text;
    this.knownMethod = METHODS[method];
    this.urlStart = methodLength;
    this.fieldsStart = methodLength + urlLength;
    this.knownHeaderList = null;
    this.knownSorted = null;
    this.knownBody = undefined;
    // What few exchanges need: see `Life`.
    this.life = null;
  }

  // Asks for what the request said: method (unless it is a known one), URL and field section in one string.
  say() {
    const lengths = new Uint32Array(3);
    const text = ops.op_howth_head(this.index, this.generation, lengths);
    if (text === undefined) gone("head");
    this.knownMethod = METHODS[lengths[0]];
    this.urlStart = lengths[1];
    this.fieldsStart = lengths[1] + lengths[2];
    this.text = text;
  }

  get method() {
    if (this.text === undefined) this.say();
    return (this.knownMethod ??= this.text.slice(0, this.urlStart));
  }

  url() {
    if (this.text === undefined) this.say();
    return this.text.slice(this.urlStart, this.fieldsStart);
  }

  // What stands behind the first question mark of the URL; it has no fragment.
  query() {
    if (this.text === undefined) this.say();
    const start = this.text.indexOf("?", this.urlStart) + 1;
    return start === 0 || start > this.fieldsStart ? "" : this.text.slice(start, this.fieldsStart);
  }

  currentUrl() {
    return this.url();
  }

  get headerList() {
    if (this.knownHeaderList === null) {
      if (this.text === undefined) this.say();
      this.knownHeaderList = headText.fieldsOf(this.text, this.fieldsStart);
    }
    return this.knownHeaderList;
  }

  // What iterating over the headers gives. Nobody changes them.
  sorted() {
    if (this.knownSorted === null) {
      if (this.text === undefined) this.say();
      this.knownSorted = headText.sortedFieldsOf(this.text, this.fieldsStart);
    }
    return this.knownSorted;
  }

  // The value of a header without making the list of all.
  header(name) {
    if (this.knownHeaderList === null && this.text !== undefined) {
      const found = ops.op_howth_field(this.index, this.generation, name);
      if (found === FIELD_MISSING) return null;
      // Where the exchange is over, or the field is repeated, the list tells.
      if (found >= 0) {
        return headText.valueAt(this.text, this.fieldsStart + found + name.length + 1);
      }
    }
    const lower = name.toLowerCase();
    let joined = null;
    for (const [field, value] of this.headerList) {
      if (field === lower) joined = joined === null ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  get body() {
    if (this.knownBody === undefined) this.knownBody = this.openBody();
    return this.knownBody;
  }

  // A clone of the request replaces the body.
  set body(body) {
    this.knownBody = body;
  }

  openBody() {
    const method = this.method;
    if (method === "GET" || method === "HEAD") return null;
    const whole = ops.op_howth_body_take(this.index, this.generation);
    if (whole === null) return null;
    if (whole === undefined) return new InnerBody(bodyStream(this));
    const body = new WholeBody({ body: whole, consumed: false });
    body.length = whole.byteLength;
    return body;
  }

  // Called before the response is given, after which the exchange is over as soon as that is sent: what has come of a
  // body that was not read is taken out of it, and an exchange whose body still comes lasts until its end.
  keepBody() {
    if (this.knownBody === null) return;
    if (this.knownBody === undefined) {
      // Nobody has asked. Without a text nothing can be asked any more.
      if (this.knownMethod === "GET" || this.text === undefined) return;
      this.knownBody = this.openBody();
    }
    this.life?.arriving?.answer(this.server.isAwaited);
  }

  // The text of a body that has arrived whole; null when it has to be read the long way.
  consumeTextBody() {
    if (this.knownBody !== undefined) return null;
    const method = this.method;
    if (method === "GET" || method === "HEAD") return null;
    const text = ops.op_howth_body_text(this.index, this.generation);
    if (text === null) return null;
    this.knownBody = new InnerBody({ body: text, consumed: true });
    return text;
  }

  onCancel(callback) {
    const life = this.lived();
    if (life.hasLeft) {
      callback();
    } else if (!life.isOver) {
      life.onCancel = callback;
      this.watch();
    }
  }

  get remoteAddr() {
    const life = this.lived();
    if (life.remoteAddr === null) {
      const [hostname, port] =
        ops.op_howth_remote_address(this.index, this.generation) ?? gone("address");
      life.remoteAddr =
        port < 0
          ? { transport: "unix", path: this.server.unix ?? "" }
          : { transport: "tcp", hostname, port };
    }
    return life.remoteAddr;
  }

  // Resolves when the response was handed to the kernel, rejects when that cannot happen any more.
  get completed() {
    const life = this.lived();
    if (life.completed === null) {
      life.completed = Promise.withResolvers();
      life.completed.promise.catch(() => {});
      this.watch();
      if (life.isOver) life.completed.reject(interrupted());
    }
    return life.completed.promise;
  }

  lived() {
    return (this.life ??= new Life());
  }

  // Asks to be told of what happens to the exchange later.
  watch() {
    const life = this.lived();
    if (life.isWatched || life.isOver) return;
    life.isWatched = true;
    const found = exchanges.watch(this);
    if (found === WATCH_OVER) this.aborted();
    else if (found === WATCH_LEFT) this.leave();
  }

  // Waits until a paused response stream may go on; false: it may not.
  async writable() {
    const life = this.lived();
    if (life.isOver) return false;
    await new Promise((resolve) => (life.writeWaiter = resolve));
    return !life.isOver;
  }

  get isOver() {
    return this.life?.isOver ?? false;
  }

  // The reader of the response stream, to be cancelled when nobody wants it any more.
  set responseReader(reader) {
    this.lived().reader = reader;
  }

  bodyReadable() {
    this.lived().arriving?.resume();
  }

  bodyWritable() {
    this.lived().resumeWrite();
  }

  disconnected() {
    if (!this.isOver) this.leave();
  }

  leave() {
    const life = this.lived();
    life.hasLeft = true;
    const callback = life.onCancel;
    life.onCancel = null;
    callback?.();
  }

  finished() {
    this.end();
    this.life.completed?.resolve(undefined);
    this.life.arriving?.answered();
  }

  aborted() {
    this.life?.arriving?.lose(bodies.BROKEN_OFF);
    // Its response was sent whole, and only its body was still wanted.
    if (this.isOver) return this.unwatch();
    this.end();
    try {
      this.leave();
    } finally {
      const { reader, completed } = this.life;
      this.life.reader = null;
      completed?.reject(interrupted());
      if (reader !== null) cancelReader(reader, interrupted());
    }
  }

  end() {
    const life = this.lived();
    life.isOver = true;
    if (!life.arriving?.isKept) this.unwatch();
    life.resumeWrite();
  }

  unwatch() {
    exchanges.unwatch(this);
  }

  // The connection is a WebSocket now: to the request its response is out.
  becomeSocket() {
    this.finished();
    this.life.isSocket = true;
  }

  // It cannot become one: it has a body, or its client is gone.
  refuseSocket() {
    const { index, generation } = this;
    ops.op_howth_respond_text(index, generation, 400, "text/plain;charset=UTF-8", "Bad Request");
  }

  // Its response may make it one: an object whose `accept` is asked.
  expectSocket(pending) {
    this.lived().pendingSocket = pending;
  }

  // False: the connection is a WebSocket, or becomes one by this response, and nothing else is answered.
  takesResponse(response) {
    const { life } = this;
    if (life === null || life.isSocket) return life === null;
    const pending = life.pendingSocket;
    life.pendingSocket = null;
    return pending === null || !pending.accept(response);
  }
}

// The same for every exchange; a Request's clone has its own.
Object.assign(InnerRequest.prototype, {
  redirectMode: "follow",
  redirectCount: 0,
  clientRid: null,
  blobUrlEntry: null,
  // What Deno.upgradeWebSocket looks for and then asks.
  _wantsUpgrade: true,
  _throwIfUpgraded() {
    throw new TypeError(
      "Deno.upgradeWebSocket was taken before howth started; use Howth.upgradeWebSocket",
    );
  },
});

// What happens to an exchange besides its request and a whole response.
class Life {
  isWatched = false;
  isOver = false;
  // The client closed its side, or is gone.
  hasLeft = false;
  onCancel = null;
  completed = null;
  remoteAddr = null;
  // The body, if it had not arrived whole when it was asked for.
  arriving = null;
  writeWaiter = null;
  reader = null;
  // The exchange is a WebSocket, or may become one by its response.
  isSocket = false;
  pendingSocket = null;

  resumeWrite() {
    const waiter = this.writeWaiter;
    this.writeWaiter = null;
    waiter?.();
  }
}

function bodyStream(inner) {
  const arriving = new bodies.ArrivingBody(inner);
  const life = inner.lived();
  life.arriving = arriving;
  if (life.isOver) arriving.lose(bodies.BROKEN_OFF);
  else inner.watch();
  return arriving.stream;
}

// Gives a stream up that nobody wants any more. What it says to that is nobody's business, and the reader of a program's
// own class may do anything.
function cancelReader(reader, reason) {
  try {
    Promise.resolve(reader.cancel(reason)).catch(() => {});
  } catch {
    // As above.
  }
}

function gone(what) {
  throw new TypeError(`Cannot read the request's ${what}: the exchange is over`);
}

function interrupted() {
  return new DOMException("The client went away before the response was complete", "AbortError");
}

function makeRequest(inner) {
  return fromInnerRequest(inner, "immutable");
}

export { cancelReader, connectOps, InnerRequest, interrupted, makeRequest };
