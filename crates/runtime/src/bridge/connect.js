// Runs in every isolate before Deno's start-up, which takes away all ops it does not know: puts howth's where
// `js/00_howth.js` finds them. Called with their names by `mod.rs`: V8 makes an op's function when it is first read, so
// the thousands of others are not looked at.
((names) => {
  const { ops } = Deno.core;
  const own = {};
  for (const name of names) own[name] = ops[name];
  globalThis.__howth.ops = own;
})
