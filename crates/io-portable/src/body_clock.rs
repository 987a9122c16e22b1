//! How long and how fast a request body has been arriving.
//!
//! Owns the instants the `body_gap` and `body_rate_min` deadlines are counted from. Never reads a clock:
//! time is passed in. Called by: `receive`, which notes progress, and `deadlines`.

use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyClock {
    began: Instant,
    bytes: u64,
    last: Instant,
}

impl BodyClock {
    /// Counts from `now` on: a body begins, or the client may send again after it had to wait.
    pub(crate) fn new(now: Instant) -> Self {
        BodyClock {
            began: now,
            bytes: 0,
            last: now,
        }
    }

    pub(crate) fn progress(&mut self, bytes: usize, now: Instant) {
        self.bytes += bytes as u64;
        self.last = now;
    }

    /// When the silence has lasted for `gap`, or, after `gap`, less than `rate_min` bytes a second have come
    /// on average.
    pub(crate) fn deadline(&self, gap: Duration, rate_min: u32) -> Instant {
        let silent = self.last + gap;
        if rate_min == 0 {
            return silent;
        }
        let enough_for = Duration::from_secs_f64(self.bytes as f64 / f64::from(rate_min));
        silent.min(self.began + enough_for.max(gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_secs(30);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn silence_is_counted_from_the_last_byte() {
        let start = Instant::now();
        let mut clock = BodyClock::new(start);
        assert_eq!(clock.deadline(GAP, 0), after(start, 30));
        clock.progress(1, after(start, 20));
        assert_eq!(clock.deadline(GAP, 0), after(start, 50));
    }

    #[test]
    fn bytes_that_trickle_in_prolong_nothing() {
        let start = Instant::now();
        let mut clock = BodyClock::new(start);
        for second in 1..=29 {
            clock.progress(100, after(start, second));
        }
        // 2900 bytes are enough for 29 seconds at 100 bytes a second, and the first 30 are free.
        assert_eq!(clock.deadline(GAP, 100), after(start, 30));
        clock.progress(1_100, after(start, 29));
        assert_eq!(clock.deadline(GAP, 100), after(start, 40));
    }
}
