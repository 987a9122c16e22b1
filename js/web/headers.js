// The Headers class: howth's constructor and methods on Deno's prototype.
//
// A Headers object made here reads and changes a FieldList. One that Deno's code made, or that the methods here
// do not know how to treat, goes through Deno's methods.

import { core, primordials } from "ext:core/mod.js";
import { FieldList, fieldName, fieldValue, fromPairs } from "ext:howth/web/fields.js";
import {
  defineDefaults,
  privateSymbol,
  replaceInterface,
  replaceMembers,
} from "ext:howth/web/interface.js";

const {
  ArrayIsArray,
  ArrayIteratorPrototype,
  ArrayPrototype,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectPrototypeIsPrototypeOf,
  ReflectApply,
  SafeWeakSet,
  SymbolIterator,
  TypeError,
  WeakSetPrototypeAdd,
  WeakSetPrototypeHas,
} = primordials;

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { Headers: DenoHeaders } = core.loadExtScript("ext:deno_fetch/20_headers.js");

const { prototype } = DenoHeaders;
const brand = webidl.brand;
const sample = new DenoHeaders();
const listKey = privateSymbol(sample, "header list");
// What the fields are asked of while Deno's code has no list of them: a FieldList, or a request's inner half.
const targetKey = privateSymbol(sample, "header target");
const guardKey = privateSymbol(sample, "guard");
const iterableKey = privateSymbol(prototype, "iterable headers");
const stateKey = privateSymbol(sample.keys(), "iterator internal");

const arrayIterator = ArrayPrototype[SymbolIterator];
const nextOfArray = ArrayIteratorPrototype.next;

const toByteString = webidl.converters.ByteString;
const toByteStrings = webidl.converters["sequence<ByteString>"];
const toHeadersInit = webidl.converters.HeadersInit;

// Of responses whose body `fetch` has decoded: their content-encoding and content-length are those of what was received.
const ofDecoded = new SafeWeakSet();

defineDefaults(prototype, {
  [targetKey]: null,
  [privateSymbol(sample, "lowercase header names")]: null,
  [privateSymbol(sample, "header list getter")]: null,
  [privateSymbol(sample, "header get")]: null,
});

function Headers(init = undefined, fields, guard) {
  if (new.target === undefined) {
    throw new TypeError("Class constructor Headers cannot be invoked without 'new'");
  }
  this[brand] = brand;
  this[listKey] = null;
  if (init === brand) {
    this[targetKey] = fields;
    this[guardKey] = guard;
    return;
  }
  const own =
    init === undefined ? new FieldList([]) : readFields(init, "Failed to construct 'Headers'");
  own.throwIfInvalid();
  this[targetKey] = own;
  this[guardKey] = "none";
}

// The Headers object of a list that somebody else changes and reads as well.
function headersOver(fields, guard) {
  return new Headers(brand, fields, guard);
}

function noteDecoded(headers) {
  WeakSetPrototypeAdd(ofDecoded, headers);
}

// The list that a HeadersInit describes, which may be invalid: all of it has to be converted, which may run code of
// the program, before the time comes to complain.
function readFields(init, prefix, context = "Argument 1") {
  if (typeof init !== "object" || init === null || core.isProxy(init)) {
    return fromConverted(toHeadersInit(init, prefix, context));
  }
  const iterator = init[SymbolIterator];
  if (iterator === undefined) return fromRecord(init, prefix, context);
  if (iterator === headersIterator) {
    const other = init[targetKey];
    return other instanceof FieldList
      ? new FieldList(other.copy(), other.isDecoded)
      : new FieldList(fromPairs(init[iterableKey]), WeakSetPrototypeHas(ofDecoded, init));
  }
  if (iterator === arrayIterator && ArrayIsArray(init) && arraysAreIteratedAsUsual()) {
    return fromArray(init, prefix, context);
  }
  return fromConverted(toHeadersInit(init, prefix, context));
}

function arraysAreIteratedAsUsual() {
  return ArrayIteratorPrototype.next === nextOfArray;
}

function fromRecord(record, prefix, context) {
  const fields = new FieldList([]);
  for (const key in record) {
    if (!ObjectHasOwn(record, key)) continue;
    let value = record[key];
    if (typeof value !== "string") value = toByteString(value, prefix, context);
    fields.add(key, value);
  }
  return fields;
}

