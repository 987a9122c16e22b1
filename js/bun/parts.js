// What the files of this folder have in common: Node's built-ins, loaded when they are first used, and small conversions.
//
// Never loads anything by itself. Called by: every other file here.

import { core } from "ext:core/mod.js";

const lazy = (name) => {
  const load = core.createLazyLoader(name);
  return () => load().default;
};

const node = {
  buffer: lazy("node:buffer"),
  childProcess: lazy("node:child_process"),
  crypto: lazy("node:crypto"),
  fs: lazy("node:fs"),
  module: lazy("node:module"),
  os: lazy("node:os"),
  path: lazy("node:path"),
  process: lazy("node:process"),
  stream: lazy("node:stream"),
  url: lazy("node:url"),
  util: lazy("node:util"),
  zlib: lazy("node:zlib"),
};

// The bytes of a text, a buffer or a view; undefined: it is something else.
function bytesOf(value) {
  if (typeof value === "string") return core.encode(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return core.isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

// The same, or a TypeError that names who was asked.
function neededBytes(value, asked) {
  const bytes = bytesOf(value);
  if (bytes === undefined) {
    throw new TypeError(`${asked} takes a string, an ArrayBuffer or a view of one`);
  }
  return bytes;
}

// One array of all bytes.
function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

export { bytesOf, joined, neededBytes, node };
