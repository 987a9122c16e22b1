// Header fields as programs give them: what a name and a value may be, and the list they stand in.
//
// A list is flat (name, value, name, value) as long as only howth's classes work on it. Deno's code, which wants
// pairs and changes them in place, gets them when it asks, and from then on the pairs are the list.

import { core, primordials } from "ext:core/mod.js";

const {
  ArrayPrototypeJoin,
  ArrayPrototypeSort,
  ArrayPrototypeSlice,
  ObjectKeys,
  RegExpPrototypeTest,
  SafeMap,
  SafeRegExp,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypeError,
} = primordials;

const { getHeader } = core.loadExtScript("ext:deno_fetch/20_headers.js");

// RFC 9110 section 5.6.2.
const TOKEN = new SafeRegExp("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$");
// What the Fetch standard lets no value hold, besides what is no byte.
const FORBIDDEN_IN_VALUE = new SafeRegExp("[\\0\\n\\r\\u0100-\\uffff]");

// Names are few in a program; one that makes them up must not fill the memory.
const NAMES_MAX = 1024;
const NAME_LENGTH_MAX = 64;
// Longer values are seldom the same twice.
const MEMO_LENGTH_MAX = 128;
// A longer string may be a slice, which keeps the text alive that it was cut from: a whole request's, say. This is V8's
// own limit, SlicedString::kMinLength less one.
const WHOLE_LENGTH_MAX = 12;
// How many of a name's longer values are copied to be remembered. One that goes on changing is not worth it.
const VALUES_COPIED_MAX = 8;
// Up to here a loop is faster than a regular expression.
const LOOP_LENGTH_MAX = 48;

const names = new SafeMap();

// The last list that was encoded, by how many fields it had: a program's responses have few different ones. No longer
// lists and texts are kept than these.
const ENCODED_FLAT_MAX = 64;
const ENCODED_LENGTH_MAX = 2048;
const encodings = [];
for (let length = 0; length <= ENCODED_FLAT_MAX; length++) encodings[length] = undefined;

// A name that was found to be a token, as it was written.
class FieldName {
  written;
  lower;
  // The last value that went with it and needed no change: most fields say the same in every message.
  value = null;
  valuesCopied = 0;

  constructor(written) {
    this.written = written;
    this.lower = StringPrototypeToLowerCase(written);
  }
}

// The FieldName of a string; null: it is no token.
function fieldName(written) {
  return names.get(written) ?? newFieldName(written);
}

function newFieldName(written) {
  if (!RegExpPrototypeTest(TOKEN, written)) return null;
  if (written.length > NAME_LENGTH_MAX) return new FieldName(written);
  if (names.size >= NAMES_MAX) names.clear();
  const own = copyOf(written);
  const name = new FieldName(own);
  names.set(own, name);
  return name;
}

// The same text in a string of its own. Joining and cutting make none, V8 puts them off; but what names a property is
// always one.
function copyOf(text) {
  return text.length <= WHOLE_LENGTH_MAX ? text : ObjectKeys({ __proto__: null, [text]: 0 })[0];
}

// The value as it is kept, without the whitespace around it; null: it cannot be the value of a field.
function fieldValue(name, value) {
  if (name.value === value) return value;
  const kept = normalized(value);
  if (kept !== null && kept.length <= MEMO_LENGTH_MAX) remember(name, kept);
  return kept;
}

function remember(name, value) {
  if (value.length > WHOLE_LENGTH_MAX) {
    if (name.valuesCopied === VALUES_COPIED_MAX) return;
    name.valuesCopied++;
  }
  name.value = copyOf(value);
}

function normalized(value) {
  const length = value.length;
  if (length === 0) return value;
  if (length > LOOP_LENGTH_MAX) return trimmed(value);
  for (let i = 0; i < length; i++) {
    const code = StringPrototypeCharCodeAt(value, i);
    if (code < 0x0e || code > 0xff) return trimmed(value);
  }
  // Whitespace at an end: 0x20 is the only kind the loop lets pass.
  return StringPrototypeCharCodeAt(value, 0) === 0x20 ||
    StringPrototypeCharCodeAt(value, length - 1) === 0x20
    ? trimmed(value)
    : value;
}

function trimmed(value) {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(StringPrototypeCharCodeAt(value, start))) start++;
  while (end > start && isWhitespace(StringPrototypeCharCodeAt(value, end - 1))) end--;
  const kept = end - start === value.length ? value : StringPrototypeSlice(value, start, end);
  return RegExpPrototypeTest(FORBIDDEN_IN_VALUE, kept) ? null : kept;
}

