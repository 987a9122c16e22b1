(function () {
const { leftOutAsyncFunction, leftOutClass } = __bootstrap.core.loadExtScript("ext:deno_webgpu/left_out.js");

const PART = "Deno's key-value store (Howth.kv and node:sqlite are there)";

return {
  AtomicOperation: leftOutClass("Deno.AtomicOperation", PART),
  Kv: leftOutClass("Deno.Kv", PART),
  KvListIterator: leftOutClass("Deno.KvListIterator", PART),
  KvU64: leftOutClass("Deno.KvU64", PART),
  openKv: leftOutAsyncFunction("Deno.openKv", PART),
};
})();
