// Added to ext:deno_node/zlib.js.
// As in Node, a stream that has failed calls back no more: its `destroy`, in the next tick, tells those who wait. Deno calls back
// as if the chunk had been processed, and who has written it takes the error for a second call.
const howthProcessCallback = processCallback;
processCallback = function processCallback() {
  if (this[owner_symbol][kError]) {
    this._callbackPending = false;
    this.buffer = null;
    return;
  }
  ReflectApply(howthProcessCallback, this, []);
};
