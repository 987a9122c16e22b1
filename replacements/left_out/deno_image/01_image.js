import { core } from "ext:core/mod.js";

const { leftOutAsyncFunction, leftOutClass } = core.loadExtScript("ext:deno_webgpu/left_out.js");

export const createImageBitmap = leftOutAsyncFunction("createImageBitmap", "image codecs");
export const ImageBitmap = leftOutClass("ImageBitmap", "image codecs");
