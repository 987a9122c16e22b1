// Howth.kv: a cache that all cores of the process share. The table and its rules are in crates/kv.
//
// Holds no state of its own. What a program gave is checked here, so that the ops are called with what they expect.

import { core } from "ext:core/mod.js";
import { Version } from "ext:howth/shared/numbers.js";

const { ANY: ANY_VERSION, NONE: NO_VERSION } = Version;

core.registerErrorBuilder(
  "DOMExceptionDataCloneError",
  (message) => new DOMException(message, "DataCloneError"),
);

let ops;

function connectOps(bound) {
  ops = bound;
}

function checkKey(key) {
  if (typeof key !== "string") throw new TypeError("Howth.kv: the key must be a string");
}

function checkValue(value) {
  if (value === undefined) {
    throw new TypeError("Howth.kv: undefined stands for no value; delete the key instead");
  }
}

// Milliseconds, 0 for ever.
function readLifetime(options) {
  const ttl = options?.ttl;
  if (ttl === undefined) return 0;
  if (typeof ttl !== "number") {
    throw new TypeError("Howth.kv: ttl must be a number of milliseconds");
  }
  if (!(ttl > 0)) throw new RangeError(`Howth.kv: ttl must be above 0, not ${ttl}`);
  return ttl;
}

function readVersion(version) {
  if (version === undefined) return NO_VERSION;
  if (Number.isSafeInteger(version) && version > NO_VERSION) return version;
  throw new TypeError(
    "Howth.kv: the version must be one that getEntry gave, or undefined where nothing is stored",
  );
}

// None of these needs `this`.
const kv = {
  get(key) {
    checkKey(key);
    return ops.op_howth_kv_get(key);
  },

  getEntry(key) {
    checkKey(key);
    const found = ops.op_howth_kv_entry(key);
    return found === undefined ? undefined : { value: found[0], version: found[1] };
  },

  has(key) {
    checkKey(key);
    return ops.op_howth_kv_has(key);
  },

  set(key, value, options) {
    checkKey(key);
    checkValue(value);
    ops.op_howth_kv_put(key, value, readLifetime(options), ANY_VERSION);
  },

  compareAndSet(key, version, value, options) {
    checkKey(key);
    checkValue(value);
    return ops.op_howth_kv_put(key, value, readLifetime(options), readVersion(version));
  },

  increment(key, delta = 1, options) {
    checkKey(key);
    if (!Number.isFinite(delta)) throw new TypeError("Howth.kv: the delta must be a finite number");
    return ops.op_howth_kv_increment(key, delta, readLifetime(options));
  },

  delete(key) {
    checkKey(key);
    return ops.op_howth_kv_delete(key);
  },

  clear() {
    ops.op_howth_kv_clear();
  },

  get size() {
    return ops.op_howth_kv_size();
  },

  get bytes() {
    return ops.op_howth_kv_bytes();
  },
};

Object.freeze(kv);

export { connectOps, kv };
