// Runs in every isolate before Deno's start-up, which takes away all ops it does not know: puts howth's where
// `js/00_howth.js` finds them.
{
  const own = {};
  for (const [name, op] of Object.entries(Deno.core.ops)) {
    if (name.startsWith("op_howth_")) own[name] = op;
  }
  globalThis.__howth.ops = own;
}
