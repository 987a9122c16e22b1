// Responses that are given again and again: those of routes, and the one of Howth.serveRustOnly.
//
// Their body has to be whole when they are given: in memory, and not a stream of which nobody knows the end. What a program
// has looked at counts as whole as long as nothing was read.

import { core } from "ext:core/mod.js";
import { checkResponse, Unsendable } from "ext:howth/server/send.js";
import { innerResponse, repeatedResponse } from "ext:howth/web/response.js";

const { toInnerResponse, wireHeaderList } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { getParts, isBlob } = core.loadExtScript("ext:deno_web/09_file.js");

let ops;

function connectOps(bound) {
  ops = bound;
}

// The Response as one that can be copied any number of times. Throws a TypeError when it cannot be sent, or is not whole.
function wholeResponse(response) {
  checkResponse(response);
  const inner = toInnerResponse(response);
  const content = wholeContent(inner);
  if (content === undefined) {
    throw new Unsendable("A Response that is a route must have its whole body, not a stream");
  }
  return repeatedResponse(inner.status, inner.statusMessage, wireHeaderList(inner), content);
}

// What `wholeResponse` gave, as the engine keeps it: { status, reason, fields, body }, the body in bytes.
function engineResponse(response) {
  const inner = innerResponse(response);
  const content = inner.content ?? "";
  return {
    status: inner.status,
    reason: inner.statusMessage,
    fields: inner.fields.encoded(),
    body: typeof content === "string" ? core.encode(content) : content,
  };
}

// A text, or bytes; null: there is no body; undefined: it is not whole.
function wholeContent(inner) {
  const { content } = inner;
  if (content !== null && content !== undefined) return content;
  const { body } = inner;
  if (body === null) return null;
  if (body.unusable()) throw new Unsendable("The body of the Response is being read already");
  const given = body.streamOrStatic.body ?? body.source;
  if (isBlob(given)) return ops.op_howth_blob_bytes(getParts(given)) ?? undefined;
  return typeof given === "string" || given instanceof Uint8Array ? given : undefined;
}

export { connectOps, engineResponse, wholeResponse };
