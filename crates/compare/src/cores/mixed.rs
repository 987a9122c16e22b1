//! One request in a hundred computes for 50 ms; what do the others feel?
//!
//! An open loop well below what the cores can do, so that a request waits for another one of its core and not for a queue
//! that grows. Every hundredth request of the generator is the one that computes. Latency counts from the moment a
//! request was due.

use howth_load::{Occasional, Pace, Record, Stop};
use serde::Serialize;

use super::latencies::Latencies;
use super::series::{Point, series};
use super::subject::Subject;
use super::{burn, deal};
use crate::asking::complaint;
use crate::error::CompareError;

/// Requests a second.
pub(super) const RATE: f64 = 600.0;
/// One in so many computes.
pub(super) const EVERY: u64 = 100;
/// So long.
pub(super) const BURN_MS: f64 = 50.0;
/// Has no divisor in common with `EVERY`, or the requests that compute would come on a few connections only.
pub(super) const CONNECTIONS: usize = 63;

/// Of one run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    /// Of the requests that do not compute.
    pub(super) others: Latencies,
    /// Of those that do.
    pub(super) burning: Option<Latencies>,
    /// CPU seconds of the server for each second.
    pub(super) server_share: f64,
    /// CPU seconds of the generator for each second.
    pub(super) generator_share: f64,
    pub(super) resident_bytes: u64,
    /// Requests that were due and not sent when the run ended.
    pub(super) unsent: u64,
    /// Of the requests that do not compute.
    pub(super) series: Vec<Point>,
    pub(super) complaint: Option<String>,
}

/// What is asked of everybody, in words.
pub(super) fn condition() -> String {
    format!(
        "open loop, {RATE} requests a second over {CONNECTIONS} connections; every {EVERY}th computes for {BURN_MS} \
         ms, which is {:.0} % of one core",
        burn::burnt_share(RATE, EVERY, BURN_MS) * 100.0
    )
}

pub(super) fn measure(subject: &Subject<'_>) -> Result<Outcome, CompareError> {
    let server = subject.start(subject.options.cores)?;
    let run = howth_load::Options {
        connections: CONNECTIONS,
        pace: Pace::Rate(RATE),
        stop: Stop::After(subject.options.seconds),
        warm_up: subject.options.warm_up,
        records: true,
        occasional: Some(Occasional {
            every: EVERY,
            path: subject.burn.path(BURN_MS),
        }),
        ..deal::get("/").load(server.port)
    };
    let (report, used) = subject.load(&server, &run, Vec::new())?;
    let (burning, others): (Vec<Record>, Vec<Record>) =
        report.records.iter().partition(|record| record.is_occasional);
    let right = |record: &&Record| record.error.is_none();
    let seconds = report.elapsed_seconds;
    let Some(latencies) = Latencies::of(others.iter().filter(right)) else {
        return Err(CompareError::NoAnswer {
            complaint: complaint(&report).unwrap_or_default(),
        });
    };
    Ok(Outcome {
        others: latencies,
        burning: Latencies::of(burning.iter().filter(right)),
        server_share: used.cpu.sum().as_secs_f64() / seconds,
        generator_share: (report.cpu.user_seconds + report.cpu.system_seconds) / seconds,
        resident_bytes: used.resident_bytes,
        unsent: report.unsent,
        series: series(&others, subject.options.seconds),
        complaint: complaint(&report),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_compute_go_round_all_connections() {
        let connections = CONNECTIONS as u64;
        let mut reached: Vec<u64> = (0..connections).map(|turn| turn * EVERY % connections).collect();
        reached.sort_unstable();
        assert_eq!(reached, (0..connections).collect::<Vec<_>>());
    }

    #[test]
    fn the_condition_says_how_much_is_burnt() {
        assert!(
            condition().ends_with("which is 30 % of one core"),
            "{}",
            condition()
        );
    }
}
