// What a handler is given as its third argument, in the manner of Cloudflare's.
//
// Owns the promises that keep the process draining. Called by: handlers; the server (server.js); Rust, which asks for their number.

import { printFailure } from "ext:howth/web/printed.js";

const waiting = new Set();

const context = {
  // Keeps the process draining until the promise settles.
  waitUntil(promise) {
    const settled = Promise.resolve(promise).then(
      () => waiting.delete(settled),
      (error) => {
        waiting.delete(settled);
        printFailure("howth: a promise given to waitUntil was rejected:", error);
      },
    );
    waiting.add(settled);
  },

  // Of Cloudflare's, where an error is the server's behind it to answer: there is none.
  passThroughOnException() {},
};
Object.freeze(context);

// How many promises given to waitUntil are pending.
function waitingPromises() {
  return waiting.size;
}

export { context, waitingPromises };
