// Node's streams as the platform's, where Deno's adapter lets one throw after its reader has gone.
//
// A stream that was destroyed may still give what it had read: to the adapter's listener, which enqueues it although the
// stream was cancelled, and throws where nobody can catch it. Node does the same (nodejs/node#64529).

import { core } from "ext:core/mod.js";

const adapters = core.loadExtScript("ext:deno_node/internal/webstreams/adapters.js");
const { newReadableStreamFromStreamReadable, newReadableWritablePairFromDuplex } = adapters;

adapters.newReadableStreamFromStreamReadable = function fromReadable(readable, options) {
  return guarded(readable, () => newReadableStreamFromStreamReadable(readable, options));
};

adapters.newReadableWritablePairFromDuplex = function fromDuplex(duplex, options) {
  return guarded(duplex, () => newReadableWritablePairFromDuplex(duplex, options));
};

// Puts a listener in the place of the one that `adapt` adds, if it adds one. The stream is paused then, and stays so.
function guarded(stream, adapt) {
  const before = stream?.listenerCount?.("data");
  const adapted = adapt();
  const listeners = stream.listeners("data");
  if (listeners.length > before) {
    const onData = listeners[listeners.length - 1];
    stream.removeListener("data", onData);
    stream.on("data", (chunk) => {
      if (!stream.destroyed) onData(chunk);
    });
  }
  return adapted;
}
