
// Added to node:_http_server.
import { internals as howthInternals } from "ext:core/mod.js";
import { kRejectNonStandardBodyWrites as howthRejectWrites } from "node:_http_outgoing";

if (howthInternals.howthNodeHttp !== undefined) {
  const readConnection = connectionListener;
  // The engine reads the requests of its own connections.
  connectionListener = function connectionListener(socket) {
    if (!howthInternals.howthNodeHttp.isServed(socket)) readConnection.call(this, socket);
  };
  const { ERR_HTTP_SOCKET_ENCODING, ERR_HTTP_TRAILER_INVALID, ERR_SERVER_NOT_RUNNING } = core
    .loadExtScript("ext:deno_node/internal/errors.ts");
  howthInternals.howthNodeHttp.server({
    Buffer,
    connectionListener,
    connResetException,
    ERR_HTTP_SOCKET_ENCODING,
    ERR_HTTP_TRAILER_INVALID,
    ERR_INVALID_ARG_VALUE,
    ERR_SERVER_NOT_RUNNING,
    enterAsyncResourceIfActive,
    exitAsyncResourceIfActive,
    isLenient,
    kIncomingMessage,
    kNeedDrain,
    kOutHeaders,
    kRejectNonStandardBodyWrites: howthRejectWrites,
    kServerResponse,
    kUniqueHeaders,
    lazyCluster: core.createLazyLoader("node:cluster"),
    net,
    nextTick,
    onFinish: onServerResponseFinishChannel,
    onStart: onServerRequestStartChannel,
    otelState,
    OutgoingMessage,
    Server,
    ServerResponse,
    stopTracking: (server) => destroyConnectionsCheckingInterval(server[kConnectionsCheckingInterval]),
    validateHeaderName,
    validateHeaderValue,
  });
}
