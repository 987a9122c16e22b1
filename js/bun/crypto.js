// Bun.CryptoHasher, the classes of single algorithms, and Bun.randomUUIDv7: over node:crypto.
//
// Called by: namespace.js.

import { neededBytes, node } from "ext:howth/bun/parts.js";

// By Bun's names; what node:crypto here has not is refused by name.
const ALGORITHMS = [
  "blake2b512",
  "blake2s256",
  "md4",
  "md5",
  "ripemd160",
  "sha1",
  "sha224",
  "sha256",
  "sha384",
  "sha512",
  "sha512-224",
  "sha512-256",
  "sha3-224",
  "sha3-256",
  "sha3-384",
  "sha3-512",
  "shake128",
  "shake256",
];

const SHAKE_BYTES = { shake128: 16, shake256: 32 };

class CryptoHasher {
  #name;
  #key;
  #hash;

  constructor(algorithm, key) {
    this.#name = String(algorithm).toLowerCase();
    this.#key = key;
    this.#hash = started(this.#name, key);
  }

  static get algorithms() {
    return ALGORITHMS.slice();
  }

  static hash(algorithm, data, encoding) {
    return new CryptoHasher(algorithm).update(data).digest(encoding);
  }

  get algorithm() {
    return this.#name;
  }

  get byteLength() {
    return started(this.#name).digest().byteLength;
  }

  update(data, encoding) {
    if (typeof data === "string") this.#hash.update(data, encoding);
    else this.#hash.update(neededBytes(data, "CryptoHasher.update"));
    return this;
  }

  // A name of an encoding gives a text, an array takes the bytes, nothing gives a Buffer. Begins anew after that.
  digest(encoding) {
    const hash = this.#hash;
    this.#hash = started(this.#name, this.#key);
    return given(hash.digest(), encoding);
  }

  copy() {
    if (this.#key !== undefined) {
      throw new Error("Bun.CryptoHasher: an HMAC cannot be copied under howth");
    }
    const copy = new CryptoHasher(this.#name);
    copy.#hash = this.#hash.copy();
    return copy;
  }
}

function started(name, key) {
  const crypto = node.crypto();
  try {
    if (key !== undefined) return crypto.createHmac(name, key);
    const outputLength = SHAKE_BYTES[name];
    return crypto.createHash(name, outputLength === undefined ? undefined : { outputLength });
  } catch {
    throw new Error(`Bun.CryptoHasher: the algorithm "${name}" is not there under howth`);
  }
}

function given(digest, encoding) {
  if (encoding === undefined || encoding === null || encoding === "buffer") return digest;
  if (typeof encoding === "string") return digest.toString(encoding);
  neededBytes(encoding, "digest").set(digest);
  return encoding;
}

// The class of one algorithm, as Bun.SHA256.
function hashClass(algorithm, byteLength) {
  return class {
    static byteLength = byteLength;
    #hasher = new CryptoHasher(algorithm);
    byteLength = byteLength;

    static hash(data, encoding) {
      return new CryptoHasher(algorithm).update(data).digest(encoding);
    }

    update(data) {
      this.#hasher.update(data);
      return this;
    }

    digest(encoding) {
      return this.#hasher.digest(encoding);
    }
  };
}

// The last time that was written, and what tells those of one time apart.
let lastTime = 0;
let counter = 0;

// RFC 9562 section 5.7: each is greater than the one before.
function randomUUIDv7(encoding = "hex", timestamp = Date.now()) {
  const bytes = node.crypto().randomBytes(16);
  const time = Math.trunc(Number(timestamp));
  if (!(time >= 0))
    throw new TypeError("Bun.randomUUIDv7: the timestamp must be a positive number");
  counter = time === lastTime ? (counter + 1) & 0xfff : bytes.readUInt16BE(6) & 0x7ff;
  lastTime = time;
  bytes.writeUIntBE(time, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  if (encoding === "buffer") return bytes;
  if (encoding !== "hex") return bytes.toString(encoding);
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join("-");
}

export { CryptoHasher, hashClass, randomUUIDv7 };
