//! Percentiles of latencies that are all there, exactly.

use std::time::Duration;

use howth_load::Record;
use serde::Serialize;

/// In microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Latencies {
    pub(super) requests: usize,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
    pub(super) max_us: f64,
}

impl Latencies {
    /// Of these records, whether they failed or not; `None` without any.
    pub(super) fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Option<Latencies> {
        let mut sorted: Vec<u64> = records.map(|record| record.latency_ns).collect();
        sorted.sort_unstable();
        let max_us = microseconds(*sorted.last()?);
        let percentile = |share| microseconds(sorted[rank(sorted.len(), share)]);
        Some(Latencies {
            requests: sorted.len(),
            p50_us: percentile(0.5),
            p99_us: percentile(0.99),
            p999_us: percentile(0.999),
            max_us,
        })
    }
}

/// Where the value is that this share of `len` sorted values does not exceed.
fn rank(len: usize, share: f64) -> usize {
    let count = (len as f64 * share).ceil() as usize;
    count.clamp(1, len) - 1
}

fn microseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let records: Vec<Record> = (1..=200)
            .rev()
            .map(|milliseconds| Record {
                due_ns: 0,
                latency_ns: milliseconds * 1_000_000,
                error: None,
                is_occasional: false,
            })
            .collect();
        let latencies = Latencies::of(records.iter()).expect("there are some");
        assert_eq!(latencies.requests, 200);
        assert_eq!(
            [
                latencies.p50_us,
                latencies.p99_us,
                latencies.p999_us,
                latencies.max_us
            ],
            [100e3, 198e3, 200e3, 200e3]
        );
        let one = Latencies::of(records[..1].iter()).expect("there is one");
        assert_eq!((one.p50_us, one.p999_us), (200e3, 200e3));
        assert_eq!(Latencies::of(std::iter::empty()), None);
    }
}