// HTTP whitespace as the Fetch standard has it.
function isWhitespace(code) {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

class FieldList {
  // FieldName, string, FieldName, string; null once `pairs` is the list.
  flat;
  // The first thing that made what a program gave no list of fields.
  problem = null;
  // These are of a response whose body `fetch` has decoded, and nobody has said since how it is encoded.
  isDecoded;
  #pairs = null;
  // What iteration sees, until the next change.
  #sorted = null;

  constructor(flat, isDecoded = false) {
    this.flat = flat;
    this.isDecoded = isDecoded;
  }

  // The list as Deno's code has it: [name, value] pairs, which it may change.
  get headerList() {
    if (this.flat !== null) {
      this.#pairs = toPairs(this.flat);
      this.flat = null;
    }
    return this.#pairs;
  }

  // The same fields in an array of their own.
  copy() {
    return this.flat === null ? fromPairs(this.#pairs) : ArrayPrototypeSlice(this.flat);
  }

  throwIfInvalid() {
    if (this.problem !== null) throw new TypeError(this.problem);
  }

  // All values of a name, which is in lower case; null: there is none.
  header(lower) {
    const flat = this.flat;
    if (flat === null) return getHeader(this.#pairs, lower);
    let found = null;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i].lower !== lower) continue;
      found = found === null ? flat[i + 1] : `${found}, ${flat[i + 1]}`;
    }
    return found;
  }

  // Those below are for a flat list.

  // All fields as one string: a name and a value to a line each. Joined, and not put together piece by piece: V8
  // passes a string that lies in one piece to Rust by reference.
  encoded() {
    const flat = this.flat;
    const earlier = encodings[flat.length];
    if (earlier !== undefined && isSameList(flat, earlier.flat)) return earlier.text;
    const lines = [];
    for (let i = 0; i < flat.length; i += 2) {
      lines[i] = flat[i].written;
      lines[i + 1] = flat[i + 1];
    }
    lines[flat.length] = "";
    const text = ArrayPrototypeJoin(lines, "\n");
    if (flat.length <= ENCODED_FLAT_MAX && text.length <= ENCODED_LENGTH_MAX) {
      encodings[flat.length] = { flat: ArrayPrototypeSlice(flat), text };
    }
    return text;
  }

  setCookies() {
    const flat = this.flat;
    const cookies = [];
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i].lower === "set-cookie") cookies[cookies.length] = flat[i + 1];
    }
    return cookies;
  }

  // Adds what has not been checked yet.
  add(key, text) {
    const name = fieldName(key);
    if (name === null) {
      this.problem ??= `Invalid header name: "${key}"`;
      return;
    }
    const value = fieldValue(name, text);
    if (value === null) this.problem ??= `Invalid header value: "${text}"`;
    else this.append(name, value);
  }

  append(name, value) {
    this.#noteEncoding(name.lower);
    const flat = this.flat;
    const end = flat.length;
    flat[end] = name;
    flat[end + 1] = value;
    this.#sorted = null;
  }

  set(name, value) {
    this.#noteEncoding(name.lower);
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i].lower !== name.lower) continue;
      flat[i + 1] = value;
      this.#removeFrom(i + 2, name.lower);
      return;
    }
    this.append(name, value);
  }

  delete(lower) {
    this.#noteEncoding(lower);
    this.#removeFrom(0, lower);
  }

  #noteEncoding(lower) {
    if (this.isDecoded && lower === "content-encoding") this.isDecoded = false;
  }

  #removeFrom(start, lower) {
    const flat = this.flat;
    let end = start;
    for (let i = start; i < flat.length; i += 2) {
      if (flat[i].lower === lower) continue;
      flat[end] = flat[i];
      flat[end + 1] = flat[i + 1];
      end += 2;
    }
    flat.length = end;
    this.#sorted = null;
  }

  // Sorted by name, the values of a name as one, but for each set-cookie by itself; null: the pairs are the list.
  sorted() {
    if (this.flat === null) return null;
    return (this.#sorted ??= sortAndCombine(this.flat));
  }
}

function isSameList(flat, other) {
  for (let i = 0; i < flat.length; i++) {
    if (flat[i] !== other[i]) return false;
  }
  return true;
}

function toPairs(flat) {
  const pairs = [];
  for (let i = 0; i < flat.length; i += 2) {
    pairs[i >> 1] = [flat[i].written, flat[i + 1]];
  }
  return pairs;
}

// Of pairs that are a header list already, and so are known to be valid.
function fromPairs(pairs) {
  const flat = [];
  for (let i = 0; i < pairs.length; i++) {
    flat[2 * i] = fieldName(pairs[i][0]);
    flat[2 * i + 1] = pairs[i][1];
  }
  return flat;
}

function sortAndCombine(flat) {
  const entries = [];
  const byName = { __proto__: null };
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i].lower;
    const earlier = byName[name];
    if (earlier !== undefined && name !== "set-cookie") {
      earlier[1] = `${earlier[1]}, ${flat[i + 1]}`;
    } else {
      entries[entries.length] = byName[name] = [name, flat[i + 1]];
    }
  }
  // The sort is stable, so cookies stay in their order.
  return ArrayPrototypeSort(entries, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

export { FieldList, fieldName, fieldValue, fromPairs, TOKEN };
