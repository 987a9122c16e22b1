
// Added to ext:deno_node/net.ts.
// As in Node, `pause` stops the reading of a socket only if that reads into a buffer of its owner's: any other reads on until
// its own is full. Deno stops it at once, and a stream that has asked for bytes and is still waiting for them never asks again.
for (const name of ["pause", "resume"]) {
  const ofOwnersBuffer = Socket.prototype[name];
  const ofStream = Duplex.prototype[name];
  Socket.prototype[name] = function () {
    return FunctionPrototypeCall(this[kBuffer] ? ofOwnersBuffer : ofStream, this);
  };
}

// As in Node, what a read has brought about (ticks, then promises) runs before the next read is told. Deno tells up to 32 of one
// connection at once: who awaits a 'data' event misses those behind it, and a stream that has several chunks when 'readable' is
// told gives one of them, and tells no more. Other handles may be read by JavaScript, within which nothing else may run.
const howthInitSocketHandle = _initSocketHandle;
const howthOnRead = function () {
  const result = primordials.ReflectApply(onStreamRead, this, arguments);
  core.runNextTicks();
  return result;
};
_initSocketHandle = function _initSocketHandle(socket) {
  howthInitSocketHandle(socket);
  const handle = socket._handle;
  if (ObjectPrototypeIsPrototypeOf(TCP.prototype, handle) || ObjectPrototypeIsPrototypeOf(Pipe.prototype, handle)) {
    handle.onread = howthOnRead;
  }
};

// As in Node: how long the connection to one address is tried before the next one is, and whether others are tried at all.
const howthOptions = __bootstrap.internals.howthOptions;
autoSelectFamilyAttemptTimeoutDefault =
  howthOptions?.numberGiven("--network-family-autoselection-attempt-timeout") ?? 250;
if (howthOptions?.isGiven("--no-network-family-autoselection")) autoSelectFamilyDefault = false;

// As in Node, who listens for `drop` hears of a connection that is one more than there may be.
const howthOnConnection = _onconnectionImpl;
_onconnectionImpl = function _onconnectionImpl(error, clientHandle) {
  const server = this[ownerSymbol];
  const isOneTooMany = !error && server.maxConnections > 0 && server._connections >= server.maxConnections;
  const [local, remote] = [{}, {}];
  if (isOneTooMany) {
    clientHandle.getsockname?.(local);
    clientHandle.getpeername?.(remote);
  }
  FunctionPrototypeCall(howthOnConnection, this, error, clientHandle);
  if (!isOneTooMany) return;
  server.emit("drop", {
    localAddress: local.address,
    localPort: local.port,
    localFamily: local.family,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteFamily: remote.family,
  });
};

// As in Node, what is thrown by a listener that a handle has called is an uncaught exception. Deno's Rust, which calls these
// functions, drops what they throw, and the program went on without the rest of the listener.
function howthReporting(callback) {
  return function () {
    try {
      return primordials.ReflectApply(callback, this, arguments);
    } catch (error) {
      globalThis.reportError(error);
    }
  };
}
_afterConnect = howthReporting(_afterConnect);
_afterConnectMultiple = howthReporting(_afterConnectMultiple);
_afterShutdown = howthReporting(_afterShutdown);
_onconnection = howthReporting(_onconnection);
for (const { prototype } of [TCP, Pipe]) {
  const { close } = prototype;
  prototype.close = function (callback) {
    const given = typeof callback === "function" ? [howthReporting(callback)] : [];
    return primordials.ReflectApply(close, this, given);
  };
}
