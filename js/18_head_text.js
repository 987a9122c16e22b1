// The field section of a request, as text that the engine has judged: "name: value", CR and LF, one line a field.
//
// Reads only; what the engine lets through has no other form (RFC 9112 section 5).

const SPACE = 0x20;
const TAB = 0x09;

// The names that clients send, as HTTP/1.1 and HTTP/2 programs write them, to the one in lower case. Fixed: a table that
// learnt names would keep the texts they were cut from.
const NAMES = new Map(
  [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "cf-connecting-ip",
    "cf-ray",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-event-id",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "proxy-authorization",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-gpc",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-api-key",
    "x-csrf-token",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
    "x-requested-with",
  ].flatMap((name) => [
    [name, name],
    [name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase()), name],
  ]),
);

function lowerCase(name) {
  return NAMES.get(name) ?? name.toLowerCase();
}

// The fields as the Fetch standard lists them: [name in lower case, value], in the order they came.
function fieldsOf(text, start) {
  const list = [];
  let at = start;
  while (at < text.length) {
    const colon = text.indexOf(":", at);
    const end = text.indexOf("\r", colon);
    list.push([lowerCase(text.slice(at, colon)), trimmed(text, colon + 1, end)]);
    at = end + 2;
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

export { fieldsOf, valueAt };
