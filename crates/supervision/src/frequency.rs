//! How often something that must not go on for ever has happened of late.
//!
//! Owns the times, and the bound: five in a minute. Reads no clock. Called by: the supervisor, for panics; the bridge, for
//! restarts after uncaught exceptions.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So often within so long is the most.
const TIMES_MAX: usize = 5;
const PERIOD: Duration = Duration::from_secs(60);

/// The times of the last while.
#[derive(Debug, Default)]
pub struct Frequency(VecDeque<Instant>);

impl Frequency {
    /// Notes one more; true: that is too many.
    pub fn note(&mut self, now: Instant) -> bool {
        self.forget_old(now);
        self.0.push_back(now);
        self.0.len() > TIMES_MAX
    }

    /// Notes one more unless that would be too many; true: it was noted.
    pub fn permits(&mut self, now: Instant) -> bool {
        self.forget_old(now);
        let is_permitted = self.0.len() < TIMES_MAX;
        if is_permitted {
            self.0.push_back(now);
        }
        is_permitted
    }

    fn forget_old(&mut self, now: Instant) {
        while self.0.front().is_some_and(|first| now - *first >= PERIOD) {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_of_the_last_minute_count() {
        let (mut panics, start) = (Frequency::default(), Instant::now());
        assert!((0..5).all(|second| !panics.note(start + Duration::from_secs(second))));
        assert!(panics.note(start + Duration::from_secs(59)));
        assert!(!panics.note(start + Duration::from_secs(64)));
    }

    #[test]
    fn what_is_not_permitted_does_not_count() {
        let (mut restarts, start) = (Frequency::default(), Instant::now());
        assert!((0..5).all(|second| restarts.permits(start + Duration::from_secs(second))));
        assert!((5..60).all(|second| !restarts.permits(start + Duration::from_secs(second))));
        assert!(restarts.permits(start + Duration::from_secs(60)));
        assert!(!restarts.permits(start + Duration::from_secs(60)));
    }
}
