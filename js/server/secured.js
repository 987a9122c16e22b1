// Nothing is served in clear in spite of what the command line says about TLS.
//
// Owns what is known of that in JavaScript, and the errors of servers that Deno's code would serve, over sockets of its own.
// Called by: whoever decides who serves; what is added to node:cluster and node:http2 (crates/snapshot/extended).

import { internals, primordials } from "ext:core/mod.js";

const { Error, ObjectGetPrototypeOf, ReflectApply, StringPrototypeSplit } = primordials;

let ops;
let known = null;

function connectOps(bound) {
  ops = bound;
}

// The options, as another process can be given them; empty: there are none.
function tlsArguments() {
  known ??= ops?.op_howth_tls_arguments() ?? [];
  return known;
}

// The option that asks for TLS; undefined: none does.
function tlsOption() {
  const [first] = tlsArguments();
  return first === undefined ? undefined : StringPrototypeSplit(first, "=")[0];
}

// `what` would speak in clear. `remedy`: what helps.
function clearTextError(what, remedy) {
  return new Error(`${what} speaks no TLS, which ${tlsOption()} asks for; ${remedy}`);
}

// Where TLS is asked for, a server of node:net's kind does not listen by Deno's code: `refusalOf` gives its error, and whether
// the engine could not listen there either, so that Deno's code is to say what is wrong; null: it is served all the same.
function guard(prototype, refusalOf) {
  const { _listen2: listen, close } = ObjectGetPrototypeOf(prototype);
  prototype._listen2 = function (...given) {
    const refusal = tlsOption() === undefined ? null : refusalOf(this);
    if (refusal === null) return ReflectApply(listen, this, given);
    if (refusal.isFailure) {
      ReflectApply(listen, this, given);
      if (this._handle === null) return;
    }
    if (this._handle !== null) ReflectApply(close, this, []);
    queueMicrotask(() => this.emit("error", refusal.error));
  };
}

function guardHttp2(prototype) {
  guard(prototype, () => ({
    error: clearTextError(
      "A server of node:http2 without a certificate of its own",
      "serve by Howth.serve, which speaks HTTP/2 as well",
    ),
    isFailure: false,
  }));
}

internals.howthTls = { guardHttp2, tlsArguments };

export { clearTextError, connectOps, guard, tlsOption };
