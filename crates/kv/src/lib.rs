//! A cache in memory that all threads of a process share: `Howth.kv`.
//!
//! Owns: what is stored and how much of it, the times at which it ends, the atomic changes. Never does: input or output,
//! threads, waiting for anything but the lock of a part of the table, held for some tens of nanoseconds. Knows nothing
//! of V8. Called by: the runtime's bridge, on every core at once.
#![forbid(unsafe_code)]

mod store;
mod value;

pub use store::{BYTES_MAX_DEFAULT, BYTES_MAX_LEAST, Found, IncrementError, KEY_BYTES_MAX, Store, TooLarge};
pub use value::Value;
