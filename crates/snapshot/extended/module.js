
// Added to node:module.
internals.howthRequire?.(Module);
// What a load hook hands on as it was given is loaded as if there were no hook: `require` would take JSON for JavaScript, and
// could not load what an ES module imports.
const howthLoadHooks = executeLoadHookChain;
function isAsHowthLoads(fileUrl, { source, format }) {
  const path = url.fileURLToPath(fileUrl);
  const isOfItsFormat = format == null || (format === "module" && !op_require_is_maybe_cjs(path));
  return isOfItsFormat && source === op_require_read_file(path);
}
executeLoadHookChain = function executeLoadHookChain(fileUrl, context) {
  const result = howthLoadHooks(fileUrl, context);
  if (result?.source == null || !fileUrl.startsWith("file:")) return result;
  return isAsHowthLoads(fileUrl, result) ? null : result;
};
