// Added to ext:deno_node/http.ts, whose last statement, which returns what it exports, is the body of this: the size is that of
// the option, which Deno does not know.
for (const maxHeaderSize of [__bootstrap.internals.howthOptions?.maxHeaderSize() ?? 16_384])
