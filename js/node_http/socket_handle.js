// The handle of a socket whose connection is the engine's: what Node's streams call in the place of Node's TCPWrap.
//
// What is written goes out behind what the response whose turn it is has written; once the connection has changed its protocol
// (`Tunnel`), the socket is all there is, both ways. Called by: net.Socket; the connection, with what happens to it.

import { core } from "ext:core/mod.js";
import { End } from "ext:howth/node_http/numbers.js";
import { bufferOf, parts } from "ext:howth/node_http/parts.js";
import * as exchanges from "ext:howth/server/exchanges.js";
import { BodyRead, Written } from "ext:howth/server/numbers.js";

const { PENDING: BODY_PENDING, END: BODY_END } = BodyRead;
const { FULL: WRITE_FULL, GONE: WRITE_GONE } = Written;

// As libuv has them on Linux.
const EOF = -4095;
const EPIPE = -32;
const ECONNRESET = -104;

const LOOPBACK = /^(127\.|::1$)/;

let state;

// The numbers in which Node's streams find what a handle has done, beside what it returns.
function streamState() {
  if (state === undefined) {
    const wrap = core.loadExtScript("ext:deno_node/internal_binding/stream_wrap.ts");
    const { kArrayBufferOffset, kBytesWritten, kLastWriteWasAsync, streamBaseState } = wrap;
    state = { kArrayBufferOffset, kBytesWritten, kLastWriteWasAsync, numbers: streamBaseState };
  }
  return state;
}

// An exchange by which a connection has changed its protocol.
class Tunnel {
  constructor(handle, index, generation) {
    this.handle = handle;
    this.index = index;
    this.generation = generation;
  }

  bodyReadable() {
    this.handle.readable();
  }

  bodyWritable() {
    this.handle.writable();
  }

  // The end of either side is what is read, or was written.
  disconnected() {}
  finished() {}

  aborted() {
    exchanges.unwatch(this);
    this.handle.ended();
  }
}

// What stands in the place of Node's TCPWrap.
class Handle {
  isStreamBase = true;
  reading = false;
  onread = null;
  // Set by whoever has several of them.
  fd = -1;
  // Once the connection has changed its protocol.
  #tunnel = null;
  #isOver = false;
  #bytesRead = 0;
  #waiting = [];
  #isClosing = false;
  #address;

  // `address`: of the other end, with its port; null: nobody knows any more.
  constructor(connection, address) {
    this.connection = connection;
    this.#address = address;
  }

