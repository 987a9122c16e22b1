
// Added to ext:deno_node/testing.ts: the tests are howth's, the mocks Deno's.
const howthTest = __bootstrap.internals.howthTest;
if (howthTest !== undefined) return howthTest({ assert: getAssertObject, mock });
