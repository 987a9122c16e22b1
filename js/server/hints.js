// Early hints: what a browser may begin to load while the handler makes its response (RFC 8297).
//
// Owns what a link may be. Called by: facade.js.

// RFC 8288 section 3: a target, and parameters with semicolons before them; in visible ASCII, so that it is one field value.
const LINK =
  /^<[\x21\x23-\x3b\x3d\x3f-\x7e]*>(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~\w]+(?:=(?:"[\x20\x21\x23-\x7e]*"|[!#$%&'*+\-./:^_`|~\w]+))?)*$/;

let ops;

function connectOps(bound) {
  ops = bound;
}

// Sends `103 Early Hints` with the links of an exchange; false: its response was begun, or it is over.
function sendHints(inner, links) {
  const list = typeof links === "string" ? [links] : [...links];
  for (const link of list) {
    if (typeof link !== "string" || !LINK.test(link)) {
      throw new TypeError(
        `earlyHints: ${JSON.stringify(link)} is no link; give such as "</style.css>; rel=preload; as=style"`,
      );
    }
  }
  if (list.length === 0) return false;
  return ops.op_howth_early_hints(inner.index, inner.generation, list.join(", "));
}

export { connectOps, sendHints };
