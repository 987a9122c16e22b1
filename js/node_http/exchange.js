// One exchange of a server of node:http: what its request and its response have in common.
//
// Owns what is told to both, and when. Called by: the request and the response (incoming.js, outgoing.js), with what the program
// does; the dispatch, with what the engine tells; the connection, which tells of the ends of responses in their order.

import { core } from "ext:core/mod.js";
import { Answer, OVER, WHOLE } from "ext:howth/node_http/answer.js";
import { bufferOf, parts } from "ext:howth/node_http/parts.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import { BodyRead } from "ext:howth/server/numbers.js";
import { trailersText } from "ext:howth/server/trailers.js";

const { getAsyncContext, setAsyncContext } = core;
const { PENDING: BODY_PENDING, END: BODY_END } = BodyRead;

// A response that is longer may be on its way for a while: the engine says when it has gone out.
const SHORT = 64 * 1024;

// How far the body of a request is.
const UNREAD = 0;
const READ = 1;
// It goes on being read when the response is out.
const KEPT = 2;
const ENDED = 3;
// It will never be whole; the engine ends the connection, with an answer where nobody has begun one.
const LOST = 4;

// Responses whose end is to be told to the program, each in the context in which it was ended.
let ended = [];

function tellEnded() {
  const told = ended;
  ended = [];
  const before = getAsyncContext();
  let done = 0;
  try {
    while (done < told.length) {
      const exchange = told[done++];
      setAsyncContext(exchange.context);
      exchange.tellFinish();
    }
  } finally {
    setAsyncContext(before);
    // What a listener has thrown concerns nobody else.
    if (done < told.length) {
      if (ended.length === 0) parts.nextTick(tellEnded);
      ended = [...told.slice(done), ...ended];
    }
  }
}

class Exchange extends Answer {
  // `text`: what the request said, whose field section begins at `fieldsStart`.
  constructor(connection, index, generation, text, fieldsStart, hasBody) {
    super(connection, index, generation);
    this.text = text;
    this.fieldsStart = fieldsStart;
    this.hasBody = hasBody;
    this.body = UNREAD;
    this.req = null;
    this.res = null;
    this.context = undefined;
    // It is whole, and nothing is in front of it.
    this.isSent = false;
    this.bytesWritten = 0;
    // When something was written last, and how much since.
    this.tick = -1;
    this.bytesInTick = 0;
    // The response is whole, and has not gone out.
    this.isSending = false;
  }

  respond(head, body, encoding, keepAlive) {
    this.keepBody();
    this.connection.touch();
    const isLong = body.length > SHORT;
    // Behind it, it could have gone out already.
    if (isLong) this.watch();
    this.noteWhole(this.giveWhole(head, body, encoding, keepAlive), isLong);
  }

  finish(keepAlive) {
    this.keepBody();
    this.noteWhole(this.giveEnd(keepAlive), false);
  }

  noteWhole(isTaken, isLong) {
    if (!isTaken) return this.lose();
    this.state = WHOLE;
    this.context = getAsyncContext();
    this.isSending = this.isFull || isLong;
    this.connection.tellWhole();
  }

  // It is this response's turn to be told of.
  queueFinish() {
    this.isSent = true;
    if (ended.length === 0) parts.nextTick(tellEnded);
    ended.push(this);
  }

  tellFinish() {
    const { res, connection } = this;
    this.state = OVER;
    connection.server.finished(this);
    this.callBack();
    if (res._last) connection.knownSocket?.destroySoon();
    if (res.emit !== parts.emit) {
      // What follows from `finish` waits for it, as in Node: the program may hold it back.
      res.prependOnceListener("finish", () => this.tellEnd());
      res.emit("finish");
      return;
    }
    try {
      if (res._eventsCount > 0) res.emit("finish");
    } finally {
      this.tellEnd();
    }
  }

  tellEnd() {
    const { res } = this;
    this.dump();
    // Whoever listens for it from a listener of `finish` hears of it.
    if (isHeard(res)) parts.nextTick(tellClose, res);
    else closeQuietly(res);
  }

  // The connection is gone, or the program has ended it, before the response was told of.
  lose() {
    if (this.state === OVER) return;
    this.state = OVER;
    this.connection.isGone = true;
    this.connection.remove(this);
    this.callBack(parts.destroyedError("write"));
    parts.nextTick(() => this.tellLoss());
  }

  tellLoss() {
    const { res } = this;
    if (!this.isKept) exchanges.unwatch(this);
    this.loseBody();
    if (isHeard(res)) tellClose(res);
    else closeQuietly(res);
  }

  // The request's body.

  get isKept() {
    return this.body === KEPT;
  }

  get hasLostBody() {
    return this.body === LOST;
  }

  // A request that somebody reads is read to its end, also when the response is out.
  keepBody() {
    if (this.body === READ && exchanges.keepBody(this)) this.body = KEPT;
  }

  // Reads what has come into the stream, which asks for more when there is room.
  readBody() {
    if (this.body === UNREAD) this.body = READ;
    while (this.body === READ || this.body === KEPT) {
      // Nobody reads it to the engine any more.
      if (this.state === OVER && this.body === READ) return this.loseBody();
      const read = exchanges.readBody(this);
      if (read === BODY_PENDING) {
        this.watch();
        return;
      }
      if (read === BODY_END) return this.endBody();
      if (typeof read === "string") return this.loseBody();
      this.connection.touch();
      if (!this.req.push(bufferOf(read))) return;
    }
  }

  endBody() {
    const { req } = this;
    if (this.body >= ENDED) return;
    this.body = ENDED;
    const trailers = this.hasBody ? trailersText(this.index, this.generation) : "";
    req.complete = true;
    if (trailers !== "") {
      const raw = trailers.split("\n");
      raw.pop();
      req._addHeaderLines(raw, raw.length);
    }
    req.push(null);
    if (this.state === OVER) exchanges.unwatch(this);
  }

  loseBody() {
    const { req } = this;
    if (this.body < ENDED) this.body = LOST;
    // What becomes of a response that goes on is still to be heard.
    if (!this.isOpen) exchanges.unwatch(this);
    if (!req.destroyed && !(req.complete && req.readableEnded))
      req.destroy(parts.connResetException("aborted"));
  }

  // A body that nobody has asked for is dropped by the engine; whoever listens for its end hears of it.
  dump() {
    const { req } = this;
    if (req._consuming || req._dumped) return;
    if (!isHeard(req)) {
      req._dumped = true;
      return;
    }
    req._dump();
  }

  // What is asked for of a request that was dropped.
  read() {
    if (!this.hasBody || (this.state === OVER && this.body === UNREAD)) this.endBody();
    else this.readBody();
  }

  // What the engine tells.

  bodyReadable() {
    if (!this.req.destroyed) this.readBody();
  }

  bodyWritable() {
    super.bodyWritable();
    this.res[parts.kDrained]();
  }

  // The client has closed its side: Node takes it for gone.
  disconnected() {
    const { connection } = this;
    if (this.isOpen && !connection.server.node.httpAllowHalfOpen) connection.destroy();
  }

  finished() {
    if (!this.isKept) exchanges.unwatch(this);
    this.isSending = false;
    this.connection.tellWhole();
  }

  aborted() {
    if (this.state === OVER) this.loseBody();
    else this.lose();
  }
}

// Whether somebody may hear what a message emits.
function isHeard(message) {
  return message._eventsCount > 0 || message.emit !== parts.emit;
}

function tellClose(res) {
  if (res._closed) return;
  closeQuietly(res);
  res.emit("close");
}

function closeQuietly(res) {
  res.destroyed = true;
  res._closed = true;
}

export { Exchange };
