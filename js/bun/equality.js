// Bun.deepEquals, Bun.deepMatch and Bun.peek.
//
// Called by: namespace.js.

import { core } from "ext:core/mod.js";
import { node } from "ext:howth/bun/parts.js";

// Without `isStrict`, what is undefined counts as not there, and classes do not count.
function deepEquals(a, b, isStrict = false) {
  return isStrict ? node.util().isDeepStrictEqual(a, b) : isLike(a, b, new Map());
}

// `seen`: pairs that are being compared further out.
function isLike(a, b, seen) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (seen.get(a)?.has(b)) return true;
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (!seen.has(a)) seen.set(a, new Set());
  seen.get(a).add(b);
  const compare = COMPARED[kind];
  return (compare === undefined || compare(a, b, seen)) && hasLikeMembers(a, b, seen);
}

function kindOf(value) {
  if (Array.isArray(value)) return "Array";
  if (value instanceof Error) return "Error";
  return Object.prototype.toString.call(value).slice(8, -1);
}

const sameValue = (a, b) => Object.is(a.valueOf(), b.valueOf());

const COMPARED = {
  Array: (a, b) => a.length === b.length,
  ArrayBuffer: (a, b) => node.util().isDeepStrictEqual(a, b),
  BigInt: sameValue,
  Boolean: sameValue,
  DataView: (a, b) => node.util().isDeepStrictEqual(a, b),
  Date: sameValue,
  Error: (a, b) => a.name === b.name && a.message === b.message,
  Map: (a, b, seen) =>
    a.size === b.size &&
    eachFound(a, b, (x, y) => isLike(x[0], y[0], seen) && isLike(x[1], y[1], seen)),
  Number: sameValue,
  Promise: () => false,
  RegExp: (a, b) => String(a) === String(b),
  Set: (a, b, seen) => a.size === b.size && eachFound(a, b, (x, y) => isLike(x, y, seen)),
  String: sameValue,
  WeakMap: () => false,
  WeakSet: () => false,
};

// Whether each of one has an equal among those of the other.
function eachFound(a, b, isEqual) {
  const left = [...b];
  for (const one of a) {
    const at = left.findIndex((other) => isEqual(one, other));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

function hasLikeMembers(a, b, seen) {
  const names = new Set([...Object.keys(a), ...Object.keys(b), ...symbolsOf(a), ...symbolsOf(b)]);
  for (const name of names) if (!isLike(a[name], b[name], seen)) return false;
  return true;
}

function symbolsOf(object) {
  const isShown = (symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol);
  return Object.getOwnPropertySymbols(object).filter(isShown);
}

// Whether all of `part` is in `whole`.
function deepMatch(part, whole) {
  if (typeof part !== "object" || part === null) return Object.is(part, whole);
  if (typeof whole !== "object" || whole === null) return false;
  if (Array.isArray(part) && part.length !== whole.length) return false;
  return Object.keys(part).every((name) => deepMatch(part[name], whole[name]));
}

const STATUS = ["pending", "fulfilled", "rejected"];

// What a promise has become, at once; itself while it has not.
function peek(value) {
  if (!core.isPromise(value)) return value;
  const [state, result] = core.getPromiseDetails(value);
  return state === 0 ? value : result;
}

peek.status = (value) =>
  core.isPromise(value) ? STATUS[core.getPromiseDetails(value)[0]] : "fulfilled";

export { deepEquals, deepMatch, peek };
