// Runs in every isolate before Deno's start-up, which takes away all ops it does not know: puts howth's where
// `js/00_howth.js` finds them. They are the last ones, and V8 makes an op's function when it is first read: the
// thousands before them are not looked at.
{
  const { ops } = Deno.core;
  const names = Object.keys(ops);
  const own = {};
  for (let last = names.length - 1; names[last].startsWith("op_howth_"); last--) {
    own[names[last]] = ops[names[last]];
  }
  globalThis.__howth.ops = own;
}