function fromArray(array, prefix, context) {
  const fields = new FieldList([]);
  for (let i = 0; i < array.length; i++) {
    let pair = array[i];
    if (!ArrayIsArray(pair) || pair[SymbolIterator] !== arrayIterator || pair.length !== 2) {
      pair = toByteStrings(pair, prefix, `${context}, index ${i}`);
    }
    if (pair.length !== 2) {
      fields.problem ??= `Invalid header: length must be 2, but is ${pair.length}`;
      continue;
    }
    let name = pair[0];
    let value = pair[1];
    if (typeof name !== "string") name = toByteString(name, prefix, context);
    if (typeof value !== "string") value = toByteString(value, prefix, context);
    fields.add(name, value);
  }
  return fields;
}

function fromConverted(init) {
  return ArrayIsArray(init) ? fromArray(init) : fromRecord(init);
}

// The list behind a Headers object that may be changed; null: Deno's method knows what to do or to say.
function changeable(headers) {
  const fields = headers[targetKey];
  return fields instanceof FieldList && fields.flat !== null && headers[guardKey] !== "immutable"
    ? fields
    : null;
}

const deno = replaceMembers(prototype, {
  append(name, value) {
    if (arguments.length < 2) return ReflectApply(deno.append, this, arguments);
    const known = readName(name, "append");
    const kept = readValue(known, value, "append");
    const fields = changeable(this);
    if (fields === null) return ReflectApply(deno.append, this, [known.written, kept]);
    fields.append(known, kept);
  },

  delete(name) {
    if (arguments.length < 1) return ReflectApply(deno.delete, this, arguments);
    const known = readName(name, "delete");
    const fields = changeable(this);
    if (fields === null) return ReflectApply(deno.delete, this, [known.written]);
    fields.delete(known.lower);
  },

  get(name) {
    const target = this[targetKey];
    if (target && typeof name === "string") {
      const known = fieldName(name);
      if (known !== null) return target.header(known.lower);
    }
    return ReflectApply(deno.get, this, arguments);
  },

  getSetCookie() {
    const fields = this[targetKey];
    if (!(fields instanceof FieldList) || fields.flat === null) {
      return ReflectApply(deno.getSetCookie, this, arguments);
    }
    return fields.setCookies();
  },

  has(name) {
    const target = this[targetKey];
    if (target && typeof name === "string") {
      const known = fieldName(name);
      if (known !== null) return target.header(known.lower) !== null;
    }
    return ReflectApply(deno.has, this, arguments);
  },

  set(name, value) {
    if (arguments.length < 2) return ReflectApply(deno.set, this, arguments);
    const known = readName(name, "set");
    const kept = readValue(known, value, "set");
    const fields = changeable(this);
    if (fields === null) return ReflectApply(deno.set, this, [known.written, kept]);
    fields.set(known, kept);
  },

  // Sorted pairs, as iteration and Deno's inspection read them.
  get [iterableKey]() {
    const target = this[targetKey];
    const sorted = typeof target?.sorted === "function" ? target.sorted() : null;
    return sorted ?? ReflectApply(deno[iterableKey], this, []);
  },
});

function readName(name, method) {
  const text =
    typeof name === "string"
      ? name
      : toByteString(name, `Failed to execute '${method}' on 'Headers'`, "Argument 1");
  const known = fieldName(text);
  if (known === null) throw new TypeError(`Invalid header name: "${text}"`);
  return known;
}

function readValue(known, value, method) {
  const text =
    typeof value === "string"
      ? value
      : toByteString(value, `Failed to execute '${method}' on 'Headers'`, "Argument 2");
  const kept = fieldValue(known, text);
  if (kept === null) throw new TypeError(`Invalid header value: "${text}"`);
  return kept;
}

// Deno's iterators, made without Deno's detour: the same prototype, which reads the same state.
function HeadersIterator(target, kind) {
  this[stateKey] = { target, kind, index: 0 };
}
HeadersIterator.prototype = ObjectGetPrototypeOf(sample.keys());

function isHeaders(value) {
  return ObjectPrototypeIsPrototypeOf(prototype, value) && value[brand] === brand;
}

const iterators = replaceMembers(prototype, {
  entries() {
    if (!isHeaders(this)) return ReflectApply(iterators.entries, this, []);
    return new HeadersIterator(this, "key+value");
  },

  keys() {
    if (!isHeaders(this)) return ReflectApply(iterators.keys, this, []);
    return new HeadersIterator(this, "key");
  },

  values() {
    if (!isHeaders(this)) return ReflectApply(iterators.values, this, []);
    return new HeadersIterator(this, "value");
  },
});
const headersIterator = prototype.entries;
replaceMembers(prototype, { [SymbolIterator]: headersIterator });

replaceInterface(Headers, DenoHeaders);

export { headersOver, noteDecoded, readFields };
