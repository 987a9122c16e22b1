// The field section of a request, as text that the engine has judged: "name: value", CR and LF, one line a field.
//
// Rust finds the fields (crates/runtime/src/bridge/field_places.rs), names and values are cut out here. Reads only.

import { FieldPlaces } from "ext:howth/server/numbers.js";

const SPACE = 0x20;
const TAB = 0x09;

// Of what op_howth_fields writes: the number of a field's name, where the name begins and ends, where the value does.
const FIELD_LENGTH = FieldPlaces.LENGTH;
const FIELDS_AT_FIRST = 64;

let ops;
// The names that have a number, in lower case; 1 is the first's, 0 that of any other.
let names;
let places;

function connectOps(bound) {
  ops = bound;
  names = [null, ...ops.op_howth_field_names()];
  places = new Uint32Array(FIELDS_AT_FIRST * FIELD_LENGTH);
}

// How many fields there are; where they lie is in `places`.
function find(text, start, isSorted) {
  const count = ops.op_howth_fields(text, start, isSorted, places);
  if (count * FIELD_LENGTH <= places.length) return count;
  places = new Uint32Array(count * FIELD_LENGTH);
  return ops.op_howth_fields(text, start, isSorted, places);
}

function nameAt(text, at) {
  const number = places[at];
  return number > 0 ? names[number] : text.slice(places[at + 1], places[at + 2]).toLowerCase();
}

// The fields as the Fetch standard lists them: [name in lower case, value], in the order they came. Cookies of several
// lines are one field: they are parted by "; " (RFC 6265 section 4.2.1, RFC 9113 section 8.2.3), and whoever joins fields
// later would put commas between them.
function fieldsOf(text, start) {
  const count = find(text, start, false);
  const list = [];
  let cookies = null;
  for (let i = 0, at = 0; i < count; i++, at += FIELD_LENGTH) {
    const name = nameAt(text, at);
    const value = text.slice(places[at + 3], places[at + 4]);
    if (name === "cookie" && cookies !== null) {
      cookies[1] = `${cookies[1]}; ${value}`;
      continue;
    }
    const field = [name, value];
    if (name === "cookie") cookies = field;
    list[list.length] = field;
  }
  return list;
}

// The fields as the Fetch standard iterates over them: by name, the values of a name as one. A request has no set-cookie,
// or if it has, each is by itself.
function sortedFieldsOf(text, start) {
  const count = find(text, start, true);
  const list = [];
  let last = null;
  for (let i = 0, at = 0; i < count; i++, at += FIELD_LENGTH) {
    const name = nameAt(text, at);
    const value = text.slice(places[at + 3], places[at + 4]);
    if (last !== null && last[0] === name && name !== "set-cookie") {
      last[1] = `${last[1]}${name === "cookie" ? "; " : ", "}${value}`;
    } else {
      last = [name, value];
      list[list.length] = last;
    }
  }
  return list;
}

// Names and values by turns, as they came.
function rawFieldsOf(text, start) {
  const count = find(text, start, false);
  const list = new Array(count * 2);
  for (let i = 0, at = 0; i < count; i++, at += FIELD_LENGTH) {
    list[i * 2] = text.slice(places[at + 1], places[at + 2]);
    list[i * 2 + 1] = text.slice(places[at + 3], places[at + 4]);
  }
  return list;
}

// The value that begins behind a colon.
function valueAt(text, start) {
  return trimmed(text, start, text.indexOf("\r", start));
}

function trimmed(text, from, to) {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code) {
  return code === SPACE || code === TAB;
}

export { connectOps, fieldsOf, rawFieldsOf, sortedFieldsOf, valueAt };
