// `process.stdout` and `process.stderr` where they are no terminal.
//
// As in Node, what is written has arrived before `write` returns, also where the other side is slow and the descriptor does not
// wait by itself, and what cannot be written is told by the stream. Deno throws it from `write`, and loses what was on the way.
// Called by: node:process, when a program first asks for one of them.

import { core, internals } from "ext:core/mod.js";

let ops;

function connectOps(bound) {
  ops = bound;
}

// `stream`: a Writable.
internals.howthOutput = function output(stream, name) {
  const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
  const isError = name === "stderr";
  stream._write = (chunk, encoding, callback) => {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    const errno = ops.op_howth_write_output(bytes, isError);
    callback(errno === 0 ? null : exception(errno));
  };
  return stream;
};

// Node says it otherwise of what is no file.
function exception(errno) {
  const { errnoException, uvException } = core.loadExtScript("ext:deno_node/internal/errors.ts");
  const error = errnoException(-errno, "write");
  return error.code === "EPIPE" ? error : uvException({ errno: -errno, syscall: "write" });
}

export { connectOps };
