// What came on a connection and is no request, in Node's words: the error of `clientError`, and the answer where nobody hears it.
//
// The engine has judged the bytes (crates/http1); Node's parser has other words for the same. Called by: the server.

import { Answer, OVER } from "ext:howth/node_http/answer.js";
import { bufferOf, parts } from "ext:howth/node_http/parts.js";
import { readBody, unwatch } from "ext:howth/server/exchanges.js";

let ops;

function connectOps(bound) {
  ops = bound;
}

// The answer to what is no request: what the socket writes.
class Refusal extends Answer {
  req = null;
  res = null;
  isSending = false;

  // As Node answers.
  answer(error) {
    const status = STATUSES[error.code] ?? "400 Bad Request";
    this.giveWhole(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, "", "utf8", false);
    // Nobody waits until it has gone out.
    this.lose();
  }

  lose() {
    if (this.state === OVER) return;
    this.state = OVER;
    unwatch(this);
    this.connection.remove(this);
    this.callBack(parts.destroyedError("write"));
  }

  queueFinish() {}
  bodyReadable() {}
  finished() {}

  disconnected() {
    this.connection.destroy();
  }

  aborted() {
    this.lose();
  }
}

// What Node answers.
const STATUSES = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

const MESSAGES = {
  HPE_INVALID_EOF_STATE: "Parse Error",
  ERR_HTTP_REQUEST_TIMEOUT: "Request timeout",
};

// What Node's parser calls it.
function codeOf(status, reason) {
  if (status === 408) return "ERR_HTTP_REQUEST_TIMEOUT";
  if (status === 431) return "HPE_HEADER_OVERFLOW";
  if (status === 414) return "HPE_INVALID_URL";
  if (status === 505) return "HPE_INVALID_VERSION";
  for (const [words, code] of REASONS) if (words.test(reason)) return code;
  return "HPE_INVALID_CONSTANT";
}

const REASONS = [
  [/broke off/, "HPE_INVALID_EOF_STATE"],
  [/transfer|final/, "HPE_INVALID_TRANSFER_ENCODING"],
  [/content-length is repeated/, "HPE_UNEXPECTED_CONTENT_LENGTH"],
  [/content-length/, "HPE_INVALID_CONTENT_LENGTH"],
  [/extensions are too large/, "HPE_CHUNK_EXTENSIONS_OVERFLOW"],
  [/chunk/, "HPE_INVALID_CHUNK_SIZE"],
  [/LF/, "HPE_LF_EXPECTED"],
  [/request line|method/, "HPE_INVALID_METHOD"],
  [/target/, "HPE_INVALID_URL"],
  [/field/, "HPE_INVALID_HEADER_TOKEN"],
];

// What Node answers by itself also where somebody listens: its parser takes it for a request.
function isForNode({ reason }) {
  return reason === "the host field is missing";
}

function errorOf(exchange) {
  const rejection = ops.op_howth_rejection(exchange.index, exchange.generation);
  const status = Number(rejection.slice(0, 3));
  const reason = rejection.slice(4);
  const code = codeOf(status, reason);
  const error = new Error(MESSAGES[code] ?? `Parse Error: ${reason}`);
  error.code = code;
  error.reason = reason;
  error.bytesParsed = 0;
  error.rawPacket = bufferOf(readBody(exchange));
  return error;
}

export { connectOps, errorOf, isForNode, Refusal };
