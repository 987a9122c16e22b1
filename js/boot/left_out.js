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

// What is left out of howth, here and elsewhere, and what there is instead. `left_out.rs` reads it for those who look before
// a program runs; README.md and docs/programs.md name the globals.
const ADVICE = {
  Temporal: "use the package temporal-polyfill",
  OffscreenCanvas: "use the package @napi-rs/canvas",
  createImageBitmap: "use the package sharp",
  ImageBitmap: "use the package sharp",
  GPUDevice: "leave it out: there is no WebGPU",
  GPUBufferUsage: "leave it out: there is no WebGPU",
  "navigator.gpu": "leave it out: there is no WebGPU",
  "Deno.AtomicOperation": "use Howth.kv, or the package of a database",
  "Deno.Kv": "use Howth.kv, or the package of a database",
  "Deno.KvListIterator": "use Howth.kv, or the package of a database",
  "Deno.KvU64": "use Howth.kv, or the package of a database",
  "Deno.openKv": "use Howth.kv, or the package of a database",
  "Deno.cron": "use a package such as croner",
  "Deno.dlopen": "use a native add-on by Node-API",
  "Deno.UnsafeCallback": "use a native add-on by Node-API",
  "Deno.UnsafeFnPointer": "use a native add-on by Node-API",
  "Deno.UnsafePointer": "use a native add-on by Node-API",
  "Deno.UnsafePointerView": "use a native add-on by Node-API",
  "Deno.bundle": "use the package esbuild",
  "Deno.UnsafeWindowSurface": "leave it out: there is no WebGPU",
  "Deno.webgpu": "leave it out: there is no WebGPU",
};

const descriptors = {};
for (const [name, value] of Object.entries(LEFT_OUT)) {
  if (!Object.hasOwn(ADVICE, `Deno.${name}`)) throw new Error(`no advice for Deno.${name}`);
  descriptors[name] = { value, writable: true, enumerable: false, configurable: true };
}

/** Shows on Deno's namespace what throws when it is used. */
function defineLeftOut() {
  Object.defineProperties(globalThis.Deno, descriptors);
}

export { defineLeftOut };
