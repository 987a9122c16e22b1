//! The result of a run, and its forms: JSON (serde), a table, a histogram log.
//!
//! Owns no measurement; it is computed once, from the summary.

mod text;

use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;
use serde::Serialize;

use crate::error::Errors;
use crate::options::{Options, Pace};
use crate::record::{Ended, Record, Second, Summary, microseconds};

/// Percentiles that a report has.
const PERCENTILES: [f64; 9] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999, 100.0];

/// What a run has shown.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The URL.
    pub url: String,
    /// The request method; `echo` for WebSocket messages.
    pub method: String,
    /// Connections.
    pub connections: usize,
    /// Threads of the generator.
    pub threads: usize,
    /// Requests that may be on the way on one connection.
    pub pipelining: usize,
    /// Whether connections served more than one request.
    pub keep_alive: bool,
    /// When requests were sent.
    pub pace: Pace,
    /// Sending before anything was counted, in seconds.
    pub warm_up_seconds: f64,
    /// From the end of the warm-up to the end of the last request, in seconds.
    pub elapsed_seconds: f64,
    /// Right answers.
    pub requests: u64,
    /// Right answers per second.
    pub requests_per_second: f64,
    /// Requests that failed, by class.
    pub errors: Errors,
    /// Open loop: requests that were due and not sent when the run ended.
    pub unsent: u64,
    /// Bytes received, heads and TLS included.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Connections opened after the warm-up began.
    pub connections_opened: u64,
    /// Latency of the right answers.
    pub latency: Latency,
    /// CPU time of the generator.
    pub cpu: Cpu,
    /// The run, second by second.
    pub seconds: Vec<Second>,
    /// Each request, in the order in which they were due, if [`Options::records`] asks for them.
    #[serde(skip)]
    pub records: Vec<Record>,
    /// All latencies in nanoseconds.
    #[serde(skip)]
    histogram: Histogram<u64>,
}

/// Latencies in microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// The shortest.
    pub min_us: f64,
    /// The mean.
    pub mean_us: f64,
    /// The standard deviation.
    pub deviation_us: f64,
    /// The longest.
    pub max_us: f64,
    /// Percentiles, rising.
    pub percentiles: Vec<Percentile>,
}

/// A percentile of the latencies.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentile {
    /// Out of a hundred.
    pub percentile: f64,
    /// That many percent took this long or less, in microseconds.
    pub latency_us: f64,
}

/// CPU time of the generator's threads after the warm-up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cpu {
    /// In user mode, in seconds.
    pub user_seconds: f64,
    /// In the kernel, in seconds.
    pub system_seconds: f64,
    /// Both, per request sent (right answer or not), in microseconds.
    pub per_request_us: f64,
}

impl Report {
    pub(crate) fn new(
        options: &Options,
        url: String,
        is_echo: bool,
        mut summary: Summary,
        ended: &Ended,
    ) -> Self {
        summary.finish();
        summary.records.sort_by_key(|record| record.due_ns);
        let tally = summary.tally;
        let elapsed = Duration::from_nanos(ended.elapsed_ns).as_secs_f64();
        Report {
            url,
            method: if is_echo {
                "echo".to_owned()
            } else {
                options.method.clone()
            },
            connections: options.connections,
            threads: options.threads_used(),
            pipelining: options.pipelining,
            keep_alive: options.keep_alive,
            pace: options.pace,
            warm_up_seconds: options.warm_up.as_secs_f64(),
            elapsed_seconds: elapsed,
            requests: tally.requests,
            requests_per_second: per(tally.requests as f64, elapsed),
            errors: tally.errors,
            unsent: ended.unsent,
            received_bytes: tally.received_bytes,
            sent_bytes: tally.sent_bytes,
            connections_opened: tally.connections_opened,
            latency: Latency::of(&summary.latencies),
            cpu: Cpu::of(ended, tally.requests + tally.errors.total()),
            seconds: summary.seconds,
            records: summary.records,
            histogram: summary.latencies,
        }
    }

    /// The report as a JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report has no maps with keys that are no strings")
    }

    /// The report as lines of text for a person.
    pub fn to_text(&self) -> String {
        text::render(self)
    }

    /// All latencies as an HdrHistogram interval log: one interval, nanoseconds, in the V2 compressed format.
    pub fn to_hdr_log(&self) -> String {
        let mut log = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder
            .add_comment("howth-load: latencies in nanoseconds")
            .with_max_value_divisor(1_000_000.0);
        let elapsed = Duration::from_secs_f64(self.elapsed_seconds);
        builder
            .begin_log_with(&mut log, &mut serializer)
            .expect("writing to memory does not fail")
            .write_histogram(&self.histogram, Duration::ZERO, elapsed, None)
            .expect("a histogram of 64-bit counts can be serialised");
        String::from_utf8(log).expect("the log is ASCII")
    }

    /// The percentile distribution in the form HdrHistogram's plotter reads: latency in milliseconds,
    /// percentile, count, and 1/(1-percentile).
    pub fn to_percentile_text(&self) -> String {
        text::percentiles(&self.histogram)
    }

    /// All latencies, in nanoseconds.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Self {
        let percentile = |percentile: f64| Percentile {
            percentile,
            latency_us: microseconds(histogram.value_at_quantile(percentile / 100.0)),
        };
        Latency {
            min_us: microseconds(histogram.min()),
            mean_us: histogram.mean() / 1000.0,
            deviation_us: histogram.stdev() / 1000.0,
            max_us: microseconds(histogram.max()),
            percentiles: PERCENTILES.map(percentile).to_vec(),
        }
    }

    /// One of the report's percentiles in microseconds.
    pub fn percentile_us(&self, wanted: f64) -> Option<f64> {
        let found = self
            .percentiles
            .iter()
            .find(|found| (found.percentile - wanted).abs() < 1e-9);
        found.map(|found| found.latency_us)
    }
}

impl Cpu {
    fn of(ended: &Ended, requests: u64) -> Self {
        let (user, system) = (ended.cpu.user().as_secs_f64(), ended.cpu.system().as_secs_f64());
        Cpu {
            user_seconds: user,
            system_seconds: system,
            per_request_us: per((user + system) * 1e6, requests as f64),
        }
    }
}

/// A quotient that is zero rather than nothing.
fn per(amount: f64, of: f64) -> f64 {
    if of > 0.0 { amount / of } else { 0.0 }
}
