// The Request class: howth's constructor on Deno's prototype.
//
// Makes requests of the usual arguments: a URL or another Request, a method, headers and a body. Whatever else
// `fetch` can be told goes to Deno's constructor.

import { core, primordials } from "ext:core/mod.js";
import { FieldList, fieldName, fromPairs } from "ext:howth/web/fields.js";
import { replaceFormData } from "ext:howth/web/form_data.js";
import { headersOver, readFields } from "ext:howth/web/headers.js";
import { privateSymbol, replaceInterface, replaceMembers } from "ext:howth/web/interface.js";
import { InnerMessage, toBody } from "ext:howth/web/message.js";
import { resolveUrl } from "ext:howth/web/url.js";

const {
  ObjectPrototypeIsPrototypeOf,
  ReflectApply,
  ReflectConstruct,
  StringPrototypeStartsWith,
  StringPrototypeToUpperCase,
  TypeError,
} = primordials;

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { Request: DenoRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { createDependentAbortSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");

const { prototype } = DenoRequest;
const brand = webidl.brand;
const sample = new DenoRequest("http://localhost/");
const requestKey = privateSymbol(sample, "request");
const headersCacheKey = privateSymbol(sample, "headers cache");
const guardKey = privateSymbol(sample, "headers guard");
const signalCacheKey = privateSymbol(sample, "signalCache");
const headersKey = privateSymbol(prototype, "headers");
const signalKey = privateSymbol(prototype, "signal");

const toByteString = webidl.converters.ByteString;
const toDOMString = webidl.converters.DOMString;

class ConstructedRequest extends InnerMessage {
  method = "GET";
  redirectMode = "follow";
  redirectCount = 0;
  clientRid = null;
  blobUrlEntry = null;
  // The Request whose signal this one's follows; null: none.
  followed = null;
  // The request that is being served and that this is a copy of; null: of none.
  served = null;
  #url;

  constructor(url) {
    super();
    this.#url = url;
  }

  url() {
    return this.#url;
  }

  currentUrl() {
    return this.#url;
  }

  get urlList() {
    return [() => this.#url];
  }

  get urlListProcessed() {
    return [this.#url];
  }

  // A request that was redirected is Deno's own copy.
  clone(followed) {
    const copy = new ConstructedRequest(this.#url);
    copy.method = this.method;
    copy.followed = followed;
    copy.served = this.served;
    this.copyTo(copy);
    return copy;
  }

  giveMethod(method) {
    if (method === "GET" || method === "POST") this.method = method;
    else this.method = normalizedMethod(method);
  }
}

// https://fetch.spec.whatwg.org/#concept-method-normalize
function normalizedMethod(method) {
  if (fieldName(method) === null) throw new TypeError("Method is not valid");
  const upper = StringPrototypeToUpperCase(method);
  switch (upper) {
    case "DELETE":
    case "GET":
    case "HEAD":
    case "OPTIONS":
    case "POST":
    case "PUT":
      return upper;
    case "CONNECT":
    case "TRACE":
    case "TRACK":
      throw new TypeError("Method is forbidden");
  }
  return method;
}

function Request(input, init = undefined) {
  if (new.target === undefined) {
    throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  }
  if (input === brand) {
    initialize(this, init);
    return;
  }
  const prefix = "Failed to construct 'Request'";
  webidl.requiredArguments(arguments.length, 1, prefix);
  const source = isRequest(input) ? input : null;
  const url = source !== null || typeof input === "string" ? input : toDOMString(input, prefix);
  if (!isUsual(source, url, init)) {
    const request = ReflectConstruct(DenoRequest, [url, init], new.target);
    if (source !== null) request[requestKey].served = servedBehind(source[requestKey]);
    return request;
  }
  const inner = source === null ? fromUrl(url, init, prefix) : fromRequest(source, init, prefix);
  initialize(this, inner);
}

function initialize(request, inner) {
  request[brand] = brand;
  request[requestKey] = inner;
  request[headersCacheKey] = undefined;
  request[guardKey] = "request";
  request[signalCacheKey] = undefined;
}

function isRequest(value) {
  return typeof value === "object" && ObjectPrototypeIsPrototypeOf(prototype, value);
}

function isUsual(source, url, init) {
  if (source === null) {
    if (!StringPrototypeStartsWith(url, "http")) return false;
  } else if (!isPlain(source[requestKey])) {
    return false;
  }
  if (init === undefined || init === null) return true;
  return (
    typeof init === "object" &&
    init.cache === undefined &&
    init.client === undefined &&
    init.credentials === undefined &&
    init.integrity === undefined &&
    init.keepalive === undefined &&
    init.mode === undefined &&
    init.priority === undefined &&
    init.redirect === undefined &&
    init.referrer === undefined &&
    init.referrerPolicy === undefined &&
    init.signal === undefined
  );
}

// The request that is being served and that stands behind an inner one: itself, or what it is a copy of; null: none.
function servedBehind(inner) {
  return isServed(inner) ? inner : (inner.served ?? null);
}

function isServed(inner) {
  return typeof inner?.header === "function";
}

// Whether a request says nothing but method, URL, headers and body: one made here, or one that is being served.
function isPlain(inner) {
  return inner instanceof ConstructedRequest || isServed(inner);
}

function fromUrl(url, init, prefix) {
  const given = readInit(init, prefix);
  const inner = new ConstructedRequest(resolveUrl(url));
  if (given !== null) applyInit(inner, given, null);
  return inner;
}

function fromRequest(source, init, prefix) {
  const given = readInit(init, prefix);
  const original = source[requestKey];
  const inner = new ConstructedRequest(original.url());
  inner.method = original.method;
  inner.followed = source;
  inner.served = servedBehind(original);
  if (given === null || given.fields === null) inner.fields = copyFields(original);
  applyInit(inner, given, original.body);
  return inner;
}

function copyFields(original) {
  return new FieldList(
    original instanceof ConstructedRequest
      ? original.openFields().copy()
      : fromPairs(original.headerList),
  );
}

// What is read of a RequestInit, in the order Web IDL has for its members; null: nothing.
function readInit(init, prefix) {
  if (init === undefined || init === null) return null;
  const given = { body: null, fields: null, method: undefined };
  const { body } = init;
  if (body !== undefined) given.body = toBody(body, prefix);
  const { headers } = init;
  if (headers !== undefined) {
    given.fields = readFields(headers, prefix, "'headers' of 'RequestInit' (Argument 2)");
  }
  const { method } = init;
  if (method !== undefined) given.method = toByteString(method, prefix, "Argument 2");
  return given;
}

// `inputBody`: the body of the request that this one is made of.
function applyInit(inner, given, inputBody) {
  let body = null;
  if (given !== null) {
    body = given.body;
    if (given.method !== undefined) inner.giveMethod(given.method);
    if (given.fields !== null) {
      given.fields.throwIfInvalid();
      inner.fields = given.fields;
    }
  }
  if (body === null && inputBody === null) return;
  if (inner.method === "GET" || inner.method === "HEAD") {
    throw new TypeError("Request with GET/HEAD method cannot have body");
  }
  if (body !== null) {
    inner.giveBody(body);
    return;
  }
  if (inputBody.unusable()) throw new TypeError("Input request's body is unusable");
  inner.body = inputBody.createProxy();
}

const deno = replaceMembers(prototype, {
  // What `headers` and Deno's own code read.
  get [headersKey]() {
    const inner = this[requestKey];
    if (!(inner instanceof ConstructedRequest)) return ReflectApply(deno[headersKey], this, []);
    return (this[headersCacheKey] ??= headersOver(inner.openFields(), this[guardKey]));
  },

  get [signalKey]() {
    const followed = this[requestKey].followed;
    if (this[signalCacheKey] === undefined && followed) {
      this[signalCacheKey] = createDependentAbortSignal([followed[signalKey]], "Request");
    }
    return ReflectApply(deno[signalKey], this, []);
  },

  clone() {
    const inner = this[requestKey];
    if (!(inner instanceof ConstructedRequest)) {
      const copy = ReflectApply(deno.clone, this, []);
      copy[requestKey].served = servedBehind(inner);
      return copy;
    }
    if (inner.content === null && inner.body?.unusable()) throw new TypeError("Body is unusable");
    const copy = new Request(brand, inner.clone(this));
    copy[guardKey] = this[guardKey];
    return copy;
  },
});

replaceFormData(prototype);
replaceInterface(Request, DenoRequest);

// The request that is being served and that a program's Request is, or is a copy of; null: none.
function servedRequest(request) {
  const inner = isRequest(request) ? request[requestKey] : undefined;
  return inner === undefined ? null : servedBehind(inner);
}

export { servedRequest };