  // From now on the socket is the connection, in another protocol; gives what has come of that.
  changeProtocol({ index, generation }) {
    this.#tunnel = new Tunnel(this, index, generation);
    this.#bytesRead = this.connection.bytesRead;
    exchanges.watch(this.#tunnel);
    return bufferOf(exchanges.readBody(this.#tunnel));
  }

  getpeername(out) {
    if (this.#address === null || this.#address[1] < 0) return 0;
    const [address, port] = this.#address;
    Object.assign(out, this.connection.server.written(address), { port });
    return 0;
  }

  getsockname(out) {
    const { server } = this.connection;
    if (server.address.unix !== null) return 0;
    const isLocal = this.#address !== null && LOOPBACK.test(this.#address[0]);
    const address = isLocal && server.isUnspecified ? this.#address[0] : server.address.ip;
    Object.assign(out, server.written(address), { port: server.address.port });
    return 0;
  }

  // Of another protocol's, those that the socket has read.
  get bytesRead() {
    return this.#tunnel === null ? this.connection.bytesRead : this.#bytesRead;
  }

  // Bytes that were written and wait for the client to take them.
  get unsentBytes() {
    if (this.#tunnel !== null) return exchanges.unsentBytes(this.#tunnel);
    return this.connection.first?.unsentBytes ?? 0;
  }

  get bytesWritten() {
    return this.connection.bytesWritten;
  }

  getAsyncId() {
    return 0;
  }

  getProviderType() {
    return 0;
  }

  readStart() {
    this.reading = true;
    if (this.#tunnel !== null) queueMicrotask(() => this.#pump());
    return 0;
  }

  readStop() {
    this.reading = false;
    return 0;
  }

  useUserBuffer() {}

  // Gives the socket what has come.
  #pump() {
    const { kArrayBufferOffset, numbers } = streamState();
    while (this.reading && !this.#isOver) {
      const read = exchanges.readBody(this.#tunnel);
      if (read === BODY_PENDING) return;
      if (typeof read !== "object") {
        this.#isOver = true;
        this.onread(undefined, read === BODY_END ? EOF : ECONNRESET);
        return;
      }
      this.#bytesRead += read.byteLength;
      this.connection.touch();
      numbers[kArrayBufferOffset] = read.byteOffset;
      this.onread(read.buffer, read.byteLength);
    }
  }

  readable() {
    this.#pump();
  }

  // There is room for more.
  writable() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) request.oncomplete(0);
  }

  // The connection is gone: nothing that was written has gone out for sure.
  ended() {
    if (this.#tunnel !== null && !this.#isOver && this.reading) {
      this.#isOver = true;
      this.onread?.(undefined, ECONNRESET);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) request.oncomplete(EPIPE);
  }

  writeUtf8String(request, text) {
    return this.#writeText(request, text, "utf8");
  }

  writeLatin1String(request, text) {
    return this.#writeText(request, text, "latin1");
  }

  writeAsciiString(request, text) {
    return this.#writeText(request, text, "latin1");
  }

  writeUcs2String(request, text) {
    return this.#writeText(request, text, "utf16le");
  }

  writev(request, chunks, allBuffers) {
    const { Buffer } = parts;
    const buffers = [];
    if (allBuffers) buffers.push(...chunks);
    else {
      for (let i = 0; i < chunks.length; i += 2) {
        const [chunk, encoding] = [chunks[i], chunks[i + 1]];
        buffers.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
      }
    }
    return this.writeBuffer(request, Buffer.concat(buffers));
  }

  #writeText(request, text, encoding) {
    return this.writeBuffer(request, parts.Buffer.from(text, encoding));
  }

  writeBuffer(request, bytes) {
    const { kBytesWritten, kLastWriteWasAsync, numbers } = streamState();
    numbers[kBytesWritten] = bytes.byteLength;
    numbers[kLastWriteWasAsync] = 0;
    this.connection.bytesWritten += bytes.byteLength;
    const written = this.#target(bytes);
    if (written === WRITE_GONE) return EPIPE;
    if (written === WRITE_FULL) {
      numbers[kLastWriteWasAsync] = 1;
      this.#waiting.push(request);
    }
    return 0;
  }

  // Into the tunnel, or behind what the response has written so far.
  #target(bytes) {
    if (this.#tunnel !== null) return exchanges.writeBytes(this.#tunnel, bytes);
    const answer = this.connection.first;
    if (answer === null) return WRITE_GONE;
    return answer.begin() ? exchanges.writeBytes(answer, bytes) : WRITE_GONE;
  }

  // Node's server takes a socket that is ended in the middle for one that is over.
  shutdown(request) {
    if (this.#tunnel !== null) exchanges.finish(this.#tunnel);
    else this.connection.breakOff(End.AT_ONCE);
    parts.nextTick(() => request.oncomplete(0));
    return 0;
  }

  // Ends the connection behind what was written; a response that is not whole breaks off.
  close(callback) {
    return this.#close(End.AT_ONCE, callback);
  }

  // The same with a reset, which the other end sees.
  reset(callback) {
    return this.#close(End.RESET, callback);
  }

  // A stream closes as well what it has reset, and waits to be called back.
  #close(how, callback) {
    if (callback !== undefined) parts.nextTick(callback);
    if (this.#isClosing) return 0;
    this.#isClosing = true;
    if (this.#tunnel !== null) exchanges.unwatch(this.#tunnel);
    this.connection.breakOff(how);
    return 0;
  }

  ref() {}

  unref() {}

  hasRef() {
    return true;
  }

  setNoDelay() {
    return 0;
  }

  setKeepAlive() {
    return 0;
  }

  setBlocking() {
    return 0;
  }

  get writeQueueSize() {
    return this.#waiting.length;
  }
}

export { Handle, Tunnel };
