// Added to node:_http_incoming.
import { internals as howthInternals } from "ext:core/mod.js";

howthInternals.howthNodeHttp?.incoming({
  IncomingMessage,
  kHeaders,
  kHeadersCount,
});
