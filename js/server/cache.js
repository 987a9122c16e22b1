// Howth.cache: handlers whose responses are kept, and given again without a call of JavaScript.
//
// Owns how a program says so, and what it may ask of what is kept. What is kept, and by which rules: crates/response-cache. Called
// by: programs, through Howth; routes.js.

const MEANT = "Howth.cache";
// What a tag may have in it: Cache-Tag is a list.
const TAG = /^[\x21-\x2b\x2d-\x7e]+$/;
// Longer than any program waits: a thousand years.
const SECONDS_MAX = 31_536_000_000;

// For so long a request waits for the response to another, as in nginx.
const WAIT_SECONDS = 5;

let ops;

function connectOps(bound) {
  ops = bound;
}

// A handler whose responses are kept, as a route.
class Cached {
  #handler;
  // What crosses to Rust.
  #said;

  constructor(handler, said) {
    this.#handler = handler;
    this.#said = said;
    Object.freeze(this);
  }

  static read(value) {
    const isCached = typeof value === "object" && value !== null && #handler in value;
    return isCached ? { handler: value.#handler, said: value.#said } : undefined;
  }
}

// Howth.cache(handler, options).
function cache(handler, options) {
  if (typeof handler !== "function") {
    throw new TypeError(`${MEANT}: the handler must be a function`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${MEANT} takes a handler and options, such as { ttl: 60 }`);
  }
  const { ttl, staleWhileRevalidate = 0, staleIfError = 0, vary = [] } = options;
  const { query = true, maxBytes, tags = [], maxWait = WAIT_SECONDS } = options;
  return new Cached(handler, {
    ttl: ttl === "response" ? null : lifetime(ttl),
    staleWhileRevalidate: seconds(staleWhileRevalidate, "staleWhileRevalidate"),
    staleIfError: seconds(staleIfError, "staleIfError"),
    vary: texts(vary, "vary").map((name) => name.toLowerCase()),
    query: query === true ? null : texts(query, "query", "true or an array of names"),
    maxBytes: maxBytes === undefined ? null : bytes(maxBytes),
    tags: texts(tags, "tags").map(checkedTag),
    maxWait: seconds(maxWait, "maxWait"),
  });
}

function lifetime(ttl) {
  if (typeof ttl !== "number" || !(ttl > 0) || ttl > SECONDS_MAX) {
    throw new TypeError(`${MEANT}: ttl must be a number of seconds above 0, or "response"`);
  }
  return ttl;
}

function seconds(value, name) {
  if (typeof value !== "number" || !(value >= 0) || value > SECONDS_MAX) {
    throw new TypeError(`${MEANT}: ${name} must be a number of seconds`);
  }
  return value;
}

function bytes(value) {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`${MEANT}: maxBytes must be a number of bytes above 0`);
  }
  return value;
}

function texts(value, name, wanted = "an array of texts") {
  const isList = Array.isArray(value) && value.every((one) => typeof one === "string");
  if (!isList) throw new TypeError(`${MEANT}: ${name} must be ${wanted}`);
  return value.slice();
}

function checkedTag(tag) {
  if (!TAG.test(tag)) {
    throw new TypeError(
      `${MEANT}: the tag ${JSON.stringify(tag)} must be of visible ASCII characters, without a comma`,
    );
  }
  return tag;
}

// Forgets what is kept under a URL (path and query, whatever the host), a path (whatever the query) or a tag.
async function purge(what) {
  const { url, path, tag } = typeof what === "object" && what !== null ? what : {};
  const given = [url, path, tag].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new TypeError(`${MEANT}.purge takes one of { url }, { path } and { tag }`);
  }
  if (tag !== undefined) {
    if (typeof tag !== "string") throw new TypeError(`${MEANT}.purge: the tag must be a text`);
    ops.op_howth_cache_purge_tag(checkedTag(tag));
    return;
  }
  const { pathname, search } = readUrl(url ?? path);
  if (url !== undefined) ops.op_howth_cache_purge_url(pathname + search);
  else ops.op_howth_cache_purge_path(pathname);
}

// As requests have it. A path needs no host.
function readUrl(given) {
  const isUrl = given instanceof URL;
  const text = isUrl ? given.href : given;
  const read = typeof text === "string" ? URL.parse(text, "http://localhost") : null;
  const isAbsolute = isUrl || /^(\/|https?:)/i.test(text);
  if (read === null || !isAbsolute) {
    throw new TypeError(`${MEANT}.purge: give a path that begins with "/", or a URL`);
  }
  return read;
}

// Forgets everything.
function clear() {
  ops.op_howth_cache_clear();
}

// What there is, and what all cores have counted.
function stats() {
  return ops.op_howth_cache_stats();
}

// The handler of a route and what is said of keeping its responses; undefined: it is not such a route.
function readCached(target) {
  return Cached.read(target);
}

Object.freeze(Object.assign(cache, { clear, purge, stats }));

export { cache, connectOps, readCached };
