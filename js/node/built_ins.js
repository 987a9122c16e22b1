// The parts of Node's built-ins that nearly every program needs, loaded into the snapshot.
//
// Deno loads a built-in when a program first names it, and `process.env` alone names ninety scripts: parsing them took
// longer than all the rest of a start. Those that keep nothing of the process they are loaded in come from the snapshot
// instead.

import { core } from "ext:core/mod.js";

const PARTS = [
  "ext:deno_node/path/mod.ts",
  "ext:deno_node/util.ts",
  "ext:deno_node/_events.mjs",
  "ext:deno_node/async_hooks.ts",
  "ext:deno_node/internal/timers.mjs",
];

for (const part of PARTS) core.loadExtScript(part);

// But small buffers are cut from a pool that no program may transfer, and a snapshot does not keep that. The pool is
// used up here, so that the first buffer in an isolate makes a new one.
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
for (let used = 0; used < Buffer.poolSize; used += Buffer.poolSize / 2) {
  Buffer.allocUnsafe(Buffer.poolSize / 2 - 1);
}
