// What only Node's own modules can name, from the moment they are loaded: classes, symbols, functions.
//
// Filled by what crates/snapshot/build.rs adds to those modules. Nothing of node:http runs before.

const parts = {};

// What was read, without a copy, as Node gives bytes to programs; an empty one where no bytes came.
function bufferOf(read) {
  if (typeof read !== "object") return parts.Buffer.alloc(0);
  return parts.Buffer.from(read.buffer, read.byteOffset, read.byteLength);
}

export { bufferOf, parts };
