// Header fields of responses, and the head that is made of them: as Node makes it, but checked and joined faster.
//
// Programs send the same few names again and again: those that were found right are remembered, with their lower case.
// Called by: outgoing.js.

import { core, primordials } from "ext:core/mod.js";
import { parts } from "ext:howth/node_http/parts.js";

const { SafeMap, StringPrototypeCharCodeAt, StringPrototypeToLowerCase } = primordials;

const NAMES_MAX = 1024;
const SHORT = 256;

const SPACE = 0x20;
const TAB = 0x09;
const DELETE = 0x7f;
const LAST = 0xff;

// What a program does to Map.prototype does not get past the checks.
const lowerCases = new SafeMap();

// The lower case of a name, which Node's check has found right.
function lowerCaseOf(name) {
  const known = lowerCases.get(name);
  if (known !== undefined) return known;
  parts.validateHeaderName(name);
  const lower = StringPrototypeToLowerCase(String(name));
  if (lowerCases.size < NAMES_MAX) lowerCases.set(name, lower);
  return lower;
}

// Throws what Node throws of a value that cannot be sent.
function checkValue(name, value) {
  if (typeof value === "number") return;
  if (typeof value !== "string" || value.length > SHORT || !isPlain(value)) {
    parts.validateHeaderValue(name, value);
  }
}

function isPlain(value) {
  for (let i = 0; i < value.length; i++) {
    const code = StringPrototypeCharCodeAt(value, i);
    if ((code < SPACE && code !== TAB) || code === DELETE || code > LAST) return false;
  }
  return true;
}

let utcDate;

function date() {
  utcDate ??= core.loadExtScript("ext:deno_node/internal/http.ts").utcDate;
  return utcDate();
}

// What a head says of framing and of the connection.
class Said {
  connection = false;
  contentLength = false;
  transferEncoding = false;
  date = false;
  trailer = false;
}

const CHUNKED = /(?:^|\W)chunked(?:$|\W)/i;
const CLOSE = /(?:^|\W)close(?:$|\W)/i;

// Takes note of a field as Node does, in the response and in `said`.
function note(res, said, lower, value) {
  switch (lower) {
    case "connection":
      said.connection = true;
      res._removedConnection = false;
      if (CLOSE.test(value)) res._last = true;
      else res.shouldKeepAlive = true;
      break;
    case "transfer-encoding":
      said.transferEncoding = true;
      res._removedTE = false;
      if (CHUNKED.test(value)) res.chunkedEncoding = true;
      break;
    case "content-length":
      said.contentLength = true;
      res._contentLength = +value;
      res._removedContLen = false;
      break;
    case "date":
      said.date = true;
      break;
    case "trailer":
      said.trailer = true;
      break;
    case "keep-alive":
      res._defaultKeepAlive = false;
      break;
  }
}

// A value as Node sends it, which may be another than was given.
function asSent(message, lower, value) {
  if (lower === "content-disposition" && message._contentLength) return asUtf8(value);
  // RFC 6265 section 5.4: there is one cookie field; so it is with what the program wants to be one.
  const isOne = lower === "cookie" || message[parts.kUniqueHeaders]?.has(lower);
  return isOne && Array.isArray(value) ? value.join("; ") : value;
}

function lines(res, name, lower, given) {
  const value = asSent(res, lower, given);
  if (!Array.isArray(value)) return `${name}: ${value}\r\n`;
  let text = "";
  for (let i = 0; i < value.length; i++) text += `${name}: ${value[i]}\r\n`;
  return text;
}

// A file's name that was given as the bytes of UTF-8, each a character, as the text that these bytes are: Node does so with
// this field. What is no text of Latin-1 then stays as it was given.
function asUtf8(value) {
  if (Array.isArray(value)) return value.map(asUtf8);
  const text = parts.Buffer.from(String(value), "latin1").toString();
  return isPlain(text) ? text : value;
}

function checkedLines(res, said, name, value) {
  const lower = lowerCaseOf(name);
  if (Array.isArray(value)) for (const one of value) checkValue(name, one);
  else checkValue(name, value);
  note(res, said, lower, value);
  return lines(res, name, lower, value);
}

// The fields of a response, in their order.
function fieldLines(res, said, headers) {
  let text = "";
  if (headers === res[parts.kOutHeaders]) {
    for (const lower in headers) {
      const [name, value] = headers[lower];
      note(res, said, lower, value);
      text += lines(res, name, lower, value);
    }
  } else if (!Array.isArray(headers)) {
    for (const name of Object.keys(headers)) text += checkedLines(res, said, name, headers[name]);
  } else if (headers.length > 0 && Array.isArray(headers[0])) {
    for (const [name, value] of headers) text += checkedLines(res, said, name, value);
  } else {
    if (headers.length % 2 !== 0) throw new parts.ERR_INVALID_ARG_VALUE("headers", headers);
    for (let i = 0; i < headers.length; i += 2) {
      text += checkedLines(res, said, headers[i], headers[i + 1]);
    }
  }
  return text;
}

// The field lines about the connection.
function connectionLines(res, said) {
  if (res._removedConnection) {
    res._last = !res.shouldKeepAlive;
    return "";
  }
  if (said.connection) return "";
  const staysOpen = res.shouldKeepAlive && (said.contentLength || res.useChunkedEncodingByDefault);
  if (staysOpen && !res.maxRequestsOnConnectionReached) {
    if (!res._keepAliveTimeout || !res._defaultKeepAlive) return "Connection: keep-alive\r\n";
    const seconds = Math.floor(res._keepAliveTimeout / 1000);
    const max = ~~res._maxRequestsPerSocket > 0 ? `, max=${res._maxRequestsPerSocket}` : "";
    return `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}${max}\r\n`;
  }
  res._last = true;
  return "Connection: close\r\n";
}

// The field line about the body's length, if one is missing.
function framingLine(res, said) {
  if (said.contentLength || said.transferEncoding) return "";
  if (!res._hasBody) {
    res.chunkedEncoding = false;
  } else if (!res.useChunkedEncodingByDefault) {
    res._last = true;
  } else if (!said.trailer && !res._removedContLen && typeof res._contentLength === "number") {
    return `Content-Length: ${res._contentLength}\r\n`;
  } else if (!res._removedTE) {
    res.chunkedEncoding = true;
    return "Transfer-Encoding: chunked\r\n";
  } else {
    res._last = true;
  }
  return "";
}

// The head of a response, with what Node adds in Node's order.
function headOf(res, firstLine, headers) {
  const said = new Said();
  let text = firstLine;
  if (headers) text += fieldLines(res, said, headers);
  if (res.sendDate && !said.date) text += `Date: ${date()}\r\n`;
  if (res.chunkedEncoding && (res.statusCode === 204 || res.statusCode === 304)) {
    // Neither has a body, and clients differ about what follows (RFC 9112 section 6.3).
    res.chunkedEncoding = false;
    res.shouldKeepAlive = false;
  }
  text += connectionLines(res, said) + framingLine(res, said);
  if (!res.chunkedEncoding && said.trailer) throw new parts.ERR_HTTP_TRAILER_INVALID();
  return `${text}\r\n`;
}

export { asSent, checkValue, headOf, lowerCaseOf };
