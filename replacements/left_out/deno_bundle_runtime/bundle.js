import { core } from "ext:core/mod.js";

const { leftOutAsyncFunction } = core.loadExtScript("ext:deno_webgpu/left_out.js");

export const bundle = leftOutAsyncFunction("Deno.bundle", "Deno's bundler");
