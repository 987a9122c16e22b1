// Added to ext:deno_node/dgram.ts.
// As in Node, what is thrown by a listener that a handle has called is an uncaught exception: Deno drops it.
function howthReporting(callback) {
  return function () {
    try {
      return primordials.ReflectApply(callback, this, arguments);
    } catch (error) {
      globalThis.reportError(error);
    }
  };
}
const howthOnMessage = howthReporting(onMessage);
afterSend = howthReporting(afterSend);
// Without a sender nothing has come: the socket is closed, and Deno calls all the same.
onMessage = function onMessage(nread, handle, bytes, sender) {
  if (nread < 0 || sender !== undefined) howthOnMessage(nread, handle, bytes, sender);
};
