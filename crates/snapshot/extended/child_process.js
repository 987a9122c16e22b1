// Added to ext:deno_node/internal/child_process.ts.
// As in Node, what was sent before `disconnect` arrives: Deno closes the channel under what is on the way. Where handles are
// sent, the other side has to answer, and nothing waits for it.
const howthSetupChannel = setupChannel;
setupChannel = function setupChannel(target, ipc, serialization) {
  const control = howthSetupChannel(target, ipc, serialization);
  const { disconnect, send } = target;
  let onTheWay = 0;
  let sendsHandles = false;
  let isEnding = false;

  target.send = function (message, handle, options, callback) {
    if (typeof handle === "function") [handle, options, callback] = [undefined, undefined, handle];
    else if (typeof options === "function") [options, callback] = [undefined, options];
    sendsHandles ||= Boolean(handle);
    if (sendsHandles) return send.call(this, message, handle, options, callback);
    const sent = (error) => {
      onTheWay -= 1;
      if (isEnding && onTheWay === 0) {
        target.connected = true;
        disconnect.call(target);
      }
      if (typeof callback === "function") callback(error);
      else if (error) target.emit("error", error);
    };
    const hasRoom = send.call(this, message, handle, options, sent);
    onTheWay += 1;
    return hasRoom;
  };

  target.disconnect = function () {
    if (onTheWay === 0 || sendsHandles || !target.connected) return disconnect.call(target);
    isEnding = true;
    target.connected = false;
  };
  return control;
};


// As in Node, a channel that cannot be read any more is closed, and `disconnect` tells of it: a worker of a cluster ends by that. Deno
// only stops reading where the kernel tells of the other side's end by ECONNRESET, which it does where that had not read all,
// or within a message. Whether the error is told by that.
function howthChannelEnded(target, error) {
  if (target.connected) target.disconnect();
  const { ConnectionReset, BrokenPipe, UnexpectedEof } = Deno.errors;
  const isEnd = [ConnectionReset, BrokenPipe, UnexpectedEof].some((kind) => error instanceof kind);
  return isEnd || isInterruptedError(error) || isChannelClosedError(error);
}

// As in Node, what a listener throws is an uncaught exception, and what comes behind it comes all the same. Deno emits these within
// a promise or a tick of its own: it would be an unhandled rejection, and `exit` would never be told behind `spawn`.
function howthEmit(emitter, ...told) {
  try {
    emitter.emit(...new SafeArrayIterator(told));
  } catch (error) {
    globalThis.reportError(error);
  }
}
