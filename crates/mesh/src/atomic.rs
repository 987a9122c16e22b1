//! The atomics of the wake-up protocol. The model test compiles `bell.rs` with those of loom.
//!
//! Owns nothing but their names. Called by: `bell`.

pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
