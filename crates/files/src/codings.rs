//! Content codings in which a file may lie beside its own.
//!
//! Owns their order and the endings of their names. Never compresses: there is a file of each, or there is none; nor chooses for
//! a client: `howth_compression` does. Called by: `store`, `folder`.

use howth_compression::Coding;

/// Those that are preferred first, as a rule the smaller ones: they cost nothing to send.
pub(crate) const SIBLINGS: [Coding; 3] = [Coding::Brotli, Coding::Zstd, Coding::Gzip];

/// What the name of a file in a coding ends with.
pub(crate) fn ending(coding: Coding) -> &'static str {
    match coding {
        Coding::Brotli => ".br",
        Coding::Zstd => ".zst",
        Coding::Gzip => ".gz",
    }
}
