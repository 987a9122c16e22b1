//! More is asked than can be done; how much is still answered in time?
//!
//! The peak is what a closed loop reaches on all cores. An open loop offers shares and multiples of it over many
//! connections, one after the other on one server; before and after each the peak is measured anew, since a machine that
//! others use as well changes its pace within a minute. An answer counts as good if it is right and there within a second
//! of the moment at which its request was due.

use std::time::Duration;

use howth_load::{ErrorClass, Pace, Record, Report, Stop};
use serde::Serialize;

use super::deal;
use super::latencies::Latencies;
use super::subject::Subject;
use crate::asking::complaint;
use crate::error::CompareError;
use crate::server::Server;

/// Of each request.
pub(super) const BURN_MS: f64 = 2.0;
/// Of the closed loop.
const PEAK_CONNECTIONS: usize = 32;
/// It is measured for this part of a level's time.
const PEAK_PART: u32 = 4;
pub(super) const CONNECTIONS: usize = 500;
/// Of the peak.
pub(super) const FACTORS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 3.0];
/// Who has waited longer has gone.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// The curve of one contestant.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) levels: Vec<Level>,
}

/// What became of one offered load; rates are in requests a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Level {
    /// Of the peak before it.
    pub(super) factor: f64,
    /// Requests a second in a closed loop, mean of before and after.
    pub(super) peak: f64,
    pub(super) offered: f64,
    /// Right and in time.
    pub(super) goodput: f64,
    /// Right and too late.
    pub(super) late: f64,
    /// Answered with 503.
    pub(super) refused: f64,
    /// Failed in any other way.
    pub(super) failed: f64,
    /// Not even sent when the run ended, as all connections were waiting.
    pub(super) unsent: f64,
    pub(super) good: Option<Latencies>,
    pub(super) refusals: Option<Latencies>,
    pub(super) resident_bytes: u64,
}

/// What is asked of everybody, in words.
pub(super) fn condition() -> String {
    format!(
        "open loop over {CONNECTIONS} connections, every request computes for {BURN_MS} ms; good is what is right and \
         there within {} s of the moment at which it was due. The peak is the mean of a closed loop's before and after",
        PATIENCE.as_secs_f64()
    )
}

pub(super) fn measure(subject: &Subject<'_>) -> Result<Outcome, CompareError> {
    let server = subject.start(subject.options.cores)?;
    let mut before = peak(subject, &server)?;
    let level = |factor: f64| {
        let run = howth_load::Options {
            connections: CONNECTIONS,
            pace: Pace::Rate(before * factor),
            records: true,
            ..run(subject, &server)
        };
        let (report, used) = subject.load(&server, &run, Vec::new())?;
        let after = peak(subject, &server)?;
        let around = (std::mem::replace(&mut before, after) + after) / 2.0;
        Ok(Level::of(factor, around, &report, used.resident_bytes))
    };
    let levels = FACTORS
        .into_iter()
        .map(level)
        .collect::<Result<_, CompareError>>()?;
    Ok(Outcome { levels })
}

fn peak(subject: &Subject<'_>, server: &Server) -> Result<f64, CompareError> {
    let cores = subject.options.cores;
    let connections = deal::evenly(server, cores, PEAK_CONNECTIONS.div_ceil(cores))?;
    let run = howth_load::Options {
        connections: connections.len(),
        stop: Stop::After(subject.options.seconds / PEAK_PART),
        ..run(subject, server)
    };
    let (report, _) = subject.load(server, &run, connections)?;
    match report.requests {
        0 => Err(CompareError::NoAnswer {
            complaint: complaint(&report).unwrap_or_default(),
        }),
        _ => Ok(report.requests_per_second),
    }
}

fn run(subject: &Subject<'_>, server: &Server) -> howth_load::Options {
    howth_load::Options {
        stop: Stop::After(subject.options.seconds),
        warm_up: subject.options.warm_up,
        ..deal::get(subject.burn.path(BURN_MS)).load(server.port)
    }
}

impl Level {
    fn of(factor: f64, peak: f64, report: &Report, resident_bytes: u64) -> Level {
        // The last answers come after the end of the run, whose length is that of the schedule.
        let seconds = match report.pace {
            Pace::Rate(rate) => (report.records.len() as f64 + report.unsent as f64) / rate,
            Pace::Closed => report.elapsed_seconds,
        };
        let (records, unsent) = (&report.records, report.unsent);
        Level::of_records(factor, peak, records, unsent, seconds, resident_bytes)
    }

    fn of_records(
        factor: f64,
        peak: f64,
        records: &[Record],
        unsent: u64,
        seconds: f64,
        resident_bytes: u64,
    ) -> Level {
        let of = |fate: Fate| records.iter().filter(move |record| Fate::of(record) == fate);
        let rate = |fate: Fate| of(fate).count() as f64 / seconds;
        Level {
            factor,
            peak,
            offered: (records.len() as f64 + unsent as f64) / seconds,
            goodput: rate(Fate::Good),
            late: rate(Fate::Late),
            refused: rate(Fate::Refused),
            failed: rate(Fate::Failed),
            unsent: unsent as f64 / seconds,
            good: Latencies::of(of(Fate::Good)),
            refusals: Latencies::of(of(Fate::Refused)),
            resident_bytes,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Good,
    Late,
    Refused,
    Failed,
}

impl Fate {
    fn of(record: &Record) -> Fate {
        match record.error {
            None if Duration::from_nanos(record.latency_ns) <= PATIENCE => Fate::Good,
            None => Fate::Late,
            Some(ErrorClass::Refused) => Fate::Refused,
            Some(_) => Fate::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_one_fate() {
        let record = |milliseconds: u64, error| Record {
            due_ns: 0,
            latency_ns: milliseconds * 1_000_000,
            error,
            is_occasional: false,
        };
        let records = [
            record(5, None),
            record(1000, None),
            record(1001, None),
            record(2, Some(ErrorClass::Refused)),
            record(9000, Some(ErrorClass::Timeout)),
            record(9000, Some(ErrorClass::Read)),
        ];
        let level = Level::of_records(1.5, 3.0, &records, 4, 2.0, 7);
        let rates = [
            level.offered,
            level.goodput,
            level.late,
            level.refused,
            level.failed,
            level.unsent,
        ];
        assert_eq!(rates, [5.0, 1.0, 0.5, 0.5, 1.0, 2.0]);
        assert!((rates[0] - rates[1..].iter().sum::<f64>()).abs() < 1e-9);
        assert_eq!(level.good.map(|good| good.max_us), Some(1e6));
        assert_eq!(level.refusals.map(|refusals| refusals.max_us), Some(2e3));
    }
}
