//! What was measured: per thread, second by second, and the sum.
//!
//! Owns the histograms. A thread keeps one second's and hands it on; the sum is one more. Memory does not grow
//! with the number of requests unless each is recorded, and by about a hundred bytes per second.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::connection::Started;
use crate::cpu::CpuTime;
use crate::error::{ErrorClass, Errors};
use crate::http_client::Verdict;

pub(crate) const SECOND_NS: u64 = 1_000_000_000;

/// Values below differ by less than the resolution.
const LATENCY_NS_MIN: u64 = 128;
/// Longer latencies count as this long: an hour.
const LATENCY_NS_MAX: u64 = 3600 * SECOND_NS;
/// Significant decimal digits.
const DIGITS: u8 = 3;

/// A histogram of nanoseconds, exact to 64 ns or one part in a thousand.
pub(crate) fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(LATENCY_NS_MIN, LATENCY_NS_MAX, DIGITS)
        .expect("the bounds are constant and valid")
}

/// Counts of one second or of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) errors: Errors,
    pub(crate) received_bytes: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) connections_opened: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.requests += other.requests;
        self.errors.add(&other.errors);
        self.received_bytes += other.received_bytes;
        self.sent_bytes += other.sent_bytes;
        self.connections_opened += other.connections_opened;
    }
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was due, in nanoseconds since the end of the warm-up.
    pub due_ns: u64,
    /// From that moment to the end of its answer, or until it failed.
    pub latency_ns: u64,
    /// How it failed.
    pub error: Option<ErrorClass>,
    /// Whether it was the occasional one.
    pub is_occasional: bool,
}

/// What one thread measured in one second.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Whole seconds since the end of the warm-up.
    pub(crate) second: u64,
    /// A second, or less at the end of the run.
    pub(crate) span_ns: u64,
    pub(crate) tally: Tally,
    pub(crate) latencies: Histogram<u64>,
    /// In the order of their ends; none unless they are wanted.
    pub(crate) records: Vec<Record>,
}

/// One thread's record of the current second. Moments are nanoseconds since the start.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Requests due before this moment are not counted.
    from_ns: u64,
    second: u64,
    sample_ends_ns: u64,
    pub(crate) tally: Tally,
    latencies: Histogram<u64>,
    records: Option<Vec<Record>>,
    /// When the last counted request ended.
    pub(crate) last_ns: u64,
}

impl Recorder {
    /// Counts what begins at `from_ns` or later, and records each request if it shall.
    pub(crate) fn new(from_ns: u64, records: bool) -> Self {
        Recorder {
            from_ns,
            second: 0,
            sample_ends_ns: from_ns + SECOND_NS,
            tally: Tally::default(),
            latencies: latencies(),
            records: records.then(Vec::new),
            last_ns: from_ns,
        }
    }

    /// Counts a request that is over.
    #[inline]
    pub(crate) fn verdict(&mut self, started: &Started, now_ns: u64, verdict: Verdict) {
        let Some(due_ns) = started.due_ns.checked_sub(self.from_ns) else {
            return;
        };
        let latency_ns = now_ns.saturating_sub(started.due_ns);
        self.last_ns = now_ns;
        if let Some(records) = &mut self.records {
            records.push(Record {
                due_ns,
                latency_ns,
                error: verdict.err(),
                is_occasional: started.is_occasional,
            });
        }
        match verdict {
            Ok(()) => {
                self.tally.requests += 1;
                self.latencies.saturating_record(latency_ns);
            }
            Err(class) => self.tally.errors.count(class),
        }
    }

    /// Counts an error that concerns no request.
    pub(crate) fn error(&mut self, now_ns: u64, class: ErrorClass) {
        if now_ns >= self.from_ns {
            self.tally.errors.count(class);
        }
    }

    /// A sample, if a second is over; ask again until there is none.
    pub(crate) fn sample(&mut self, now_ns: u64) -> Option<Sample> {
        if now_ns < self.sample_ends_ns {
            return None;
        }
        let sample = self.rest(self.sample_ends_ns);
        self.sample_ends_ns += SECOND_NS;
        Some(sample)
    }

    /// Forgets everything counted so far.
    pub(crate) fn restart(&mut self) {
        self.tally = Tally::default();
    }

    /// Forgets bytes and connections of the warm-up; requests of it were never counted.
    pub(crate) fn end_warm_up(&mut self) {
        self.tally.received_bytes = 0;
        self.tally.sent_bytes = 0;
        self.tally.connections_opened = 0;
    }

    /// What the second that is not over has so far.
    pub(crate) fn rest(&mut self, now_ns: u64) -> Sample {
        let begun_ns = self.sample_ends_ns - SECOND_NS;
        let sample = Sample {
            second: self.second,
            span_ns: now_ns.saturating_sub(begun_ns).min(SECOND_NS),
            tally: std::mem::take(&mut self.tally),
            latencies: self.latencies.clone(),
            records: self.records.as_mut().map(std::mem::take).unwrap_or_default(),
        };
        self.latencies.reset();
        self.second += 1;
        sample
    }
}

/// One second of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Second {
    /// Whole seconds since the end of the warm-up.
    pub second: u64,
    /// How long it was: the last one is shorter.
    pub span_seconds: f64,
    /// Right answers that arrived.
    pub requests: u64,
    /// Requests that failed.
    pub errors: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// Median latency of these answers in microseconds.
    pub p50_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
    /// The longest.
    pub max_us: f64,
}

