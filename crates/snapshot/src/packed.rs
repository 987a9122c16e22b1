//! Built-in scripts that programs rarely load, and the code of such modules, compressed.
//!
//! Owns their bytes, and the texts that were asked for: V8 keeps a text as long as the isolate, so it stays where it is, once for
//! all isolates of the process. Never does: compile anything. Called by: `howth-runtime`, and [`compiled`](super::compiled).

use std::ops::Range;
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/packed.rs"));

/// A script.
struct Text {
    specifier: &'static str,
    packed: Piece,
    unpacked: OnceLock<Vec<u8>>,
}

impl Text {
    const fn new(specifier: &'static str, packed: Piece) -> Text {
        Text {
            specifier,
            packed,
            unpacked: OnceLock::new(),
        }
    }
}

/// Some of the packed bytes.
struct Piece {
    place: Range<usize>,
    /// Of what it is unpacked to, in bytes.
    length: usize,
}

impl Piece {
    fn unpacked(&self) -> Vec<u8> {
        zstd::bulk::decompress(&BYTES[self.place.clone()], self.length).expect("howth has packed it")
    }
}

/// Whether a script is packed: another text stands in its place then, which asks for it.
pub fn is_packed(specifier: &str) -> bool {
    find(specifier).is_some()
}

/// The text of a script that is packed; it is ASCII.
pub fn packed_text(specifier: &str) -> Option<&'static [u8]> {
    let text = find(specifier)?;
    Some(text.unpacked.get_or_init(|| text.packed.unpacked()))
}

fn find(specifier: &str) -> Option<&'static Text> {
    let found = TEXTS.binary_search_by_key(&specifier, |text| text.specifier);
    Some(&TEXTS[found.ok()?])
}

/// The code of a script or module where that is packed.
pub(super) fn code(specifier: &str) -> Option<Vec<u8>> {
    let found = CODES.binary_search_by_key(&specifier, |(name, _)| name);
    Some(CODES[found.ok()?].1.unpacked())
}
