//! How long a fuzzer of seeds goes on.

use std::time::{Duration, Instant};

/// Counts up: to `count`, or for as many seconds as `HOWTH_FUZZ_SECONDS` says.
pub fn iterations(count: u64) -> impl Iterator<Item = u64> {
    let seconds = std::env::var("HOWTH_FUZZ_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    (0..).take_while(move |&iteration| match deadline {
        Some(deadline) => Instant::now() < deadline,
        None => iteration < count,
    })
}
