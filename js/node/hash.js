// Node's hashes of one piece without an object for the garbage collector that is only found by a collection of everything.
//
// `createHash(name).update(piece).digest(encoding)` is how packages make an ETag for each response: Deno makes an object of its
// own for each, which lies outside of JavaScript's heap and stays there for seconds. Here the object is made only when more
// than that is asked for. Called by: ext:deno_node/internal/crypto/hash.ts, once it is loaded.

import { core, internals, primordials } from "ext:core/mod.js";
import { isUtf8 } from "ext:howth/node/encoding.js";

const { ObjectPrototypeIsPrototypeOf, ReflectApply, Uint8Array, Uint8ArrayPrototype } = primordials;

const PIECE_MAX = 64 * 1024;
const NAMES = new Set(["md5", "sha1", "sha256", "sha384", "sha512"]);

// Of a hash that nothing was made for yet: its name; what it was given, a text or a copy of bytes; that its digest was given.
const kName = Symbol("name");
const kPiece = Symbol("piece");
const kIsDone = Symbol("isDone");

let ops;

function connectOps(bound) {
  ops = bound;
}

// Gives the `createHash` of programs, in place of Deno's.
function extend({ Hash, createHash, kHandle }) {
  const { digest, update } = Hash.prototype;
  const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
  const { ERR_CRYPTO_HASH_FINALIZED } = core.loadExtScript("ext:deno_node/internal/errors.ts");

  // Whatever asks for the object has it made.
  Object.defineProperty(Hash.prototype, kHandle, {
    configurable: true,
    get() {
      const made = createHash(this[kName]);
      this[kHandle] = made[kHandle];
      const piece = this[kPiece];
      this[kName] = this[kPiece] = undefined;
      if (piece !== undefined) ReflectApply(update, this, [piece, "utf8"]);
      return this[kHandle];
    },
    set(value) {
      Object.defineProperty(this, kHandle, { configurable: true, value, writable: true });
    },
  });

  Hash.prototype.update = function (data, encoding) {
    if (this[kName] !== undefined) {
      if (this[kIsDone]) throw new ERR_CRYPTO_HASH_FINALIZED();
      const piece = this[kPiece] === undefined ? pieceOf(data, encoding) : undefined;
      if (piece !== undefined) {
        this[kPiece] = piece;
        return this;
      }
    }
    return ReflectApply(update, this, [data, encoding]);
  };

  Hash.prototype.digest = function (encoding) {
    const name = this[kName];
    const piece = this[kPiece];
    if (name === undefined || piece === undefined) {
      return ReflectApply(digest, this, [encoding]);
    }
    if (this[kIsDone]) throw new ERR_CRYPTO_HASH_FINALIZED();
    const bytes =
      typeof piece === "string"
        ? ops.op_howth_digest(name, piece)
        : ops.op_howth_digest_bytes(name, piece);
    this[kIsDone] = true;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return encoding === undefined || encoding === null || encoding === "buffer"
      ? buffer
      : buffer.toString(encoding);
  };

  return function createHashOfText(algorithm, options) {
    const name = typeof algorithm === "string" ? algorithm.toLowerCase() : undefined;
    if (ops === undefined || options !== undefined || !NAMES.has(name)) {
      return createHash(algorithm, options);
    }
    // Sets the prototypes up, the first time.
    if (!isReady) isReady = Boolean(createHash(name));
    const hash = Object.create(Hash.prototype);
    hash._options = undefined;
    hash[kName] = name;
    return hash;
  };
}

let isReady = false;

// What can be kept until the digest is asked for.
function pieceOf(data, encoding) {
  if (typeof data === "string") {
    return data.length <= PIECE_MAX && isUtf8(encoding) ? data : undefined;
  }
  // The program may change its bytes.
  const isSmall =
    ObjectPrototypeIsPrototypeOf(Uint8ArrayPrototype, data) && data.byteLength <= PIECE_MAX;
  return isSmall ? new Uint8Array(data) : undefined;
}

internals.howthHash = extend;

export { connectOps };
