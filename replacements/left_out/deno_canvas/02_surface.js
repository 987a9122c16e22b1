(function () {
const { leftOutClass } = __bootstrap.core.loadExtScript("ext:deno_webgpu/left_out.js");

return { UnsafeWindowSurface: leftOutClass("Deno.UnsafeWindowSurface", "WebGPU") };
})();