/// Sums the samples of all threads up.
#[derive(Debug)]
pub(crate) struct Summary {
    threads: usize,
    open: BTreeMap<u64, (usize, Sample)>,
    pub(crate) seconds: Vec<Second>,
    pub(crate) tally: Tally,
    pub(crate) latencies: Histogram<u64>,
    pub(crate) records: Vec<Record>,
}

impl Summary {
    /// Of `threads` threads.
    pub(crate) fn new(threads: usize) -> Self {
        Summary {
            threads,
            open: BTreeMap::new(),
            seconds: Vec::new(),
            tally: Tally::default(),
            latencies: latencies(),
            records: Vec::new(),
        }
    }

    /// Adds a sample; answers the second it completed.
    pub(crate) fn add(&mut self, mut sample: Sample) -> Option<&Second> {
        self.records.append(&mut sample.records);
        self.tally.add(&sample.tally);
        self.latencies += &sample.latencies;
        let second = sample.second;
        let heard = match self.open.get_mut(&second) {
            Some((heard, sum)) => {
                sum.span_ns = sum.span_ns.max(sample.span_ns);
                sum.tally.add(&sample.tally);
                sum.latencies += &sample.latencies;
                *heard += 1;
                *heard
            }
            None => {
                self.open.insert(second, (1, sample));
                1
            }
        };
        if heard < self.threads {
            return None;
        }
        let (_, sum) = self.open.remove(&second)?;
        self.seconds.push(close(&sum));
        self.seconds.last()
    }

    /// Closes seconds that not all threads have reached.
    pub(crate) fn finish(&mut self) {
        for (_, sum) in std::mem::take(&mut self.open).into_values() {
            self.seconds.push(close(&sum));
        }
    }
}

/// Nanoseconds in microseconds.
pub(crate) fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

fn close(sum: &Sample) -> Second {
    let quantile = |quantile| microseconds(sum.latencies.value_at_quantile(quantile));
    Second {
        second: sum.second,
        span_seconds: sum.span_ns as f64 / SECOND_NS as f64,
        requests: sum.tally.requests,
        errors: sum.tally.errors.total(),
        received_bytes: sum.tally.received_bytes,
        p50_us: quantile(0.5),
        p99_us: quantile(0.99),
        max_us: microseconds(sum.latencies.max()),
    }
}

/// The sum of all threads' outcomes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended {
    pub(crate) cpu: CpuTime,
    pub(crate) unsent: u64,
    pub(crate) elapsed_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(due_ns: u64) -> Started {
        Started {
            due_ns,
            begun_ns: due_ns,
            is_occasional: false,
        }
    }

    #[test]
    fn requests_are_recorded_where_that_is_wanted() {
        let mut recorder = Recorder::new(SECOND_NS, true);
        recorder.verdict(&due(5), SECOND_NS, Ok(()));
        recorder.verdict(&due(SECOND_NS + 7), SECOND_NS + 10, Err(ErrorClass::Refused));
        let record = Record {
            due_ns: 7,
            latency_ns: 3,
            error: Some(ErrorClass::Refused),
            is_occasional: false,
        };
        assert_eq!(recorder.rest(2 * SECOND_NS).records, [record]);
        assert_eq!(recorder.rest(3 * SECOND_NS).records, []);
    }

    #[test]
    fn a_warm_up_is_not_counted() {
        let mut recorder = Recorder::new(SECOND_NS, false);
        recorder.verdict(&due(SECOND_NS - 1), SECOND_NS + 5, Ok(()));
        recorder.verdict(&due(SECOND_NS - 1), SECOND_NS + 5, Err(ErrorClass::Status));
        recorder.error(0, ErrorClass::Connect);
        assert_eq!(recorder.tally, Tally::default());
        recorder.verdict(&due(SECOND_NS), SECOND_NS + 5, Ok(()));
        assert_eq!(recorder.tally.requests, 1);
    }

    #[test]
    fn errors_have_no_latency() {
        let mut recorder = Recorder::new(0, false);
        recorder.verdict(&due(0), 77, Err(ErrorClass::Hash));
        let sample = recorder.rest(SECOND_NS / 2);
        assert_eq!(
            (
                sample.tally.requests,
                sample.tally.errors.hash,
                sample.latencies.len()
            ),
            (0, 1, 0)
        );
    }

    #[test]
    fn seconds_are_summed_over_threads() {
        let mut summary = Summary::new(2);
        let mut recorders = [Recorder::new(0, false), Recorder::new(0, false)];
        for (position, recorder) in recorders.iter_mut().enumerate() {
            recorder.verdict(&due(0), 1_000_000 * (position as u64 + 1), Ok(()));
            assert!(recorder.sample(SECOND_NS - 1).is_none());
        }
        let first = recorders[0].sample(SECOND_NS).expect("a second is over");
        assert!(summary.add(first).is_none());
        let second = recorders[1].sample(SECOND_NS).expect("a second is over");
        let closed = summary.add(second).expect("both were heard").clone();
        assert_eq!((closed.requests, closed.second), (2, 0));
        assert!((1990.0..2010.0).contains(&closed.max_us), "{}", closed.max_us);
        summary.add(recorders[0].rest(SECOND_NS + SECOND_NS / 2));
        summary.finish();
        assert_eq!(
            (
                summary.seconds.len(),
                summary.tally.requests,
                summary.latencies.len()
            ),
            (2, 2, 2)
        );
    }
}
