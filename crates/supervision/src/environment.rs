//! Variables of the environment that are for howth alone, taken out of it at the start.
//!
//! Owns the one change of the environment: child processes are not to inherit what names descriptors of this one. Never
//! called after the start: threads may read the environment then. Called by: `listen/inherited.rs` and the
//! runtime, in the first steps of the main thread.

use std::env;

/// The variable's value, after which it is gone. Must be called before the process has another thread.
pub fn take(variable: &str) -> Option<String> {
    let value = env::var(variable).ok()?;
    // SAFETY: the callers named above run once, before any other thread that could read the environment is there.
    unsafe { env::remove_var(variable) };
    Some(value)
}
