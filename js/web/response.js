// The Response class: howth's constructor on Deno's prototype.

import { core, primordials } from "ext:core/mod.js";
import { FieldList, fieldName, fromPairs } from "ext:howth/web/fields.js";
import { replaceFormData } from "ext:howth/web/form_data.js";
import { headersOver, noteDecoded, readFields } from "ext:howth/web/headers.js";
import {
  defineDefaults,
  privateSymbol,
  replaceInterface,
  replaceMembers,
} from "ext:howth/web/interface.js";
import { InnerMessage, toBody } from "ext:howth/web/message.js";
import { resolveLocation } from "ext:howth/web/url.js";

const {
  ObjectDefineProperty,
  ObjectFreeze,
  RangeError,
  ReflectApply,
  RegExpPrototypeTest,
  SafeRegExp,
  SafeWeakSet,
  TypeError,
  WeakSetPrototypeAdd,
  WeakSetPrototypeHas,
} = primordials;

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { serializeJSValueToJSONString } = core.loadExtScript("ext:deno_web/00_infra.js");
const {
  nullBodyStatus,
  redirectStatus,
  Response: DenoResponse,
  SERVE_FAST_HEADER_NONE,
  serveFastBodyKey,
  serveFastConsumedKey,
  serveFastContentTypeKey,
  serveFastHeaderKindKey,
  serveFastStatusKey,
  serveNativeResponseKey,
} = core.loadExtScript("ext:deno_fetch/23_response.js");

const { prototype } = DenoResponse;
const brand = webidl.brand;
const sample = new DenoResponse();
const responseKey = privateSymbol(sample, "response");
const headersKey = privateSymbol(sample, "headers");
const guardKey = privateSymbol(sample, "headers guard");

const toByteString = webidl.converters.ByteString;
const toUnsignedShort = webidl.converters["unsigned short"];
const toUSVString = webidl.converters.USVString;

// RFC 9112 section 4.
const REASON_PHRASE = new SafeRegExp("^[\\t\\x20-\\x7e\\x80-\\xff]*$");
const JSON_TYPE = "application/json";
const LOCATION = fieldName("Location");
const NO_URLS = ObjectFreeze([]);

// Streams of bodies that `fetch` has decoded, and whether there was ever one.
const decodedStreams = new SafeWeakSet();
let hasDecoded = false;

// To Deno's code, which sends by them, an instance made here is none that its constructor has prepared to be sent.
defineDefaults(prototype, {
  [guardKey]: "response",
  [privateSymbol(sample, "lazy static body")]: null,
  [privateSymbol(sample, "lazy static content type")]: null,
  [serveFastStatusKey]: 0,
  [serveFastBodyKey]: null,
  [serveFastHeaderKindKey]: SERVE_FAST_HEADER_NONE,
  [serveFastContentTypeKey]: null,
  [serveFastConsumedKey]: false,
  [serveNativeResponseKey]: null,
});

class InnerResponse extends InnerMessage {
  status = 200;
  statusMessage = "";

  get type() {
    return "default";
  }

  get urlList() {
    return NO_URLS;
  }

  get aborted() {
    return false;
  }

  // Whether content-encoding and content-length are those of another body than this.
  get bodyDecoded() {
    return this.fields?.isDecoded ?? false;
  }

  url() {
    return null;
  }

  // Reads a ResponseInit, in the order Web IDL has for its members; `check` judges it.
  readInit(init, prefix) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object" && typeof init !== "function") {
      throw new TypeError(`${prefix}: Argument 2 can not be converted to a dictionary`);
    }
    const { headers } = init;
    if (headers !== undefined) {
      this.fields = readFields(headers, prefix, "'headers' of 'ResponseInit' (Argument 2)");
    }
    const { status } = init;
    if (status !== undefined) {
      this.status = isPlainStatus(status) ? status : toUnsignedShort(status, prefix, "Argument 2");
    }
    const { statusText } = init;
    if (statusText !== undefined && statusText !== "") {
      this.statusMessage = toByteString(statusText, prefix, "Argument 2");
    }
  }

  // Throws what the standard says of the parts, in its order.
  check() {
    const { status, statusMessage } = this;
    // 101 is no status of the standard's for this, but Deno's for an upgrade.
    if ((status < 200 || status > 599) && status !== 101) {
      throw new RangeError(
        `The status provided (${status}) is not equal to 101 and outside the range [200, 599]`,
      );
    }
    if (statusMessage !== "" && !RegExpPrototypeTest(REASON_PHRASE, statusMessage)) {
      throw new TypeError(`Invalid status text: "${statusMessage}"`);
    }
    this.fields?.throwIfInvalid();
    if (nullBodyStatus(status) && (this.content !== null || this.body !== null)) {
      throw new TypeError("Response with null body status cannot have body");
    }
  }

  clone() {
    const copy = new InnerResponse();
    copy.status = this.status;
    copy.statusMessage = this.statusMessage;
    this.copyTo(copy);
    return copy;
  }
}

