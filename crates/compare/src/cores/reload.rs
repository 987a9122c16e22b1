//! The application is loaded anew again and again; what is lost?
//!
//! An open loop goes on while an operator has the server renewed ten times. Whether that came to anything is what new
//! connections say: an isolate answers that nobody has met before.

mod operator;

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use howth_load::{Errors, Observer, Pace, Report, Stop};
use serde::Serialize;

use super::deal;
use super::latencies::Latencies;
use super::series::{Point, series};
use super::subject::Subject;
use crate::error::CompareError;
use operator::{Operator, Shift};

pub(super) const RELOADS: u32 = 10;
pub(super) const CONNECTIONS: usize = 50;

/// Of one run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    /// Requests that were due.
    pub(super) requests: u64,
    /// Of these, so many have no right answer.
    pub(super) lost: u64,
    /// Why; and connections that could not be made.
    pub(super) errors: Errors,
    pub(super) latencies: Option<Latencies>,
    /// When the server was to be renewed, in seconds.
    pub(super) told_at: Vec<f64>,
    /// How often a new isolate answered before the next time.
    pub(super) reloads: usize,
    pub(super) series: Vec<Point>,
    pub(super) complaint: Option<String>,
}

/// What is asked of everybody, in words.
pub(super) fn condition(rate: f64, interval: Duration) -> String {
    format!(
        "open loop, {rate} requests a second over {CONNECTIONS} connections; {RELOADS} reloads, one every {} s. howth \
         is sent SIGHUP; so is Node, whose adapter then forks new workers and lets the old ones go. Beside \
         Bun another server is started on the port before the old one is sent SIGTERM, on which its adapter stops it; \
         Deno's takes its port for itself, so the old one is sent SIGTERM first",
        interval.as_secs_f64()
    )
}

pub(super) fn measure(subject: &Subject<'_>) -> Result<Outcome, CompareError> {
    let options = subject.options;
    let server = subject.start(options.cores)?;
    let duration = options.reload_interval * RELOADS;
    let run = howth_load::Options {
        connections: CONNECTIONS,
        pace: Pace::Rate(options.reload_rate),
        stop: Stop::After(duration),
        warm_up: options.warm_up,
        records: true,
        ..deal::get("/").load(server.port)
    };
    let (launcher, port) = (subject.launcher, server.port);
    let start = || launcher.start_beside(options.cores, port);
    let (report, shift) = std::thread::scope(|scope| {
        let (sender, begin) = channel();
        let mut starter = Starter { sender, subject };
        let operator = Operator::new(subject.contestant, options.cores, server, &start);
        let operator = scope.spawn(move || operator.work(begin, options.reload_interval));
        let report = howth_load::run_observed(&run, &mut starter);
        // The operator goes home with the run, however that ended.
        drop(starter);
        let shift = operator
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, CompareError>((report?, shift?))
    })?;
    match subject.is_interrupted() {
        true => Err(CompareError::Interrupted),
        false => Ok(outcome(&report, shift, duration)),
    }
}

fn outcome(report: &Report, shift: Shift, duration: Duration) -> Outcome {
    let right = report.records.iter().filter(|record| record.error.is_none());
    let requests = report.records.len() as u64 + report.unsent;
    let missed = (RELOADS as usize).saturating_sub(shift.reloads);
    Outcome {
        requests,
        lost: requests - report.requests,
        errors: report.errors,
        latencies: Latencies::of(right),
        told_at: shift.told_at.iter().map(Duration::as_secs_f64).collect(),
        reloads: shift.reloads,
        series: series(&report.records, duration),
        complaint: shift
            .complaint
            .or_else(|| (missed > 0).then(|| format!("{missed} of {RELOADS} times no new isolate answered"))),
    }
}

/// Tells the operator when requests begin to count, and by its end that the run is over.
struct Starter<'a> {
    sender: Sender<Instant>,
    subject: &'a Subject<'a>,
}

impl Observer for Starter<'_> {
    fn counting_begins(&mut self) {
        // The operator waits for this, or has panicked, which is told when it is joined.
        let _ = self.sender.send(Instant::now());
    }

    fn is_interrupted(&self) -> bool {
        self.subject.is_interrupted()
    }
}
