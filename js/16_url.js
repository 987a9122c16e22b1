// URLs as programs write them, made absolute.

import { core, primordials } from "ext:core/mod.js";

const { RegExpPrototypeTest, SafeRegExp } = primordials;

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

// Throws a TypeError when it is no URL.
function resolveUrl(text) {
  return RegExpPrototypeTest(SERIALIZED, text) ? text : new URL(text, getLocationHref()).href;
}

export { resolveUrl };
