//! Latency over time: one point for each tenth of a second in which requests were due.

use std::time::Duration;

use howth_load::Record;
use serde::Serialize;

use super::latencies::Latencies;

/// A stall of 50 ms shows, and noise does not.
pub(super) const STEP: Duration = Duration::from_millis(100);

/// The requests that were due in one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Point {
    pub(super) at_seconds: f64,
    /// Right answers.
    pub(super) requests: usize,
    /// Requests that failed.
    pub(super) failed: usize,
    /// Of the right answers; none where there is none.
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
    pub(super) max_us: Option<f64>,
}

/// Records in the order in which they were due, step by step through the whole of a run; a step without any is a point
/// too.
pub(super) fn series(records: &[Record], duration: Duration) -> Vec<Point> {
    let step_ns = STEP.as_nanos() as u64;
    let steps = (duration.as_nanos() as u64).div_ceil(step_ns);
    let mut left = records;
    (0..steps)
        .map(|step| {
            let due = left.partition_point(|record| record.due_ns < (step + 1) * step_ns);
            let (now, later) = left.split_at(due);
            left = later;
            point(step, now)
        })
        .collect()
}

fn point(step: u64, records: &[Record]) -> Point {
    let right = || records.iter().filter(|record| record.error.is_none());
    let latencies = Latencies::of(right());
    let requests = latencies.map_or(0, |latencies| latencies.requests);
    Point {
        at_seconds: Duration::from_nanos(step * STEP.as_nanos() as u64).as_secs_f64(),
        requests,
        failed: records.len() - requests,
        p50_us: latencies.map(|latencies| latencies.p50_us),
        p99_us: latencies.map(|latencies| latencies.p99_us),
        max_us: latencies.map(|latencies| latencies.max_us),
    }
}

#[cfg(test)]
mod tests {
    use howth_load::ErrorClass;

    use super::*;

    #[test]
    fn requests_belong_to_the_step_in_which_they_were_due() {
        let record = |due_ms: u64, error| Record {
            due_ns: due_ms * 1_000_000,
            latency_ns: due_ms * 1000,
            error,
            is_occasional: false,
        };
        let records = [
            record(0, None),
            record(99, None),
            record(100, Some(ErrorClass::Read)),
            record(350, None),
        ];
        let points = series(&records, Duration::from_millis(450));
        let counts: Vec<_> = points
            .iter()
            .map(|point| (point.requests, point.failed))
            .collect();
        assert_eq!(counts, [(2, 0), (0, 1), (0, 0), (1, 0), (0, 0)]);
        assert_eq!(points[0].max_us, Some(99.0));
        assert_eq!((points[1].p99_us, points[3].at_seconds), (None, 0.3));
        assert_eq!(series(&[], Duration::ZERO), []);
    }
}
