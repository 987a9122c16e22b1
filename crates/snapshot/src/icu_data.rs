//! ICU's data, without what nothing in howth can ask for.
//!
//! Owns the data by which `Intl` knows locales, in the place of what V8's library has: the linker takes the first of two that
//! have a name, and this crate stands before V8. Never does: decide what is left out (`icu_data.rs` of the build script). Called
//! by: V8.

include!(concat!(env!("OUT_DIR"), "/icu.rs"));

/// ICU reads it in place.
#[repr(C, align(16))]
struct Data([u8; ICU_DATA.len()]);

// SAFETY: V8's library says the same of a constant of this name, and has that in an object of its own, which is not linked where
// the name is there. ICU's version is in the name: with another one, the build script that asks for the data is not linked.
#[unsafe(export_name = "icudt77_dat")]
static DATA: Data = Data(ICU_DATA);
