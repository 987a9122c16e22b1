// Options of Node's that a program may be started with, among its own or in NODE_OPTIONS, and that Deno's code does not know.
//
// Called by: what heeds one of them; what is added to Deno's code (crates/snapshot/extended).

import { internals } from "ext:core/mod.js";

const MAX_HEADER_SIZE = "--max-http-header-size";

let own = [];

// `options`: those of the command line.
function noteOptions(options) {
  own = options;
}

function allGiven() {
  const text = Deno.env.get("NODE_OPTIONS") ?? "";
  return [...text.split(/\s+/), ...own];
}

const isGiven = (name) => allGiven().includes(name);

// The value of an option, where the last one counts; undefined: it was not given, or has no number.
function numberGiven(name) {
  const all = allGiven();
  let found;
  for (let i = 0; i < all.length; i++) {
    if (all[i] === name) found = all[i + 1];
    else if (all[i].startsWith(`${name}=`)) found = all[i].slice(name.length + 1);
  }
  return /^\d+$/.test(found) ? Number(found) : undefined;
}

internals.howthOptions = {
  isGiven,
  maxHeaderSize: () => numberGiven(MAX_HEADER_SIZE),
  numberGiven,
};

export { MAX_HEADER_SIZE, noteOptions, numberGiven };
