//! The CPU time of the calling thread, from proc(5).

use std::time::Duration;

/// CPU time in user mode and in the kernel.
///
/// The sum is exact: `schedstat` has nanoseconds. How it divides is what `stat` says in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuTime {
    pub(crate) sum: Duration,
    user_ticks: u64,
    system_ticks: u64,
}

impl CpuTime {
    /// What the calling thread has used so far; nothing where the kernel does not say.
    pub(crate) fn of_this_thread() -> Self {
        let read = |file| std::fs::read_to_string(file).unwrap_or_default();
        Self::parse(
            &read("/proc/thread-self/schedstat"),
            &read("/proc/thread-self/stat"),
        )
        .unwrap_or_default()
    }

    /// What was used since an earlier moment.
    pub(crate) fn since(self, earlier: CpuTime) -> CpuTime {
        CpuTime {
            sum: self.sum.saturating_sub(earlier.sum),
            user_ticks: self.user_ticks.saturating_sub(earlier.user_ticks),
            system_ticks: self.system_ticks.saturating_sub(earlier.system_ticks),
        }
    }

    /// The sum over threads.
    pub(crate) fn plus(self, other: CpuTime) -> CpuTime {
        CpuTime {
            sum: self.sum + other.sum,
            user_ticks: self.user_ticks + other.user_ticks,
            system_ticks: self.system_ticks + other.system_ticks,
        }
    }

    /// The part in the kernel.
    pub(crate) fn system(self) -> Duration {
        match self.user_ticks + self.system_ticks {
            0 => Duration::ZERO,
            ticks => self.sum.mul_f64(self.system_ticks as f64 / ticks as f64),
        }
    }

    /// The part in user mode.
    pub(crate) fn user(self) -> Duration {
        self.sum.saturating_sub(self.system())
    }

    fn parse(schedstat: &str, stat: &str) -> Option<Self> {
        let sum = schedstat.split_whitespace().next()?.parse().ok()?;
        // The second field is the thread's name, which may have blanks, in parentheses; 14 is utime, 15 stime.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        Some(CpuTime {
            sum: Duration::from_nanos(sum),
            user_ticks: fields.next()?.parse().ok()?,
            system_ticks: fields.next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_sum_is_divided_as_the_ticks_are() {
        let stat = "17 (a (b) c) R 1 2 3 4 5 6 7 8 9 10 25 75 0 0";
        let time = CpuTime::parse("2000000000 5 6", stat).expect("both are well-formed");
        assert_eq!(
            (time.user(), time.system()),
            (Duration::from_millis(500), Duration::from_millis(1500))
        );
        assert!(CpuTime::parse("", stat).is_none());
        assert!(CpuTime::parse("1", "17 (a) R").is_none());
    }

    #[test]
    fn differences_and_sums_keep_their_parts() {
        let time = |sum_ms, user_ticks, system_ticks| CpuTime {
            sum: Duration::from_millis(sum_ms),
            user_ticks,
            system_ticks,
        };
        let used = time(100, 6, 4).since(time(60, 2, 4)).plus(time(40, 0, 4));
        assert_eq!(
            (used.user(), used.system()),
            (Duration::from_millis(40), Duration::from_millis(40))
        );
    }

    #[test]
    fn a_thread_that_works_uses_time() {
        let before = CpuTime::of_this_thread();
        let mut rounds = 0u64;
        while CpuTime::of_this_thread().since(before).sum.is_zero() {
            rounds += 1;
            assert!(rounds < 1_000_000, "the kernel does not say");
        }
    }
}
