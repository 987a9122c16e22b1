// What the chunks of a body may be.
//
// The Fetch standard knows bytes only. Programs written for Bun and Node also let streams and iterators yield text, which
// is sent in UTF-8, and any other kind of bytes.

import { core, primordials } from "ext:core/mod.js";

const {
  ArrayBufferIsView,
  ArrayBufferPrototype,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  ObjectGetOwnPropertyDescriptor,
  ObjectPrototypeIsPrototypeOf,
  ReflectApply,
  SymbolAsyncIterator,
  SymbolIterator,
  TypeError,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  Uint8Array,
} = primordials;

const { isAnyArrayBuffer } = core;
const { Blob, BlobPrototype } = core.loadExtScript("ext:deno_web/09_file.js");
const { arrayBuffer, slice } = Blob.prototype;
const { get: size } = ObjectGetOwnPropertyDescriptor(BlobPrototype, "size");
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

// How much is taken at once of what is there whole: as much as the engine holds of a response.
const PIECE_BYTES = 256 * 1024;

// A chunk as bytes of memory that no other thread changes. Throws a TypeError when it is no chunk of a body.
function bytesOf(chunk) {
  if (typeof chunk === "string") return core.encode(chunk);
  if (isAnyArrayBuffer(chunk)) return unshared(new Uint8Array(chunk));
  if (ArrayBufferIsView(chunk)) return unshared(viewed(chunk));
  throw new TypeError(
    `The chunks of a body must be text or bytes (a Uint8Array, another view or an ArrayBuffer), but one is ${describe(chunk)}`,
  );
}

function viewed(view) {
  const tag = TypedArrayPrototypeGetSymbolToStringTag(view);
  if (tag === "Uint8Array") return view;
  return tag === undefined
    ? new Uint8Array(
        DataViewPrototypeGetBuffer(view),
        DataViewPrototypeGetByteOffset(view),
        DataViewPrototypeGetByteLength(view),
      )
    : new Uint8Array(
        TypedArrayPrototypeGetBuffer(view),
        TypedArrayPrototypeGetByteOffset(view),
        TypedArrayPrototypeGetByteLength(view),
      );
}

function unshared(bytes) {
  if (ObjectPrototypeIsPrototypeOf(ArrayBufferPrototype, TypedArrayPrototypeGetBuffer(bytes))) {
    return bytes;
  }
  const copy = new Uint8Array(TypedArrayPrototypeGetByteLength(bytes));
  TypedArrayPrototypeSet(copy, bytes);
  return copy;
}

function describe(value) {
  if (value === null) return "null";
  if (typeof value === "object" || typeof value === "function") {
    return `an instance of ${value.constructor?.name ?? "Object"}`;
  }
  return value === undefined ? "undefined" : `a ${typeof value}`;
}

// A stream of what an object yields that can be iterated over, asynchronously or not.
function streamOfIterable(iterable) {
  const method = iterable[SymbolAsyncIterator] ?? iterable[SymbolIterator];
  let iterator = null;
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        if (iterator === null) iterator = method.call(iterable);
        for (;;) {
          const { done, value } = await iterator.next();
          if (done) {
            controller.close();
            controller.byobRequest?.respond(0);
            return;
          }
          const chunk = await value;
          const bytes = bytesOf(chunk);
          // Nothing is no chunk of a stream of bytes.
          if (TypedArrayPrototypeGetByteLength(bytes) === 0) continue;
          // The stream takes the memory it is given; that of a text is new.
          controller.enqueue(typeof chunk === "string" ? bytes : new Uint8Array(bytes));
          return;
        }
      },
      async cancel(reason) {
        if (iterator !== null) await iterator.return?.(reason);
        // Node's streams hold files and sockets; their iterators let go of them only once they have begun.
        else if (iterable._readableState !== undefined) iterable.destroy();
        else await method.call(iterable).return?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

// A stream of a large blob's bytes, piece by piece: Deno's own gives each of its parts as a whole.
function streamOfBlob(blob) {
  const length = ReflectApply(size, blob, []);
  let at = 0;
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const piece = ReflectApply(slice, blob, [at, at + PIECE_BYTES]);
        at += PIECE_BYTES;
        controller.enqueue(new Uint8Array(await ReflectApply(arrayBuffer, piece, [])));
        if (at >= length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

// Whether it is a blob that is sent in pieces. A blob of another class that reads elsewhere holds nothing itself.
function isLargeBlob(value) {
  return (
    ObjectPrototypeIsPrototypeOf(BlobPrototype, value) &&
    ReflectApply(size, value, []) > PIECE_BYTES
  );
}

// A method of what stands behind a body: throws what reading it would, before its response begins, and may give another
// (inner) response than the one it is called with, for the request that is the second argument.
const beforeSending = Symbol("before sending");

// The method of what may be a body: { path, start, end } of the file that it is a part of, which the engine sends by itself;
// undefined: it is none that has a path. `end` below zero: the file's own.
const partOfFile = Symbol("part of file");

// What stands behind a body of server-sent events, on what is there in the place of its stream and on the stream: an object whose
// `begin` is called with the exchange once the head is on its way, or `refuse` where the client gets no body.
const senderOf = Symbol("sender of");

export {
  beforeSending,
  bytesOf,
  describe,
  isLargeBlob,
  PIECE_BYTES,
  partOfFile,
  senderOf,
  streamOfBlob,
  streamOfIterable,
};
