//! How long this core has been parsing, where somebody wants to know (`HOWTH_TRACE=1`).
//!
//! Owns one number for each thread. Off, it costs a look at that. Called by: the engines, around the decoder; the
//! runtime's trace, which reads it.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// `None`: nobody wants to know.
    static SPENT: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Measures on this thread from now on.
pub fn start() {
    SPENT.set(Some(Duration::ZERO));
}

/// Runs what is measured.
pub fn timed<R>(work: impl FnOnce() -> R) -> R {
    let Some(spent) = SPENT.get() else {
        return work();
    };
    let begin = Instant::now();
    let result = work();
    SPENT.set(Some(spent + begin.elapsed()));
    result
}

/// What was spent since this was last asked.
pub fn take() -> Duration {
    let spent = SPENT.get();
    if spent.is_some() {
        start();
    }
    spent.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_only_when_started_and_from_zero_each_time() {
        let nap = || std::thread::sleep(Duration::from_millis(1));
        timed(nap);
        assert_eq!(take(), Duration::ZERO);
        start();
        timed(nap);
        assert!(take() >= Duration::from_millis(1));
        assert_eq!(take(), Duration::ZERO);
    }
}
