//! Whether a request is admitted to a core's queue, by how long it would wait there.
//!
//! Controlled delay (CoDel, RFC 8289, as servers use it): what counts is the least delay in an interval. A burst
//! drains, and then somebody hardly waited; where even the luckiest has waited too long, the queue stands, and there is
//! more to do than the core can. Then a request is refused at once that would wait too long, and the others are
//! answered in time. Numbers in, a verdict out. Owns what was seen of the delays. Never reads a clock. Called by: the
//! reception.

/// How long the delay has to be too long before anybody is refused, in microseconds.
const INTERVAL_US: u64 = 100_000;

/// The state of one core's door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    /// The delay that is too long; `None`: none is.
    target_us: Option<u64>,
    interval_ends_us: u64,
    /// The least delay in this interval.
    least_us: u64,
    is_overloaded: bool,
}

impl Admission {
    #[inline]
    pub(crate) fn new(target_us: Option<u64>) -> Self {
        Admission {
            target_us,
            interval_ends_us: 0,
            least_us: u64::MAX,
            is_overloaded: false,
        }
    }

    /// Takes note of how long the request has waited whose turn it is, or whose turn should be.
    #[inline]
    pub(crate) fn note(&mut self, now_us: u64, delay_us: u64) {
        let Some(target_us) = self.target_us else { return };
        self.least_us = self.least_us.min(delay_us);
        // Nobody waits: that is known at once.
        if delay_us < target_us {
            self.is_overloaded = false;
        }
        if now_us >= self.interval_ends_us {
            self.is_overloaded = self.least_us >= target_us && self.least_us != u64::MAX;
            self.interval_ends_us = now_us + INTERVAL_US;
            self.least_us = u64::MAX;
        }
    }

    /// Nobody waits.
    #[inline]
    pub(crate) fn note_nobody(&mut self) {
        self.least_us = 0;
        self.is_overloaded = false;
    }

    /// Whether a request is refused that would wait for `wait_us`.
    #[inline]
    pub(crate) fn refuses(&self, wait_us: u64) -> bool {
        self.is_overloaded && self.target_us.is_some_and(|target_us| wait_us >= target_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET_US: u64 = 50_000;

    fn after(delays_us: &[u64]) -> Admission {
        let mut admission = Admission::new(Some(TARGET_US));
        for (turn, delay_us) in delays_us.iter().enumerate() {
            admission.note(1 + turn as u64 * 10_000, *delay_us);
        }
        admission
    }

    #[test]
    fn a_burst_is_let_in() {
        let admission = after(&[400_000, 300_000, 200_000, 100_000, 1000]);
        assert!(!admission.refuses(400_000));
    }

    #[test]
    fn a_queue_that_stands_is_closed_for_whoever_would_wait() {
        let admission = after(&[60_000; 30]);
        assert!(admission.refuses(60_000));
        assert!(!admission.refuses(40_000), "it will be answered in time");
    }

    #[test]
    fn who_waits_shortly_opens_it_again() {
        let mut admission = after(&[60_000; 30]);
        admission.note(1_000_000, 10_000);
        assert!(!admission.refuses(60_000));
    }

    #[test]
    fn one_that_waited_shortly_is_enough_in_an_interval() {
        let mut delays = [60_000; 30];
        delays.iter_mut().step_by(8).for_each(|delay| *delay = 1000);
        assert!(!after(&delays).refuses(60_000));
    }

    #[test]
    fn without_a_target_nobody_is_refused() {
        let mut admission = Admission::new(None);
        for turn in 0..30 {
            admission.note(turn * 10_000, u64::MAX / 2);
        }
        assert!(!admission.refuses(u64::MAX / 2));
    }
}
