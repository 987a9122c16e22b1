// Bun.hash: the hashes that are here for sure, each with the values that Bun has.
//
// Called by: namespace.js. Slower than Bun's, which are native.

import { missing } from "ext:howth/bun/missing.js";
import { neededBytes, node } from "ext:howth/bun/parts.js";

const MASK = (1n << 64n) - 1n;
const SECRETS = [
  0xa0761d6478bd642fn,
  0xe7037ed1a0b428dbn,
  0x8ebc6af09c88c6e3n,
  0x589965cc75374cc3n,
];

// Both halves of the product of two numbers of 64 bits, one over the other.
function mix(a, b) {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
}

// Wyhash's final version, 4.
function wyhash(data, seed = 0) {
  const bytes = neededBytes(data, "Bun.hash");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at) => view.getBigUint64(at, true);
  const { byteLength: length } = bytes;
  const [first, second, third, fourth] = SECRETS;
  const start = BigInt.asUintN(64, BigInt(seed));
  let state = start ^ mix(start ^ first, second);
  let ends = shortEnds(bytes, view);
  if (ends === null) {
    let at = 0;
    if (length >= 48) {
      let [other, another] = [state, state];
      for (; at + 48 < length; at += 48) {
        state = mix(read(at) ^ second, read(at + 8) ^ state);
        other = mix(read(at + 16) ^ third, read(at + 24) ^ other);
        another = mix(read(at + 32) ^ fourth, read(at + 40) ^ another);
      }
      state ^= other ^ another;
    }
    for (; at + 16 < length; at += 16) state = mix(read(at) ^ second, read(at + 8) ^ state);
    ends = [read(length - 16), read(length - 8)];
  }
  const product = (ends[0] ^ second) * (ends[1] ^ state);
  return mix((product & MASK) ^ first ^ BigInt(length), (product >> 64n) ^ second);
}

// The two numbers of up to 16 bytes; null: there are more.
function shortEnds(bytes, view) {
  const { byteLength: length } = bytes;
  if (length > 16) return null;
  if (length === 0) return [0n, 0n];
  if (length < 4) {
    return [BigInt((bytes[0] << 16) | (bytes[length >> 1] << 8) | bytes[length - 1]), 0n];
  }
  const pair = (one, two) =>
    (BigInt(view.getUint32(one, true)) << 32n) | BigInt(view.getUint32(two, true));
  const quarter = (length >> 3) << 2;
  return [pair(0, quarter), pair(length - 4, length - 4 - quarter)];
}

function crc32(data, seed = 0) {
  return node.zlib().crc32(neededBytes(data, "Bun.hash.crc32"), Number(seed) >>> 0);
}

function adler32(data) {
  let [low, high] = [1, 0];
  for (const byte of neededBytes(data, "Bun.hash.adler32")) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return ((high << 16) | low) >>> 0;
}

function murmur32v3(data, seed = 0) {
  const bytes = neededBytes(data, "Bun.hash.murmur32v3");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scrambled = (word) => {
    const product = Math.imul(word, 0xcc9e2d51);
    return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
  };
  let hash = Number(seed) >>> 0;
  let at = 0;
  for (; at + 4 <= bytes.byteLength; at += 4) {
    hash ^= scrambled(view.getUint32(at, true));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.byteLength - 1; i >= at; i--) tail = (tail << 8) | bytes[i];
  if (at < bytes.byteLength) hash ^= scrambled(tail);
  hash ^= bytes.byteLength;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const PRIMES = [2654435761, 2246822519, 3266489917, 668265263, 374761393];

function xxHash32(data, seed = 0) {
  const bytes = neededBytes(data, "Bun.hash.xxHash32");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { byteLength: length } = bytes;
  const turned = (word, by) => (word << by) | (word >>> (32 - by));
  const [first, second, third, fourth, fifth] = PRIMES;
  const start = Number(seed) >>> 0;
  let at = 0;
  let hash = start + fifth;
  if (length >= 16) {
    const lanes = [start + first + second, start + second, start, start - first];
    for (; at + 16 <= length; at += 16) {
      for (let i = 0; i < 4; i++) {
        const word = lanes[i] + Math.imul(view.getUint32(at + 4 * i, true), second);
        lanes[i] = Math.imul(turned(word, 13), first);
      }
    }
    hash = turned(lanes[0], 1) + turned(lanes[1], 7) + turned(lanes[2], 12) + turned(lanes[3], 18);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) {
    hash = Math.imul(turned(hash + Math.imul(view.getUint32(at, true), third), 17), fourth);
  }
  for (; at < length; at++) hash = Math.imul(turned(hash + Math.imul(bytes[at], fifth), 11), first);
  hash = Math.imul(hash ^ (hash >>> 15), second);
  hash = Math.imul(hash ^ (hash >>> 13), third);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const LARGE_PRIMES = [
  11400714785074694791n,
  14029467366897019727n,
  1609587929392839161n,
  9650029242287828579n,
  2870177450012600261n,
];

function xxHash64(data, seed = 0) {
  const bytes = neededBytes(data, "Bun.hash.xxHash64");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { byteLength: length } = bytes;
  const turned = (word, by) => ((word << by) | (word >> (64n - by))) & MASK;
  const [first, second, third, fourth, fifth] = LARGE_PRIMES;
  const round = (lane, word) => (turned((lane + word * second) & MASK, 31n) * first) & MASK;
  const start = BigInt.asUintN(64, BigInt(seed));
  let at = 0;
  let hash = (start + fifth) & MASK;
  if (length >= 32) {
    const lanes = [start + first + second, start + second, start, start - first];
    for (; at + 32 <= length; at += 32) {
      for (let i = 0; i < 4; i++) {
        lanes[i] = round(lanes[i] & MASK, view.getBigUint64(at + 8 * i, true));
      }
    }
    const [a, b, c, d] = lanes;
    hash = (turned(a, 1n) + turned(b, 7n) + turned(c, 12n) + turned(d, 18n)) & MASK;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * first + fourth) & MASK;
  }
  hash = (hash + BigInt(length)) & MASK;
  for (; at + 8 <= length; at += 8) {
    hash = (turned(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * first + fourth) & MASK;
  }
  if (at + 4 <= length) {
    const word = (BigInt(view.getUint32(at, true)) * first) & MASK;
    hash = (turned(hash ^ word, 23n) * second + third) & MASK;
    at += 4;
  }
  for (; at < length; at++) {
    hash = (turned(hash ^ ((BigInt(bytes[at]) * fifth) & MASK), 11n) * first) & MASK;
  }
  hash = ((hash ^ (hash >> 33n)) * second) & MASK;
  hash = ((hash ^ (hash >> 29n)) * third) & MASK;
  return hash ^ (hash >> 32n);
}

const LEFT_OUT = ["cityHash32", "cityHash64", "xxHash3", "murmur32v2", "murmur64v2", "rapidhash"];

function makeHash() {
  const hash = (data, seed) => wyhash(data, seed);
  Object.assign(hash, { wyhash, adler32, crc32, murmur32v3, xxHash32, xxHash64 });
  for (const name of LEFT_OUT) {
    hash[name] = missing(`Bun.hash.${name}`, "Bun.hash.wyhash, or a package such as xxhash-wasm");
  }
  return hash;
}

export { makeHash };
