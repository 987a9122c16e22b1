//! bindgen 0.72, which V8 and SQLite use, under the version that another build script asks for.
//!
//! What it calls of it is the same in both, so that bindgen is compiled once instead of three times.

pub use current::*;
