// URLs as programs write them, made absolute.

import { core, primordials } from "ext:core/mod.js";

const { encodeURIComponent, RegExpPrototypeSymbolReplace, RegExpPrototypeTest, SafeRegExp } =
  primordials;

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { getLocationHref } = core.loadExtScript("ext:deno_web/12_location.js");

// URLs of which the parser would change nothing. Whatever it might change is left out: a host that is or may be an
// address or in Punycode, a port that may be the scheme's, dot segments, characters that get escaped, a fragment.
const HOST = "(?:(?!xn--)[a-z0-9-]+\\.)*(?!xn--)[a-z][a-z0-9-]*";
const LOOPBACK = "127\\.0\\.0\\.1";
const PORT = ":(?!(?:80|443)/)[1-9][0-9]{1,3}";
const SEGMENT = "/(?!\\.|%2[eE])[A-Za-z0-9._~!$&'()*+,;=:@%-]*";
const QUERY = "\\?[A-Za-z0-9._~!$&()*+,;=:@%/?-]*";
const SERIALIZED = new SafeRegExp(
  `^https?://(?:${HOST}|${LOOPBACK})(?:${PORT})?(?:${SEGMENT})+(?:${QUERY})?$`,
);

// A URL begins with its scheme.
const ABSOLUTE = new SafeRegExp("^[\\x00-\\x20]*[A-Za-z][A-Za-z0-9+.-]*:");
// What the parser drops: control characters and spaces at the ends, tabs and line ends anywhere.
const AROUND_URL = new SafeRegExp("^[\\x00-\\x20]+|[\\x00-\\x20]+$|[\\t\\n\\r]+", "g");
// What cannot stand in a reference; a percent sign may have been written by whoever encoded it.
const NOT_IN_FIELD = new SafeRegExp("[^!#-;=?-~]", "gu");

// Throws a TypeError when it is no URL.
function resolveUrl(text) {
  return RegExpPrototypeTest(SERIALIZED, text) ? text : new URL(text, getLocationHref()).href;
}

// Where a redirect leads: a URL, or, where a program has no URL of its own to resolve against, a relative reference as it
// is (RFC 9110 section 10.2.2). The standard knows programs with a URL only. Throws a TypeError when it is neither.
function resolveLocation(text) {
  if (getLocationHref() !== undefined || RegExpPrototypeTest(ABSOLUTE, text))
    return resolveUrl(text);
  new URL(text, "http://relative.invalid/");
  const trimmed = RegExpPrototypeSymbolReplace(AROUND_URL, text, "");
  return RegExpPrototypeSymbolReplace(NOT_IN_FIELD, trimmed, encodeURIComponent);
}

// The path of a request's URL that would be written so. What begins with another character than "/" is not asked.
function serializedPath(path) {
  return new URL(`http://h${path}`).pathname;
}

export { resolveLocation, resolveUrl, serializedPath };
