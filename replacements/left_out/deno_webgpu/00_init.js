(function () {
const { core } = __bootstrap;

const loadWebGPU = core.createLazyLoader("ext:deno_webgpu/01_webgpu.js");

return { loadWebGPU };
})();
