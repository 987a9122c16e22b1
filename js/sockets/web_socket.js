// A WebSocket in the Web's shape, of a server: what Howth.upgradeWebSocket gives.
//
// The interface is the WebSockets standard's, as far as a socket that others open has it: it has no URL.

import { core } from "ext:core/mod.js";
import { bytesOf, Link, ownBuffer } from "ext:howth/sockets/link.js";
import { tellFailure } from "ext:howth/sockets/options.js";

const { CloseEvent, defineEventHandler, ErrorEvent, Event, EventTarget, MessageEvent } =
  core.loadExtScript("ext:deno_web/02_event.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const ABNORMAL = 1006;
const REASON_BYTES_MAX = 123;

class ServedWebSocket extends EventTarget {
  static CONNECTING = CONNECTING;
  static OPEN = OPEN;
  static CLOSING = CLOSING;
  static CLOSED = CLOSED;

  #link = null;
  #state = CONNECTING;
  #binaryType = "blob";
  #protocol = "";
  #extensions = "";
  // Bytes of blobs that are being read, and messages that wait for them.
  #waiting = [];
  #waitingBytes = 0;
  // With what the socket is to be closed behind them: code and reason.
  #closing = null;

  static #kind = {
    text: (socket, text) => socket.#message(text),
    bytes: (socket, buffer, at, length) => socket.#message(socket.#binary(buffer, at, length)),
    ping() {},
    pong() {},
    drained() {},
    closed: (socket, code, reason, isClean) => socket.#closed(code, reason, isClean),
  };

  // The engine has made the request of an exchange this socket.
  static open(socket, { index, generation }, { protocol, extensions }) {
    const link = new Link(index, generation, ServedWebSocket.#kind, socket);
    socket.#link = link;
    socket.#protocol = protocol;
    socket.#extensions = extensions;
    queueMicrotask(() => {
      if (socket.#state !== CONNECTING) return socket.#link.close(0, "");
      socket.#state = OPEN;
      socket.#dispatch(new Event("open"));
    });
    link.start();
    return link;
  }

  // It will never be opened.
  static fail(socket, reason) {
    if (socket.#link !== null || socket.#state === CLOSED) return;
    queueMicrotask(() => socket.#closed(ABNORMAL, reason, false));
  }

  get url() {
    return "";
  }

  get readyState() {
    return this.#state;
  }

  get protocol() {
    return this.#protocol;
  }

  get extensions() {
    return this.#extensions;
  }

  get bufferedAmount() {
    return this.#waitingBytes + (this.#link?.unsentBytes ?? 0);
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(type) {
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }

  send(data) {
    if (this.#state === CONNECTING) {
      throw new DOMException("The socket is not open yet", "InvalidStateError");
    }
    if (this.#state !== OPEN) return;
    if (data instanceof Blob) {
      this.#wait(data.arrayBuffer(), data.size);
    } else if (this.#waiting.length > 0) {
      // It may be changed before it is its turn.
      const bytes = bytesOf(data);
      this.#wait(bytes === undefined ? String(data) : bytes.slice(), bytes?.byteLength ?? 0);
    } else {
      this.#send(data);
    }
  }

  #send(data) {
    const bytes = bytesOf(data);
    if (bytes === undefined) this.#link.sendText(String(data), false);
    else this.#link.sendBytes(bytes, false);
  }

  // Messages behind a Blob wait until it was read.
  async #wait(message, size) {
    this.#waiting.push(message);
    this.#waitingBytes += size;
    if (this.#waiting.length > 1) return;
    try {
      while (this.#waiting.length > 0) {
        const data = await this.#waiting[0];
        this.#waitingBytes -= typeof data === "string" ? 0 : data.byteLength;
        if (this.#state === OPEN || this.#closing !== null) this.#send(data);
        this.#waiting.shift();
      }
      if (this.#closing !== null) this.#link.close(...this.#closing);
    } catch (error) {
      this.#waiting = [];
      tellFailure(error);
      this.#link.terminate();
    }
  }

  close(code, reason) {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(
        `The close code must be 1000, or one from 3000 to 4999, and is ${code}`,
        "InvalidAccessError",
      );
    }
    const said = reason === undefined ? "" : String(reason);
    if (core.encode(said).byteLength > REASON_BYTES_MAX) {
      throw new DOMException("The reason is longer than 123 bytes", "SyntaxError");
    }
    if (this.#state === CLOSING || this.#state === CLOSED) return;
    this.#state = CLOSING;
    this.#closing = [code ?? (reason === undefined ? 0 : 1000), said];
    if (this.#waiting.length === 0) this.#link?.close(...this.#closing);
  }

  #message(data) {
    if (this.#state === OPEN) this.#dispatch(new MessageEvent("message", { data, origin: "" }));
  }

  #binary(buffer, at, length) {
    if (this.#binaryType === "arraybuffer") return ownBuffer(buffer, at, length);
    return new Blob([new Uint8Array(buffer, at, length)]);
  }

  #closed(code, reason, wasClean) {
    const hasFailed = !wasClean && this.#state !== CLOSING;
    this.#state = CLOSED;
    this.#closing = null;
    if (hasFailed) {
      const message = reason === "" ? "the connection has ended" : reason;
      this.#dispatch(new ErrorEvent("error", { message, error: new Error(message) }));
    }
    this.#dispatch(new CloseEvent("close", { wasClean, code, reason }));
  }

  #dispatch(event) {
    try {
      this.dispatchEvent(event);
    } catch (error) {
      tellFailure(error);
    }
  }
}

for (const name of ["open", "message", "error", "close"]) {
  defineEventHandler(ServedWebSocket.prototype, name);
}

for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
  Object.defineProperty(ServedWebSocket.prototype, name, { value, enumerable: true });
}

Object.defineProperty(ServedWebSocket, "name", { value: "WebSocket" });
Object.defineProperty(ServedWebSocket.prototype, Symbol.toStringTag, {
  value: "WebSocket",
  configurable: true,
});

export { ServedWebSocket };
