// Added to ext:deno_node/http2.ts.
// nghttp2 calls back while it reads and while it writes, and what its callbacks do may end the session. Deno's Rust notes that
// such a call is on the way (`is_sending`), by a store that the compiler drops: through a reference of its own it sees nobody
// read it. The session was freed under the call, and the process ended by SIGSEGV. So what has to wait for the call waits here.
const howthCalls = Symbol("calls");
const howthHasEnded = Symbol("hasEnded");
{
  const { prototype } = InternalHttp2Session;
  const { destroy, getOutgoingChunk, receive, sendPending } = prototype;
  const nothing = new Uint8Array(0);

  const call = (handle, method, ...given) => {
    handle[howthCalls] = (handle[howthCalls] ?? 0) + 1;
    try {
      return ReflectApply(method, handle, given);
    } finally {
      handle[howthCalls] -= 1;
      if (handle[howthCalls] === 0 && handle[howthHasEnded]) ReflectApply(destroy, handle, []);
    }
  };

  prototype.receive = function (data) {
    if (!this[howthHasEnded]) call(this, receive, data);
  };
  prototype.getOutgoingChunk = function () {
    return this[howthCalls] > 0 || this[howthHasEnded] ? nothing : call(this, getOutgoingChunk);
  };
  prototype.sendPending = function () {
    if (!(this[howthCalls] > 0)) ReflectApply(sendPending, this, []);
  };
  prototype.destroy = function () {
    if (!(this[howthCalls] > 0)) return ReflectApply(destroy, this, []);
    if (this[howthHasEnded]) return;
    this[howthHasEnded] = true;
    // It is told at once, and once.
    const { ondone } = this;
    this.ondone = undefined;
    ondone?.call(this);
  };
}

// What speaks in clear does not, where the command line says TLS.
__bootstrap.internals.howthTls.guardHttp2(Http2Server.prototype);

// As in Node, what a listener throws is an uncaught exception. These functions are called by nghttp2's callbacks, whose Rust drops
// what they throw.
function howthReporting(callback) {
  return function () {
    try {
      return ReflectApply(callback, this, arguments);
    } catch (error) {
      globalThis.reportError(error);
    }
  };
}
onSessionInternalError = howthReporting(onSessionInternalError);
onPriority = howthReporting(onPriority);
onSettings = howthReporting(onSettings);
onPing = howthReporting(onPing);
onSessionHeaders = howthReporting(onSessionHeaders);
onFrameError = howthReporting(onFrameError);
onGoawayData = howthReporting(onGoawayData);
onAltSvc = howthReporting(onAltSvc);
onOrigin = howthReporting(onOrigin);
onStreamTrailers = howthReporting(onStreamTrailers);
onStreamClose = howthReporting(onStreamClose);
settingsCallback = howthReporting(settingsCallback);
{
  const init = Http2Stream.prototype[kInit];
  Http2Stream.prototype[kInit] = function (id, handle) {
    ReflectApply(init, this, [id, handle]);
    if (typeof handle.onread === "function") handle.onread = howthReporting(handle.onread);
  };
}
