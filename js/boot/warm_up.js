// Serves one request to nobody while the snapshot is made.
//
// V8 compiles a function when it is first called, and a snapshot keeps what was compiled: a server's first request, and
// the way to it, need no compiler then. Nothing else of it is left: `stopped` forgets the server, and an isolate that
// starts connects anew.

import { serveModule } from "ext:howth/server/exported.js";
import { connect, disconnect, stopped } from "ext:howth/server/server.js";

function warmUp() {
  let dispatch;
  const does = {
    op_howth_connect: (_, given) => (dispatch = given),
    op_howth_field_names: () => [],
    op_howth_listen: () => ({}),
  };
  const nothing = () => {};
  const ops = new Proxy(does, { get: (_, name) => does[name] ?? nothing });
  connect({ development: false, batchLength: 1 }, ops);
  serveModule({ fetch: (_request) => new Response("") });
  dispatch(1, [""]);
  stopped();
  disconnect();
}

export { warmUp };
