
// Added to ext:deno_node/internal/crypto/hash.ts.
createHash = __bootstrap.internals.howthHash?.({ Hash, createHash, kHandle }) ?? createHash;
