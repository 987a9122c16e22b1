//! The V8 startup snapshot: a heap in which Deno's JavaScript and howth's own has already run.
//!
//! Owns: the snapshot bytes, the sources left outside it, the list of howth's JavaScript files. Never does:
//! start an isolate, define an op. Called by: `howth-runtime`, for every isolate it starts.
//!
//! The crate is apart because making the snapshot takes long and nothing but `js/` changes it.

// The macro documents neither the struct it makes nor its functions.
#[allow(missing_docs, unreachable_pub)]
mod declared {
    include!("extension.rs");
}

include!(concat!(env!("OUT_DIR"), "/residual.rs"));

/// The snapshot. Fits only the V8 and the `deno_runtime` this crate was built with.
pub static SNAPSHOT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/snapshot.bin"));

/// The extension `howth`, to be listed first among an isolate's extensions: the order must be the one in which
/// the snapshot was made. Extensions that only add ops follow it.
pub fn extension() -> deno_core::Extension {
    declared::howth::init()
}
