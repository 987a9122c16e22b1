import { core } from "ext:core/mod.js";

const { leftOutClass } = core.loadExtScript("ext:deno_webgpu/left_out.js");

export const ImageBitmapRenderingContext = leftOutClass("ImageBitmapRenderingContext", "OffscreenCanvas");
export const OffscreenCanvas = leftOutClass("OffscreenCanvas", "OffscreenCanvas");
