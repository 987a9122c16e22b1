//! The clock that all cores share: microseconds since the process first asked.
//!
//! Owns the moment at which it begins. Never goes back. Called by: every core.

use std::sync::OnceLock;
use std::time::Instant;

/// Never goes back, and is never 0.
#[inline]
pub fn now_us() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u64 + 1
}
