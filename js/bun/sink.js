// What Bun calls a FileSink: writes to a file, or to a child's standard input, piece by piece.
//
// Never opens what nobody writes to. Called by: file.js and spawn.js.

import { neededBytes, node } from "ext:howth/bun/parts.js";

const BUFFERED_BYTES_MAX = 64 * 1024;

class FileSink {
  #open;
  #descriptor = null;
  #waiting = [];
  #waitingBytes = 0;
  #isOwn;

  // `open`: gives the descriptor. `isOwn`: it is closed in the end.
  constructor(open, isOwn) {
    this.#open = open;
    this.#isOwn = isOwn;
  }

  start() {}

  write(chunk) {
    const bytes = neededBytes(chunk, "FileSink.write").slice();
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes > BUFFERED_BYTES_MAX) this.flush();
    return bytes.byteLength;
  }

  flush() {
    const fs = node.fs();
    this.#descriptor ??= this.#open();
    for (const bytes of this.#waiting) {
      for (let at = 0; at < bytes.byteLength; ) {
        at += fs.writeSync(this.#descriptor, bytes, at);
      }
    }
    const flushed = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return flushed;
  }

  end() {
    const flushed = this.flush();
    if (this.#isOwn) node.fs().closeSync(this.#descriptor);
    this.#descriptor = null;
    return flushed;
  }

  ref() {}

  unref() {}
}

// The same over a stream of Node's.
class ChildSink {
  #stream;

  constructor(stream) {
    this.#stream = stream;
    // The child may have ended, or closed its input.
    stream.on("error", () => {});
  }

  start() {}

  write(chunk) {
    const bytes = neededBytes(chunk, "FileSink.write").slice();
    this.#stream.write(bytes);
    return bytes.byteLength;
  }

  flush() {
    return 0;
  }

  end() {
    return new Promise((resolve) => {
      this.#stream.end(() => resolve(0));
      if (this.#stream.destroyed) resolve(0);
    });
  }

  ref() {
    this.#stream.ref?.();
  }

  unref() {
    this.#stream.unref?.();
  }
}

export { ChildSink, FileSink };
