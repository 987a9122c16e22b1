//! The clock of an open loop: which request is due when.
//!
//! A pure state machine; time is passed in. Owns no queue: requests that are due and were not sent are the
//! difference of two counts, so a server that stalls for an hour costs no memory.

const NANOSECONDS_PER_SECOND: f64 = 1e9;

/// A fixed rate. Moments are nanoseconds since the run's start.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// Between two requests of this schedule.
    interval_ns: f64,
    /// When the first one is due.
    offset_ns: f64,
    /// How many were taken.
    taken: u64,
    /// Requests due at this moment or later are not in the schedule.
    end_ns: u64,
    /// How many requests there are at most.
    requests_max: u64,
}

impl Schedule {
    /// The share of thread `position` of `threads` in `rate` requests per second: every `threads`th request,
    /// so that all threads together keep an even pace.
    pub(crate) fn new(rate: f64, position: usize, threads: usize) -> Self {
        let step_ns = NANOSECONDS_PER_SECOND / rate;
        Schedule {
            interval_ns: step_ns * threads as f64,
            offset_ns: step_ns * position as f64,
            taken: 0,
            end_ns: u64::MAX,
            requests_max: u64::MAX,
        }
    }

    /// Ends the schedule at a moment.
    pub(crate) fn until(mut self, end_ns: u64) -> Self {
        self.end_ns = end_ns;
        self
    }

    /// Ends the schedule after a number of requests that are due at `from_ns` or later.
    pub(crate) fn for_requests(mut self, from_ns: u64, requests: u64) -> Self {
        self.requests_max = self.due_before(from_ns).saturating_add(requests);
        self
    }

    /// When the next request is due, whether that is in the past or not; `None` after the last.
    pub(crate) fn next_due_ns(&self) -> Option<u64> {
        if self.taken >= self.requests_max {
            return None;
        }
        Some(self.due_ns(self.taken)).filter(|due| *due < self.end_ns)
    }

    /// Takes the next request if it is due at `now_ns`; answers when it was due.
    pub(crate) fn take(&mut self, now_ns: u64) -> Option<u64> {
        let due_ns = self.next_due_ns().filter(|due| *due <= now_ns)?;
        self.taken += 1;
        Some(due_ns)
    }

    /// How many requests that were due from `from_ns` on, and before `now_ns`, were not taken.
    pub(crate) fn behind(&self, from_ns: u64, now_ns: u64) -> u64 {
        let due = self.due_before(now_ns.min(self.end_ns)).min(self.requests_max);
        due.saturating_sub(self.taken.max(self.due_before(from_ns)))
    }

    /// How many requests are due before a moment.
    fn due_before(&self, moment_ns: u64) -> u64 {
        let estimate = ((moment_ns as f64 - self.offset_ns) / self.interval_ns)
            .ceil()
            .max(0.0) as u64;
        // The division may be off by one where `due_ns` rounds.
        let mut count = estimate.saturating_sub(1);
        while self.due_ns(count) < moment_ns {
            count += 1;
        }
        count
    }

    /// When request `index` is due: computed from the index, so that no error adds up.
    fn due_ns(&self, index: u64) -> u64 {
        (self.offset_ns + index as f64 * self.interval_ns) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn requests_are_due_at_the_rate_and_not_before() {
        let mut schedule = Schedule::new(1000.0, 0, 1);
        assert_eq!(schedule.take(0), Some(0));
        assert_eq!(schedule.take(999_999), None);
        assert_eq!(schedule.take(1_000_000), Some(1_000_000));
        assert_eq!(schedule.next_due_ns(), Some(2_000_000));
    }

    #[test]
    fn a_late_request_keeps_the_moment_it_was_due() {
        let mut schedule = Schedule::new(10.0, 0, 1);
        let late = SECOND;
        let due: Vec<_> = std::iter::from_fn(|| schedule.take(late)).collect();
        assert_eq!(due, (0..=10).map(|index| index * SECOND / 10).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_not_taken_is_behind() {
        let mut schedule = Schedule::new(100.0, 0, 1).until(2 * SECOND);
        assert_eq!(schedule.behind(0, SECOND), 100);
        for _ in 0..30 {
            schedule.take(SECOND);
        }
        assert_eq!(schedule.behind(0, SECOND), 70);
        assert_eq!(schedule.behind(SECOND / 2, SECOND), 50);
        assert_eq!(schedule.behind(0, 9 * SECOND), 170);
    }

    #[test]
    fn a_schedule_ends_by_time_or_number() {
        let mut timed = Schedule::new(10.0, 0, 1).until(SECOND);
        assert_eq!(std::iter::from_fn(|| timed.take(9 * SECOND)).count(), 10);
        assert_eq!(timed.next_due_ns(), None);
        let mut counted = Schedule::new(10.0, 0, 1).for_requests(SECOND, 3);
        assert_eq!(std::iter::from_fn(|| counted.take(99 * SECOND)).count(), 13);
    }

    proptest! {
        #[test]
        fn threads_together_keep_one_even_pace(rate in 1.0f64..1e6, threads in 1usize..9) {
            let mut due: Vec<u64> = (0..threads)
                .flat_map(|position| {
                    let mut schedule = Schedule::new(rate, position, threads);
                    std::iter::from_fn(move || schedule.take(u64::MAX)).take(50)
                })
                .collect();
            due.sort_unstable();
            for (index, due_ns) in due.iter().enumerate() {
                let expected = index as f64 * 1e9 / rate;
                prop_assert!((*due_ns as f64 - expected).abs() <= 2.0, "{due_ns} {expected}");
            }
        }

        #[test]
        fn behind_counts_what_take_would_take(rate in 0.5f64..1e5, now in 0u64..100_000_000, position in 0usize..3) {
            let mut schedule = Schedule::new(rate, position, 3);
            let behind = schedule.behind(0, now);
            let mut taken = 0;
            while schedule.next_due_ns().is_some_and(|due| due < now) {
                schedule.take(now);
                taken += 1;
            }
            prop_assert_eq!(behind, taken);
        }
    }
}
