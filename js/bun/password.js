// Bun.password: hashes of passwords, by Argon2 and bcrypt.
//
// Owns what Bun's options mean and what is refused; Rust computes, on another thread where a promise answers. Called by:
// namespace.js.

import { bytesOf } from "ext:howth/bun/parts.js";

const ALGORITHMS = ["bcrypt", "argon2id", "argon2d", "argon2i"];

const COST = 10;
const MEMORY_KIB = 65536;
const PASSES = 2;
const U32_MAX = 2 ** 32 - 1;

let ops;

function connectOps(bound) {
  ops = bound;
}

const password = {
  async hash(given, options) {
    const { algorithm, first, passes } = readOptions(options);
    return await ops.op_howth_password_hash_later(secretOf(given), algorithm, first, passes);
  },

  hashSync(given, options) {
    const { algorithm, first, passes } = readOptions(options);
    return ops.op_howth_password_hash(secretOf(given), algorithm, first, passes);
  },

  async verify(given, hash, algorithm) {
    const [secret, text] = [bytesFrom(given), textOf(hash, algorithm)];
    if (secret.byteLength === 0 || text === "") return false;
    return await ops.op_howth_password_verify_later(secret, text);
  },

  verifySync(given, hash, algorithm) {
    const [secret, text] = [bytesFrom(given), textOf(hash, algorithm)];
    if (secret.byteLength === 0 || text === "") return false;
    return ops.op_howth_password_verify(secret, text);
  },
};

// The algorithm, and what it costs: KiB and passes, or the cost of bcrypt.
function readOptions(options = "argon2id") {
  const { algorithm, cost, memoryCost, timeCost } =
    typeof options === "object" && options !== null ? options : { algorithm: options };
  if (!ALGORITHMS.includes(algorithm)) {
    throw refusal(`the algorithm is one of ${ALGORITHMS.join(", ")}`);
  }
  if (algorithm === "bcrypt") {
    return { algorithm, first: within("cost", cost ?? COST, 4, 31), passes: 0 };
  }
  return {
    algorithm,
    first: within("memoryCost", memoryCost ?? MEMORY_KIB, 8, U32_MAX),
    passes: within("timeCost", timeCost ?? PASSES, 1, U32_MAX),
  };
}

function within(name, value, least, most) {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw refusal(`${name} is a whole number from ${least} to ${most}`);
}

function secretOf(given) {
  const bytes = bytesFrom(given);
  if (bytes.byteLength === 0) throw refusal("a password is not empty");
  return bytes;
}

// Bun takes what is no bytes for its text.
function bytesFrom(given) {
  return bytesOf(given) ?? bytesOf(String(given));
}

// A hash as a text; if it has to be one of some algorithm, it is.
function textOf(hash, algorithm) {
  const bytes = bytesOf(hash);
  const text = typeof hash === "string" ? hash : String.fromCharCode(...(bytes ?? bytesFrom(hash)));
  if (algorithm === undefined || text === "") return text;
  const { algorithm: name } = readOptions(algorithm);
  if (text.startsWith(name === "bcrypt" ? "$2" : `$${name}$`)) return text;
  const error = new Error(`Bun.password: the hash is none of ${name}`);
  error.code = "PASSWORD_INVALID_ENCODING";
  throw error;
}

function refusal(what) {
  const error = new TypeError(`Bun.password: ${what}`);
  error.code = "ERR_INVALID_ARG_TYPE";
  return error;
}

export { connectOps, password };
