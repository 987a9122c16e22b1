// Bun.file, Bun.write, Bun.stdin, Bun.stdout and Bun.stderr.
//
// A file is looked at when something of it is asked for, and never kept in memory or open. Called by: namespace.js,
// serve.js and spawn.js.

import { core } from "ext:core/mod.js";
import { bytesOf, joined, node } from "ext:howth/bun/parts.js";
import { partOf } from "ext:howth/bun/range.js";
import { FileSink } from "ext:howth/bun/sink.js";
import { typeByExtension } from "ext:howth/bun/types.js";
import { beforeSending, partOfFile } from "ext:howth/web/chunk.js";

const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

const PIECE_BYTES = 64 * 1024;

class BunFile extends Blob {
  // A path, or a descriptor.
  #target;
  #type;
  #start;
  // null: the file's own.
  #end;

  constructor(target, type, start = 0, end = null) {
    super();
    this.#target = target;
    this.#type = type;
    this.#start = start;
    this.#end = end;
  }

  static isOne(value) {
    return typeof value === "object" && value !== null && #target in value;
  }

  get name() {
    return typeof this.#target === "string" ? this.#target : undefined;
  }

  get type() {
    return this.#type;
  }

  get size() {
    const length = this.#facts()?.size ?? 0;
    return Math.max(0, Math.min(length, this.#end ?? length) - this.#start);
  }

  get lastModified() {
    return Math.trunc(this.#facts()?.mtimeMs ?? 0);
  }

  get readable() {
    return this.stream();
  }

  // What the system says of it; undefined: it is not there.
  #facts() {
    const fs = node.fs();
    const target = this.#target;
    try {
      return typeof target === "number" ? fs.fstatSync(target) : fs.statSync(target);
    } catch {
      return undefined;
    }
  }

  // Throws what reading would, and answers for a part where that is asked for.
  [beforeSending](response, request) {
    if (typeof this.#target !== "string") return undefined;
    node.fs().closeSync(node.fs().openSync(this.#target));
    const isWhole = this.#start === 0 && this.#end === null;
    return isWhole ? partOf(this, response, request) : undefined;
  }

  [partOfFile]() {
    const path = this.#target;
    return typeof path === "string"
      ? { path, start: this.#start, end: this.#end ?? -1 }
      : undefined;
  }

  stream() {
    let reading = null;
    return new ReadableStream(
      {
        type: "bytes",
        pull: async (controller) => {
          reading ??= this.#pieces();
          const { value, done } = await reading.next();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
          controller.byobRequest?.respond(0);
        },
        cancel: async () => {
          await reading?.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async *#pieces() {
    if (typeof this.#target === "number") {
      for await (const piece of this.#opened()) yield new Uint8Array(piece);
      return;
    }
    const file = await node.fs().promises.open(this.#target);
    try {
      let at = this.#start;
      const end = this.#end ?? Number.POSITIVE_INFINITY;
      while (at < end) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, end - at));
        const { bytesRead } = await file.read(piece, 0, piece.byteLength, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  #opened() {
    if (this.#target === 0) return node.process().stdin;
    return node.fs().createReadStream("", { autoClose: false, fd: this.#target });
  }

  async bytes() {
    if (typeof this.#target === "string" && this.#start === 0 && this.#end === null) {
      const read = await node.fs().promises.readFile(this.#target);
      return new Uint8Array(read.buffer, read.byteOffset, read.byteLength).slice();
    }
    const pieces = [];
    for await (const piece of this.#pieces()) pieces.push(piece);
    return joined(pieces);
  }

  async arrayBuffer() {
    return (await this.bytes()).buffer;
  }

  async text() {
    return core.decode(await this.bytes());
  }

  async json() {
    return JSON.parse(await this.text());
  }

  async formData() {
    const headers = { "content-type": this.#type };
    return new Response(await this.bytes(), { headers }).formData();
  }

  slice(...given) {
    const type = typeof given.at(-1) === "string" ? given.pop() : this.#type;
    const length = this.size;
    const place = (value) => {
      const whole = Math.trunc(Number(value)) || 0;
      return Math.min(length, whole < 0 ? Math.max(0, length + whole) : whole);
    };
    const start = given[0] === undefined ? 0 : place(given[0]);
    const end = given[1] === undefined ? length : place(given[1]);
    const first = this.#start;
    return new BunFile(this.#target, type, first + start, first + Math.max(start, end));
  }

  // Not of folders.
  async exists() {
    const facts = this.#facts();
    return facts !== undefined && !facts.isDirectory();
  }

  stat() {
    const fs = node.fs();
    const target = this.#target;
    if (typeof target === "string") return fs.promises.stat(target);
    return new Promise((resolve) => resolve(fs.fstatSync(target)));
  }

  async unlink() {
    await node.fs().promises.unlink(this.#target);
  }

  delete() {
    return this.unlink();
  }

  write(data, options) {
    return write(this, data, options);
  }

  writer() {
    const target = this.#target;
    const isPath = typeof target === "string";
    return new FileSink(() => (isPath ? node.fs().openSync(target, "w") : target), isPath);
  }

  // A descriptor for a child process, and whether it has to be closed.
  open(flags) {
    const target = this.#target;
    if (typeof target === "number") return { descriptor: target, isOwn: false };
    return { descriptor: node.fs().openSync(target, flags), isOwn: true };
  }

  async replace(pieces, { createPath = true, mode } = {}) {
    const fs = node.fs();
    const target = this.#target;
    if (typeof target === "number") return writeAll(pieces, (bytes) => fs.writeSync(target, bytes));
    const open = () => fs.promises.open(target, "w", mode);
    let file;
    try {
      file = await open();
    } catch (error) {
      if (error.code !== "ENOENT" || !createPath) throw error;
      await fs.promises.mkdir(node.path().dirname(target), { recursive: true });
      file = await open();
    }
    try {
      return await writeAll(pieces, async (bytes) => (await file.write(bytes)).bytesWritten);
    } finally {
      await file.close();
    }
  }
}

async function writeAll(pieces, writeSome) {
  let written = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) at += await writeSome(piece.subarray(at));
    written += piece.byteLength;
  }
  return written;
}

function file(target, options) {
  let path = target;
  if (target instanceof URL) path = node.url().fileURLToPath(target);
  else if (typeof target === "string" && target.startsWith("file://")) {
    path = node.url().fileURLToPath(target);
  } else if (BunFile.isOne(target)) return target;
  else if (bytesOf(target) !== undefined) path = core.decode(bytesOf(target));
  if (typeof path !== "string" && typeof path !== "number") {
    throw new TypeError("Bun.file takes a path, a file: URL or a descriptor");
  }
  if (typeof path === "string" && path.startsWith("s3://")) {
    throw new Error("Bun.file: s3:// is not there under howth; use the package @aws-sdk/client-s3");
  }
  const type = options?.type;
  return new BunFile(path, type ?? (typeof path === "string" ? typeByExtension(path) : NO_TYPE));
}

const NO_TYPE = "application/octet-stream";

// Bun.write(destination, data): how many bytes were written.
async function write(destination, data, options) {
  const to = file(destination);
  return await to.replace(await piecesOf(data), options);
}

async function piecesOf(data) {
  const bytes = bytesOf(data);
  if (bytes !== undefined) return [bytes];
  // It may be written to itself, or to what it is a part of.
  if (BunFile.isOne(data)) return [await data.bytes()];
  if (data instanceof Blob) return data.stream();
  if (data instanceof Response || data instanceof Request) return data.body ?? [];
  if (Array.isArray(data)) {
    return new Blob(data).stream();
  }
  throw new TypeError(
    "Bun.write takes a string, bytes, a Blob, a Response or a Bun.file as what is written",
  );
}

export { BunFile, file, write };
