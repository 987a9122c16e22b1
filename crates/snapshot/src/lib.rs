//! The V8 startup snapshot: a heap in which Deno's JavaScript and howth's own has already run.
//!
//! Owns: the snapshot bytes, the sources left outside it, their code, the flags of V8, the data of ICU. Never does: start an
//! isolate, implement an op. Called by: `howth-runtime`, for every isolate it starts.
//!
//! The crate is apart because making the snapshot takes long, and little changes it: `js/`, the names of ops, V8's flags,
//! Deno's version and what is left out of that.

// The macro documents neither the struct it makes nor its functions.
#[allow(missing_docs, unreachable_pub)]
mod declared {
    include!("extension.rs");

    pub(super) fn placeholders() -> deno_core::Extension {
        howth_ops::init()
    }
}

mod icu_data;
mod packed;

use std::borrow::Cow;

use deno_core::Extension;

pub use packed::{is_packed, packed_text};

include!(concat!(env!("OUT_DIR"), "/checksum.rs"));
include!(concat!(env!("OUT_DIR"), "/residual.rs"));
include!("flags.rs");

/// V8 reads code without a copy of its own where it is aligned.
#[repr(C, align(8))]
struct Aligned<T: ?Sized>(T);

/// What V8 compiled of a source outside the snapshot. It takes it where its flags are `V8_FLAGS` and `COLLECTION_FLAG`.
pub fn compiled(specifier: &str) -> Option<Cow<'static, [u8]>> {
    match CODE_PLACES.binary_search_by_key(&specifier, |(name, _)| name) {
        Ok(found) => CODE.0.get(CODE_PLACES[found].1.clone()).map(Cow::Borrowed),
        Err(_) => packed::code(specifier).map(Cow::Owned),
    }
}

/// The snapshot. Fits only the V8 and the `deno_runtime` this crate was built with.
pub static SNAPSHOT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/snapshot.bin"));

/// The extensions to be listed last among an isolate's. `ops` is the extension `howth_ops` with the real ops, in the
/// order of the snapshot.
///
/// # Panics
/// If `ops` holds other ops than the snapshot.
pub fn extensions(ops: Extension) -> Vec<Extension> {
    // Its files are in the snapshot.
    let howth = Extension {
        name: "howth",
        ..Extension::default()
    };
    assert_eq!(
        names(&ops),
        names(&declared::placeholders()),
        "the snapshot's ops"
    );
    vec![howth, ops]
}

fn names(extension: &Extension) -> Vec<&'static str> {
    extension.ops.iter().map(|op| op.name).collect()
}
