// Howth.query(request): the query of a request, read without its URL being parsed, and only where it is asked for.
//
// Owns what is cut out of the text of the target. Says what URLSearchParams says (URL standard, application/x-www-form-urlencoded
// parsing): where anything is encoded, that is asked. Called by: programs, through Howth.

import { core } from "ext:core/mod.js";
import { servedRequest } from "ext:howth/web/request.js";

const { URLSearchParams } = core.loadExtScript("ext:deno_web/00_url.js");

// What has none of these stands for itself.
const ENCODED = /[%+]/;
// What no name has that is not encoded.
const SEPARATOR = /[=&]/;

class Query {
  // Without the question mark.
  #text;
  #isPlain;
  #parsed = null;

  constructor(text) {
    this.#text = text;
    this.#isPlain = !ENCODED.test(text);
  }

  // The first value of a name; null: there is none.
  get(name) {
    if (!this.#isPlain) return this.#parameters.get(name);
    const place = this.#find(`${name}`, 0);
    return place === -1 ? null : this.#valueAt(place);
  }

  // All values of a name, in their order.
  getAll(name) {
    if (!this.#isPlain) return this.#parameters.getAll(name);
    const wanted = `${name}`;
    const values = [];
    let place = this.#find(wanted, 0);
    while (place !== -1) {
      values.push(this.#valueAt(place));
      const next = nextPair(this.#text, place);
      place = next === -1 ? -1 : this.#find(wanted, next);
    }
    return values;
  }

  // With a value: whether any of the values of a name is that one.
  has(name, value = undefined) {
    if (value !== undefined) return this.getAll(name).includes(`${value}`);
    if (!this.#isPlain) return this.#parameters.has(name);
    return this.#find(`${name}`, 0) !== -1;
  }

  entries() {
    return this.#parameters.entries();
  }

  [Symbol.iterator]() {
    return this.#parameters.entries();
  }

  // As it was sent.
  toString() {
    return this.#text;
  }

  // The constructor takes a question mark away, and what was sent may begin with one.
  get #parameters() {
    return (this.#parsed ??= new URLSearchParams(`?${this.#text}`));
  }

  // Where the value of the next pair of this name begins, from a place on; -1: there is none.
  #find(name, from) {
    if (SEPARATOR.test(name)) return -1;
    const text = this.#text;
    let at = from;
    while ((at = text.indexOf(name, at)) !== -1) {
      const end = at + name.length;
      const isFirst = at === 0 || text[at - 1] === "&";
      if (isFirst && (end === text.length || text[end] === "=" || text[end] === "&")) {
        // Two ampersands with nothing between them are no pair (step 3.1 of the parser).
        if (name !== "" || text[end] === "=") return end;
      }
      at = name === "" ? nextPair(text, at) : end;
      if (at === -1) return -1;
    }
    return -1;
  }

  #valueAt(place) {
    const text = this.#text;
    if (text[place] !== "=") return "";
    const end = text.indexOf("&", place);
    return end === -1 ? text.slice(place + 1) : text.slice(place + 1, end);
  }
}

function nextPair(text, from) {
  const end = text.indexOf("&", from);
  return end === -1 ? -1 : end + 1;
}

// The query of a request of any kind.
function query(request) {
  const inner = servedRequest(request);
  if (inner !== null) return new Query(inner.query());
  const { url } = request;
  if (typeof url !== "string") throw new TypeError("Howth.query takes a Request");
  const start = url.indexOf("?");
  const fragment = url.indexOf("#");
  const end = fragment === -1 ? url.length : fragment;
  return new Query(start === -1 || start > end ? "" : url.slice(start + 1, end));
}

export { query };
