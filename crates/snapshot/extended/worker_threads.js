// Added to ext:deno_node/worker_threads.ts.
// As in Node, what a listener of a Worker throws is an uncaught exception, and what comes behind it comes all the same. Deno emits
// these within the promises by which it reads: it would be an unhandled rejection, and nothing more would be read.
function howthEmit(emitter, name, told) {
  try {
    emitter.emit(name, told);
  } catch (error) {
    globalThis.reportError(error);
  }
}