function isPlainStatus(status) {
  return typeof status === "number" && status >= 200 && status <= 599 && status % 1 === 0;
}

function Response(body = null, init = undefined) {
  if (new.target === undefined) {
    throw new TypeError("Class constructor Response cannot be invoked without 'new'");
  }
  this[brand] = brand;
  this[headersKey] = null;
  if (body === brand) {
    this[responseKey] = init;
    return;
  }
  const inner = new InnerResponse();
  this[responseKey] = inner;
  const prefix = "Failed to construct 'Response'";
  const given = toBody(body, prefix);
  inner.readInit(init, prefix);
  if (given !== null) {
    inner.giveBody(given);
    if (hasDecoded && WeakSetPrototypeHas(decodedStreams, given)) {
      inner.openFields().isDecoded = true;
    }
  }
  if (init !== undefined) inner.check();
}

// A Response that can be copied again and again: its body is a string, or bytes that no program has; null: it has none.
function repeatedResponse(status, statusMessage, pairs, content) {
  const inner = new InnerResponse();
  inner.status = status;
  inner.statusMessage = statusMessage;
  inner.fields = new FieldList(fromPairs(pairs));
  inner.content = content;
  return responseOver(inner, "response");
}

// The Response of an inner one.
function responseOver(inner, guard) {
  const response = new Response(brand, inner);
  if (guard !== "response") response[guardKey] = guard;
  return response;
}

const statics = {
  json(data, init = undefined) {
    const prefix = "Failed to execute 'Response.json'";
    const inner = new InnerResponse();
    inner.readInit(init, prefix);
    inner.giveContent(serializeJSValueToJSONString(data), JSON_TYPE);
    if (init !== undefined) inner.check();
    return responseOver(inner, "response");
  },

  redirect(url, status = 302) {
    const prefix = "Failed to execute 'Response.redirect'";
    const target = toUSVString(url, prefix, "Argument 1");
    const code = toUnsignedShort(status, prefix, "Argument 2");
    const location = resolveLocation(target);
    if (!redirectStatus(code)) throw new RangeError(`Invalid redirect status code: ${code}`);
    const inner = new InnerResponse();
    inner.status = code;
    inner.fields = new FieldList([LOCATION, location]);
    return responseOver(inner, "immutable");
  },
};

for (const name of ["json", "redirect"]) {
  ObjectDefineProperty(Response, name, {
    __proto__: null,
    value: statics[name],
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

const deno = replaceMembers(prototype, {
  get body() {
    const stream = ReflectApply(deno.body, this, []);
    if (stream !== null && this[responseKey].bodyDecoded) {
      WeakSetPrototypeAdd(decodedStreams, stream);
      hasDecoded = true;
    }
    return stream;
  },

  get headers() {
    const inner = this[responseKey];
    if (!(inner instanceof InnerResponse)) {
      const headers = ReflectApply(deno.headers, this, []);
      if (inner?.bodyDecoded) noteDecoded(headers);
      return headers;
    }
    return (this[headersKey] ??= headersOver(inner.openFields(), this[guardKey]));
  },

  clone() {
    const inner = this[responseKey];
    if (!(inner instanceof InnerResponse)) return ReflectApply(deno.clone, this, []);
    if (inner.content === null && inner.body?.unusable()) throw new TypeError("Body is unusable");
    return responseOver(inner.clone(), this[guardKey]);
  },
});

replaceFormData(prototype);
replaceInterface(Response, DenoResponse);

// What stands behind a Response; undefined: the value is none, or was not constructed.
function innerResponse(value) {
  return value[responseKey];
}

export { InnerResponse, innerResponse, Response, repeatedResponse, responseOver };
