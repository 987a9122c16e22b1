//! Waiting for what must happen, without a say in how fast.

use std::time::{Duration, Instant};

/// How long a thing that must happen may take, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `condition` holds; panics, naming `what`, when it does not within [`PATIENCE`].
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < PATIENCE,
            "{what} did not happen within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}
