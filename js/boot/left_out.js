// What Deno has and howth is built without.
//
// The crates in replacements/left_out take the place of Deno's and bring scripts whose exports throw. Here they are
// loaded into the snapshot, which has nothing else of them, and what Deno shows only where a flag asks for it is shown,
// so that a program that uses it is told why it cannot.

import { core } from "ext:core/mod.js";
import { bundle } from "ext:deno_bundle_runtime/bundle.ts";

core.createLazyLoader("ext:deno_canvas/01_canvas.js")();
core.createLazyLoader("ext:deno_image/01_image.js")();
const { denoNsWebGPU: webgpu } = core.createLazyLoader("ext:deno_webgpu/01_webgpu.js")();
const { UnsafeWindowSurface } = core.loadExtScript("ext:deno_canvas/02_surface.js");
const { cron } = core.loadExtScript("ext:deno_cron/01_cron.ts");
const { AtomicOperation, Kv, KvListIterator, KvU64, openKv } =
  core.loadExtScript("ext:deno_kv/01_db.ts");

const LEFT_OUT = {
  AtomicOperation,
  bundle,
  cron,
  Kv,
  KvListIterator,
  KvU64,
  openKv,
  UnsafeWindowSurface,
  webgpu,
};

const descriptors = {};
for (const [name, value] of Object.entries(LEFT_OUT)) {
  descriptors[name] = { value, writable: true, enumerable: false, configurable: true };
}

/** Shows on Deno's namespace what throws when it is used. */
function defineLeftOut() {
  Object.defineProperties(globalThis.Deno, descriptors);
}

export { defineLeftOut };
