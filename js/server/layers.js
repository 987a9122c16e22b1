// Howth.headers, Howth.securityHeaders, Howth.cors, Howth.rateLimit: what is around the target of a route, without a call of
// JavaScript.
//
// Owns how they are read; what is wrong with names, origins and rates is found in Rust, when the routes are read. Called by:
// programs, through Howth; routes.js; the routes of Bun.serve.

const SECURITY_FIELDS = Object.freeze({
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "strict-origin-when-cross-origin",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
});

const KEYS = new Set(["address", "route"]);

// A layer and its target: a Response, a handler, a folder, a file, a redirect, another layer, or an object of them by method.
class Layered {
  #said;
  #target;

  constructor(said, target, meant) {
    if (target === undefined || target === null) {
      throw new TypeError(`${meant} needs a target: a Response, a handler, Howth.dir(…), …`);
    }
    this.#said = said;
    this.#target = target;
    Object.freeze(this);
  }

  // { said, target, around }: what crosses to Rust, what is within, and the same layer around something else.
  static parts(value) {
    if (typeof value !== "object" || value === null || !(#said in value)) return undefined;
    const said = value.#said;
    const around = (target) => new Layered(said, target, "a layer");
    return { said, target: value.#target, around };
  }
}

// Howth.headers({ name: value }, target): null leaves a field out.
function headers(fields, target) {
  return new Layered({ headers: readFields(fields, "Howth.headers") }, target, "Howth.headers");
}

// Howth.securityHeaders(target, overrides).
function securityHeaders(target, overrides = {}) {
  const meant = "Howth.securityHeaders";
  const given = readFields(overrides, meant);
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const own = Object.entries(SECURITY_FIELDS).filter(([name]) => !names.has(name));
  return new Layered({ headers: [...own, ...given] }, target, meant);
}

function readFields(fields, meant) {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new TypeError(`${meant} takes an object of fields: { "x-frame-options": "DENY" }`);
  }
  const entries = fields instanceof Headers ? [...fields] : Object.entries(fields);
  return entries.map(([name, value]) => {
    if (value === null) return [name, null];
    if (typeof value !== "string" || !isLatin1(value)) {
      throw new TypeError(
        `${meant}: the value of "${name}" must be a text of characters up to U+00FF, or null to leave the field out`,
      );
    }
    return [name, value];
  });
}

function isLatin1(value) {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0xff) return false;
  }
  return true;
}

// Howth.cors(options, target).
function cors(options, target) {
  const meant = "Howth.cors";
  checkOptions(options, meant);
  const { origin = "*", methods, allowedHeaders, exposedHeaders = [] } = options;
  const { credentials = false, maxAge } = options;
  if (typeof credentials !== "boolean") {
    throw new TypeError(`${meant}: credentials must be true or false`);
  }
  if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 0 && maxAge <= 0x7fff_ffff)) {
    throw new TypeError(`${meant}: maxAge must be a number of seconds`);
  }
  const said = {
    origins: texts(origin, "origin", meant),
    methods: methods === undefined ? null : texts(methods, "methods", meant),
    allowedHeaders:
      allowedHeaders === undefined ? null : texts(allowedHeaders, "allowedHeaders", meant),
    exposedHeaders: texts(exposedHeaders, "exposedHeaders", meant),
    credentials,
    maxAge: maxAge ?? null,
  };
  return new Layered({ cors: said }, target, meant);
}

function texts(value, name, meant) {
  const all = typeof value === "string" ? [value] : value;
  if (!Array.isArray(all) || !all.every((text) => typeof text === "string" && text !== "")) {
    throw new TypeError(`${meant}: ${name} must be a text, or an array of texts`);
  }
  return [...all];
}

// Howth.rateLimit(options, target).
function rateLimit(options, target) {
  const meant = "Howth.rateLimit";
  checkOptions(options, meant);
  const { rate, burst, key = "address", name, keys } = options;
  if (typeof rate !== "string") {
    throw new TypeError(`${meant}: rate must be a text such as "100/s", "10/m" or "1000/h"`);
  }
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw new TypeError(`${meant}: name must be a text`);
  }
  const said = {
    rate,
    burst: wholeNumber(burst, "burst", meant),
    key: readKey(key, meant),
    name: name ?? null,
    keys: wholeNumber(keys, "keys", meant),
  };
  return new Layered({ rateLimit: said }, target, meant);
}

// { kind, name }: of a header or cookie also its name.
function readKey(key, meant) {
  if (KEYS.has(key)) return { kind: key, name: "" };
  for (const kind of ["header", "cookie"]) {
    const name = typeof key === "object" ? key?.[kind] : undefined;
    if (typeof name === "string" && name !== "") return { kind, name };
  }
  throw new TypeError(
    `${meant}: key must be "address", "route", { header: name } or { cookie: name }`,
  );
}

// null: it is not given.
function wholeNumber(value, name, meant) {
  if (value === undefined) return null;
  if (!Number.isInteger(value) || value < 1 || value > 0xffff_ffff) {
    throw new TypeError(`${meant}: ${name} must be a whole number of at least 1`);
  }
  return value;
}

function checkOptions(options, meant) {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${meant} takes an object of options, and a target`);
  }
}

function layerParts(target) {
  return Layered.parts(target);
}

export { cors, headers, layerParts, rateLimit, securityHeaders };
