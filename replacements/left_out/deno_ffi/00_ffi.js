(function () {
const { leftOutClass, leftOutFunction } = __bootstrap.core.loadExtScript("ext:deno_webgpu/left_out.js");

const PART = "foreign functions (a native add-on for Node, loaded with require, can take their place)";

return {
  dlopen: leftOutFunction("Deno.dlopen", PART),
  getTurbocallTarget: leftOutFunction("getTurbocallTarget", PART),
  UnsafeCallback: leftOutClass("Deno.UnsafeCallback", PART),
  UnsafeFnPointer: leftOutClass("Deno.UnsafeFnPointer", PART),
  UnsafePointer: leftOutClass("Deno.UnsafePointer", PART),
  UnsafePointerView: leftOutClass("Deno.UnsafePointerView", PART),
};
})();
