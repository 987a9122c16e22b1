// One exchange as JavaScript sees it: the inner half of a platform Request.
//
// Everything is asked of the engine when it is first read, so a handler that reads nothing pays for nothing.
// An exchange is named by its slot and the slot's generation; once it is over, the engine answers that it is
// gone, and what was not read before cannot be read any more.

import { core } from "ext:core/mod.js";

const { fromInnerRequest, abortRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { InnerBody } = core.loadExtScript("ext:deno_fetch/22_body.js");

// What op_howth_body_read answers besides bytes.
const BODY_PENDING = 0;
const BODY_END = 1;

// What op_howth_watch answers when the exchange is over, and when the client has closed its side.
const WATCH_OVER = 0;
const WATCH_LEFT = 2;

// Exchanges that want to hear more than their request, by slot.
const watched = new Map();

let ops;

function connectOps(bound) {
  ops = bound;
}

class InnerRequest {
  index;
  generation;
  #server;
  #url = null;
  #method = null;
  #headerList = null;
  #body = undefined;
  #onCancel = null;
  #completed = null;
  #remoteAddr = null;
  #bodyWaiter = null;
  #writeWaiter = null;
  #stream = null;
  #over = false;
  #watched = false;
  #retained = null;
  // The client closed its side, or is gone.
  #left = false;
  request = null;
  redirectMode = "follow";
  redirectCount = 0;
  clientRid = null;
  blobUrlEntry = null;

  constructor(server, index, generation) {
    this.#server = server;
    this.index = index;
    this.generation = generation;
  }

  get server() {
    return this.#server;
  }

  // Keeps what the request said, because the exchange is about to end and the Request may live on. One string,
  // taken apart only if somebody asks.
  retain() {
    this.#retained ??= ops.op_howth_head(this.index, this.generation);
  }

  get method() {
    return (this.#method ??= ops.op_howth_method(this.index, this.generation) ?? this.#said()[0]);
  }

  url() {
    return (this.#url ??= ops.op_howth_url(this.index, this.generation) ?? this.#said()[1]);
  }

  currentUrl() {
    return this.url();
  }

  get headerList() {
    if (this.#headerList === null) {
      const flat = ops.op_howth_headers(this.index, this.generation) ?? this.#said().slice(2);
      const list = [];
      for (let i = 0; i + 1 < flat.length; i += 2) {
        list.push([flat[i], flat[i + 1]]);
      }
      this.#headerList = list;
    }
    return this.#headerList;
  }

  header(name) {
    const value = ops.op_howth_header(this.index, this.generation, name);
    if (value !== undefined) return value;
    const lower = name.toLowerCase();
    const values = this.headerList.filter((field) => field[0] === lower).map((field) => field[1]);
    return values.length === 0 ? null : values.join(", ");
  }

  // Method, URL, and names and values of the headers, in the order they were retained.
  #said() {
    if (this.#retained === null || this.#retained === undefined) gone("head");
    return this.#retained.split("\n");
  }

  get body() {
    if (this.#body === undefined) this.#body = this.#openBody();
    return this.#body;
  }

  // A clone of the request replaces the body.
  set body(body) {
    this.#body = body;
  }

  #openBody() {
    const method = this.method;
    if (method === "GET" || method === "HEAD") return null;
    const whole = ops.op_howth_body_take(this.index, this.generation);
    if (whole === null) return null;
    if (whole !== undefined) {
      const body = new InnerBody({ body: whole, consumed: false });
      body.length = whole.byteLength;
      return body;
    }
    return new InnerBody(this.#bodyStream());
  }

  // The text of a body that has arrived whole; null when it has to be read the long way.
  consumeTextBody() {
    if (this.#body !== undefined) return null;
    const method = this.method;
    if (method === "GET" || method === "HEAD") return null;
    const text = ops.op_howth_body_text(this.index, this.generation);
    if (text === null) return null;
    this.#body = new InnerBody({ body: text, consumed: true });
    return text;
  }

  #bodyStream() {
    this.watch();
    return new ReadableStream(
      {
        type: "bytes",
        pull: async (controller) => {
          for (;;) {
            const read = this.#over
              ? "broke off before its end"
              : ops.op_howth_body_read(this.index, this.generation);
            if (read === BODY_PENDING) {
              await new Promise((resolve) => (this.#bodyWaiter = resolve));
              continue;
            }
            if (read === BODY_END) {
              controller.close();
              controller.byobRequest?.respond(0);
              return;
            }
            if (typeof read === "string") {
              throw new TypeError(`The request body ${read}`);
            }
            controller.enqueue(read);
            return;
          }
        },
        cancel: () => {
          ops.op_howth_body_cancel(this.index, this.generation);
        },
      },
      { highWaterMark: 0 },
    );
  }

  onCancel(callback) {
    if (this.#left) {
      callback();
    } else if (!this.#over) {
      this.#onCancel = callback;
      this.watch();
    }
  }

  get remoteAddr() {
    if (this.#remoteAddr === null) {
      const [hostname, port] =
        ops.op_howth_remote_address(this.index, this.generation) ?? gone("address");
      this.#remoteAddr =
        port < 0
          ? { transport: "unix", path: this.#server.unix ?? "" }
          : { transport: "tcp", hostname, port };
    }
    return this.#remoteAddr;
  }

  // Resolves when the response was handed to the kernel, rejects when that cannot happen any more.
  get completed() {
    if (this.#completed === null) {
      this.#completed = Promise.withResolvers();
      this.#completed.promise.catch(() => {});
      this.watch();
      if (this.#over) this.#completed.reject(interrupted());
    }
    return this.#completed.promise;
  }

  // Asks to be told of what happens to the exchange later.
  watch() {
    if (this.#watched || this.#over) return;
    this.#watched = true;
    const found = ops.op_howth_watch(this.index, this.generation);
    // The slot of an exchange that is over may be another's already.
    if (found === WATCH_OVER) return this.aborted();
    watched.set(this.index, this);
    if (found === WATCH_LEFT) this.disconnected();
  }

  // Waits until a paused response stream may go on; false: it may not.
  async writable() {
    if (this.#over) return false;
    await new Promise((resolve) => (this.#writeWaiter = resolve));
    return !this.#over;
  }

  get isOver() {
    return this.#over;
  }

  // The reader of the response stream, to be cancelled when nobody wants it any more.
  set responseReader(reader) {
    this.#stream = reader;
  }

  bodyReadable() {
    this.#resume("body");
  }

  bodyWritable() {
    this.#resume("write");
  }

  disconnected() {
    this.#left = true;
    const callback = this.#onCancel;
    this.#onCancel = null;
    callback?.();
  }

  finished() {
    this.#end();
    this.#completed?.resolve(undefined);
  }

  aborted() {
    this.#end();
    this.disconnected();
    const reader = this.#stream;
    this.#stream = null;
    reader?.cancel(interrupted()).catch(() => {});
    this.#completed?.reject(interrupted());
  }

  #end() {
    this.#over = true;
    if (watched.get(this.index) === this) watched.delete(this.index);
    this.#resume("body");
    this.#resume("write");
  }

  #resume(which) {
    if (which === "body") {
      const waiter = this.#bodyWaiter;
      this.#bodyWaiter = null;
      waiter?.();
    } else {
      const waiter = this.#writeWaiter;
      this.#writeWaiter = null;
      waiter?.();
    }
  }
}

function gone(what) {
  throw new TypeError(`Cannot read the request's ${what}: the exchange is over`);
}

function interrupted() {
  return new DOMException("The client went away before the response was complete", "AbortError");
}

function makeRequest(inner) {
  const request = fromInnerRequest(inner, "immutable");
  inner.request = request;
  return request;
}

// The exchange at a slot, if it asked to be told.
function watchedExchange(index, generation) {
  const inner = watched.get(index);
  return inner !== undefined && inner.generation === generation ? inner : undefined;
}

export { abortRequest, connectOps, InnerRequest, makeRequest, watchedExchange };
