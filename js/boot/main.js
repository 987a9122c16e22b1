// The last module of the extension `howth`: runs once, while the snapshot is made.
//
// What Rust needs to reach is put on one object. The isolate takes it from the global scope right after it
// starts, before any program runs, so no program sees it.

import { core } from "ext:core/mod.js";
import * as denoOps from "ext:core/ops";
import { defineLeftOut } from "ext:howth/boot/left_out.js";
import { warmUp } from "ext:howth/boot/warm_up.js";
import { install } from "ext:howth/bun/namespace.js";
import * as password from "ext:howth/bun/password.js";
import { connectWorker } from "ext:howth/bun/serve.js";
import { DenoRequest } from "ext:howth/deno/request.js";
import * as deno from "ext:howth/deno/serve.js";
import * as http from "ext:howth/http/members.js";
import * as readers from "ext:howth/http/readers.js";
import * as sender from "ext:howth/http/sender.js";
import * as hash from "ext:howth/node/hash.js";
import * as output from "ext:howth/node/output.js";
import * as program from "ext:howth/node/process.js";
import * as require from "ext:howth/node/require.js";
import * as nodeHttp from "ext:howth/node_http/listen.js";
import * as responseCache from "ext:howth/server/cache.js";
import { waitingPromises } from "ext:howth/server/context.js";
import * as errorAnswer from "ext:howth/server/error_answer.js";
import { serveModule } from "ext:howth/server/exported.js";
import * as secured from "ext:howth/server/secured.js";
import * as serving from "ext:howth/server/serve.js";
import * as server from "ext:howth/server/server.js";
import * as trailerFields from "ext:howth/server/trailers.js";
import * as shared from "ext:howth/shared/kv.js";
import * as topics from "ext:howth/shared/topics.js";
import { checkVersion, upgradeWebSocket } from "ext:howth/sockets/upgrade.js";
import { servedRequest } from "ext:howth/web/request.js";

const { connect, metrics, stopped } = server;
const { serve, serveArrays, serveBatch, serveLocal, serveRustOnly } = serving;

// As they are in the snapshot, without fast calls.
const slowOps = {};
for (const [name, op] of Object.entries(denoOps)) {
  if (name.startsWith("op_howth_")) slowOps[name] = op;
}

// deno_core makes new functions, with fast calls, for all ops that can have them when it is first asked for a script,
// even for one that was loaded, and leaves them on `core.ops`, which a program can reach. The object is a new one: V8
// takes for constant what was set only once, and makes fast calls of what is constant.
function fastOps() {
  denoOps.op_load_ext_script("ext:deno_node/path/mod.ts");
  const ops = {};
  for (const [name, op] of Object.entries(slowOps)) {
    ops[name] = core.ops[name] ?? op;
    delete core.ops[name];
  }
  return ops;
}

// Gives programs the `Howth` global and the bridge its ops.
function start(configuration) {
  const ops = fastOps();
  connect(configuration, ops);
  nodeHttp.connectOps(ops);
  trailerFields.connectOps(ops);
  deno.install(configuration, ops);
  define(ops, configuration.version, {
    metrics,
    serve: (first, second) => serve(first, second),
    serveArrays,
    serveBatch,
    serveLocal,
    serveRustOnly,
    setTrailers: trailerFields.setTrailers,
    trailers: trailerFields.trailers,
    upgradeWebSocket,
  });
  replaceUpgrade();
}

// Deno's is for the requests of Deno.serve, and loaded when it is first used.
function replaceUpgrade() {
  const { Deno } = globalThis;
  const { get, value } = Object.getOwnPropertyDescriptor(Deno, "upgradeWebSocket");
  Object.defineProperty(Deno, "upgradeWebSocket", {
    value(request, options) {
      const inner = servedRequest(request);
      const isOfDeno = inner === null || inner instanceof DenoRequest;
      if (!isOfDeno) return upgradeWebSocket(request, options);
      if (inner !== null) checkVersion(inner, "Deno.upgradeWebSocket");
      const ofDeno = get === undefined ? value : get.call(Deno);
      return ofDeno(request, options);
    },
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

// The same in a `Worker`, which cannot serve and is not counted.
function startWorker(version) {
  const ops = fastOps();
  connectWorker();
  define(ops, version, {});
  // Deno's own would speak in clear.
  if (secured.tlsOption() !== undefined)
    deno.install({ isRun: true, isQuiet: true, compresses: false }, ops);
}

function define(ops, version, ofCores) {
  responseCache.connectOps(ops);
  secured.connectOps(ops);
  shared.connectOps(ops);
  topics.connectOps(ops);
  defineLeftOut();
  errorAnswer.connectOps(ops);
  hash.connectOps(ops);
  output.connectOps(ops);
  password.connectOps(ops);
  readers.connectOps(ops);
  require.connectOps(ops);
  require.provide("howth:http", Object.freeze({ ...http }));
  sender.connectOps(ops);
  const howth = Object.freeze({
    ...http,
    kv: shared.kv,
    publish: topics.publish,
    subscribe: topics.subscribe,
    version,
    ...ofCores,
  });
  Object.defineProperty(globalThis, "Howth", {
    value: howth,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

globalThis.__howth = {
  describeProcess: program.describeProcess,
  endWithError: program.endWithError,
  installBun: install,
  listensForSignals: program.listensForSignals,
  readArguments: program.readArguments,
  serveModule,
  start,
  startWorker,
  stopped,
  takesErrors: program.takesErrors,
  waitingPromises,
};

warmUp();
