//! How many panics a process may live through.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A core that panics starts again so often within so long.
const PANICS_MAX: usize = 5;
const PERIOD: Duration = Duration::from_secs(60);

/// The panics of the last while.
#[derive(Debug, Default)]
pub(super) struct Panics(VecDeque<Instant>);

impl Panics {
    /// Notes one more; true: that is too many.
    pub(super) fn note(&mut self, now: Instant) -> bool {
        self.0.push_back(now);
        while self.0.front().is_some_and(|first| now - *first >= PERIOD) {
            self.0.pop_front();
        }
        self.0.len() > PANICS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_of_the_last_minute_count() {
        let (mut panics, start) = (Panics::default(), Instant::now());
        assert!((0..5).all(|second| !panics.note(start + Duration::from_secs(second))));
        assert!(panics.note(start + Duration::from_secs(59)));
        assert!(!panics.note(start + Duration::from_secs(64)));
    }
}
