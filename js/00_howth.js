// Entry of the extension `howth`: runs once, while the snapshot is made.
//
// What Rust needs to reach is put on one object. The isolate takes it from the global scope right after it
// starts, before any program runs, so no program sees it.

import { setRejectionPolicy } from "ext:howth/10_rejections.js";
import "ext:howth/17_request.js";
import "ext:howth/50_node.js";
import * as server from "ext:howth/40_server.js";

const { connect, listensForSignals, serve, serveModule, stopped, waitingPromises } = server;
const { serveBatch, serveLocal, serveRustOnly } = server;

// Gives programs the `Howth` global and the bridge its ops.
function start(configuration) {
  connect(configuration, this.ops);
  const howth = Object.freeze({
    serve: (first, second) => serve(first, second),
    serveBatch,
    serveLocal,
    serveRustOnly,
    version: configuration.version,
  });
  Object.defineProperty(globalThis, "Howth", {
    value: howth,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

globalThis.__howth = {
  listensForSignals,
  serveModule,
  setRejectionPolicy,
  start,
  stopped,
  waitingPromises,
};
