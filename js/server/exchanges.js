// What an application of any kind asks of the engine about one exchange, and who wants to hear more than a request.
//
// Keeps the list of those who are told what happens to their exchange later: objects with `index` and `generation`, and
// methods for what is told (js/server/server.js). Called by: the classes of exchanges, of Howth.serve and of node:http.

import { Watched } from "ext:howth/server/numbers.js";

const { OVER: WATCH_OVER } = Watched;

// By slot.
const watched = [];

let ops;

function connectOps(bound) {
  ops = bound;
}

// Asks to be told of what happens to an exchange from now on; what has happened, as op_howth_watch says it.
function watch(exchange) {
  const found = ops.op_howth_watch(exchange.index, exchange.generation);
  // The slot of an exchange that is over may be another's already.
  if (found !== WATCH_OVER) watched[exchange.index] = exchange;
  return found;
}

function unwatch(exchange) {
  if (watched[exchange.index] === exchange) watched[exchange.index] = undefined;
}

// The exchange at a slot, if it asked to be told.
function watchedExchange(index, generation) {
  const exchange = watched[index];
  return exchange !== undefined && exchange.generation === generation ? exchange : undefined;
}

// Bytes, a number of BodyRead, or a text that says what went wrong.
function readBody({ index, generation }) {
  return ops.op_howth_body_read(index, generation);
}

// Keeps the body readable when the response is out; false: it is not.
function keepBody({ index, generation }) {
  return ops.op_howth_body_keep(index, generation, true);
}

// Gives up what still comes of the body.
function cancelBody({ index, generation }) {
  ops.op_howth_body_cancel(index, generation);
}

// Writes bytes of a response that was begun; a number of Written.
function writeBytes({ index, generation }, bytes) {
  return ops.op_howth_write(index, generation, bytes);
}

// How many bytes that were written wait for the client to take them.
function unsentBytes({ index, generation }) {
  return ops.op_howth_unsent_bytes(index, generation);
}

function finish({ index, generation }) {
  ops.op_howth_finish(index, generation);
}

// Breaks a response off.
function fail({ index, generation }) {
  ops.op_howth_fail(index, generation);
}

// Seconds that handler and connection may be silent; 0: for ever.
function setTimeout({ index, generation }, seconds) {
  ops.op_howth_set_timeout(index, generation, seconds);
}

export {
  cancelBody,
  connectOps,
  fail,
  finish,
  keepBody,
  readBody,
  setTimeout,
  unsentBytes,
  unwatch,
  watch,
  watchedExchange,
  writeBytes,
};
