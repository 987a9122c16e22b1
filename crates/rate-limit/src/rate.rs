//! A rate, and who keeps to it: the generic cell rate algorithm (ITU-T I.371, annex A, the virtual scheduling form).
//!
//! What is known of a client is one number: when it will have used nothing again. Owns the arithmetic and how a rate is written.
//! Called by: the table; who reads rates.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The highest number of requests in a period.
pub const COUNT_MAX: u32 = 1_000_000;

/// The highest number of requests at once: an hour's interval as often fits a number of 64 bits.
pub const BURST_MAX: u32 = 1_000_000;

const PERIODS: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];
const NANOSECONDS: u64 = 1_000_000_000;

/// What is wrong with a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRate {
    /// It is not written as one.
    #[error(
        "\"{0}\" is no rate; give a number from 1 to {COUNT_MAX} and a period, such as 100/s, 10/m or 1000/h"
    )]
    Text(String),
    /// The burst is out of range.
    #[error("a burst of {0} is out of range; give a number from 1 to {BURST_MAX}")]
    Burst(u64),
}

/// How many requests there may be in a time, and how many of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Between two requests that come as evenly as the rate has it. Rounded up: never more is admitted than is said.
    interval_ns: u64,
    count: NonZeroU32,
    burst: NonZeroU32,
}

/// A request is beyond its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// After this time one would be admitted.
    pub wait: Duration,
}

impl Refused {
    /// The same in whole seconds, at least one (RFC 9110 section 10.2.3).
    pub fn seconds(self) -> u64 {
        let part = u64::from(self.wait.subsec_nanos() > 0);
        (self.wait.as_secs() + part).max(1)
    }
}

impl Rate {
    /// The same with another number of requests at once; without it that is the number of the period.
    ///
    /// # Errors
    /// It is 0, or more than [`BURST_MAX`].
    pub fn with_burst(self, burst: u64) -> Result<Self, InvalidRate> {
        let fitting = u32::try_from(burst).ok().filter(|burst| *burst <= BURST_MAX);
        match fitting.and_then(NonZeroU32::new) {
            Some(burst) => Ok(Rate { burst, ..self }),
            None => Err(InvalidRate::Burst(burst)),
        }
    }

    /// Requests in a period.
    pub fn count(self) -> u32 {
        self.count.get()
    }

    /// Requests at once.
    pub fn burst(self) -> u32 {
        self.burst.get()
    }

    /// Admits a request of a client at this time, or says when one would be. `idle_at`: when it will have used nothing again.
    pub(crate) fn admit(self, idle_at: &AtomicU64, now_ns: u64) -> Result<(), Refused> {
        let allowance_ns = self.interval_ns * u64::from(self.burst());
        let mut known = idle_at.load(Ordering::Relaxed);
        loop {
            // Nobody has used more than there is, or a rate that was lower before would be waited for.
            let used_up = now_ns.saturating_add(allowance_ns);
            let next = known.min(used_up).max(now_ns).saturating_add(self.interval_ns);
            let used_ns = next - now_ns;
            if used_ns > allowance_ns {
                let wait = Duration::from_nanos(used_ns - allowance_ns);
                return Err(Refused { wait });
            }
            // The number is all there is: nothing else is published by it.
            match idle_at.compare_exchange_weak(known, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => known = other,
            }
        }
    }
}

/// `100/s`, `10/m`, `1000/h`.
impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let wrong = || InvalidRate::Text(text.to_owned());
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = count.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
        let count = NonZeroU32::new(count).filter(|count| count.get() <= COUNT_MAX);
        let period = PERIODS.iter().find(|(name, _)| *name == unit);
        let (Some(count), Some((_, seconds))) = (count, period) else {
            return Err(wrong());
        };
        Ok(Rate {
            interval_ns: (seconds * NANOSECONDS).div_ceil(u64::from(count.get())),
            count,
            burst: count,
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period_ns = self.interval_ns.saturating_mul(u64::from(self.count()));
        let period = PERIODS
            .iter()
            .rev()
            .find(|(_, seconds)| period_ns >= seconds * NANOSECONDS);
        let (name, _) = period.unwrap_or(&PERIODS[0]);
        write!(formatter, "{}/{name} (burst {})", self.count, self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = NANOSECONDS;

    fn rate(text: &str, burst: u64) -> Rate {
        let rate: Rate = text.parse().expect("a rate");
        rate.with_burst(burst).expect("a burst")
    }

    #[test]
    fn rates_are_a_number_and_a_period() {
        for (text, count, interval_ns) in [
            ("100/s", 100, SECOND / 100),
            ("10/m", 10, 6 * SECOND),
            ("1000/h", 1000, 3_600_000_000),
            ("3/s", 3, 333_333_334),
        ] {
            let rate: Rate = text.parse().expect(text);
            assert_eq!(
                (rate.count(), rate.burst(), rate.interval_ns),
                (count, count, interval_ns)
            );
            assert_eq!(rate.to_string(), format!("{text} (burst {count})"));
        }
        for wrong in [
            "",
            "10",
            "/s",
            "0/s",
            "-1/s",
            "+1/s",
            "1.5/s",
            "10/d",
            "10/s ",
            "10 /s",
            "1000001/s",
        ] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong:?} was taken");
        }
        assert!(rate("10/s", 1).with_burst(0).is_err());
        assert!(rate("10/s", 1).with_burst(1_000_001).is_err());
        // What is greatest is counted, too.
        assert_eq!(rate("1/h", 1_000_000).admit(&AtomicU64::new(0), 1), Ok(()));
    }

    #[test]
    fn so_many_at_once_and_then_evenly() {
        let (rate, state) = (rate("10/s", 3), AtomicU64::new(0));
        for _ in 0..3 {
            assert_eq!(rate.admit(&state, SECOND), Ok(()));
        }
        let refused = rate.admit(&state, SECOND).expect_err("the fourth");
        assert_eq!((refused.wait, refused.seconds()), (Duration::from_millis(100), 1));
        // Being refused costs nothing.
        let later = SECOND + SECOND / 10;
        assert_eq!(rate.admit(&state, later), Ok(()));
        assert!(rate.admit(&state, later).is_err());
        let rested = 100 * SECOND;
        let admitted = (0..10).filter(|_| rate.admit(&state, rested).is_ok()).count();
        assert_eq!(admitted, 3);
    }

    #[test]
    fn seconds_are_whole_and_never_none() {
        for (wait, seconds) in [
            (1, 1),
            (999_999_999, 1),
            (1_000_000_000, 1),
            (1_000_000_001, 2),
            (61_500_000_000, 62),
        ] {
            assert_eq!(
                Refused {
                    wait: Duration::from_nanos(wait)
                }
                .seconds(),
                seconds
            );
        }
    }

    #[test]
    fn a_thread_that_is_behind_admits_no_more() {
        let (rate, state) = (rate("1/s", 1), AtomicU64::new(0));
        assert_eq!(rate.admit(&state, 5 * SECOND), Ok(()));
        assert!(rate.admit(&state, 4 * SECOND).is_err());
    }
}
