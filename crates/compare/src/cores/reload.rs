//! The application is loaded anew again and again; what is lost?
//!
//! An open loop goes on while the server is told to reload (SIGHUP) ten times. Whether it did is what new connections
//! say: an isolate that nobody has met before answers.

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use howth_load::{Errors, Observer, Pace, Report, Stop};
use serde::Serialize;

use super::contest::Subject;
use super::deal;
use super::latencies::Latencies;
use super::series::{Point, series};
use crate::error::CompareError;
use crate::server::Server;

pub(super) const RELOADS: u32 = 10;
pub(super) const CONNECTIONS: usize = 50;
/// Between two questions who answers.
const PAUSE: Duration = Duration::from_millis(5);

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
    /// When the server was told, in seconds.
    pub(super) told_at: Vec<f64>,
    /// How often a new isolate answered before the next time.
    pub(super) reloads: usize,
    pub(super) series: Vec<Point>,
    pub(super) complaint: Option<String>,
}

/// What is asked of everybody, in words.
pub(super) fn condition(rate: f64, interval: Duration) -> String {
    format!(
        "open loop, {rate} requests a second over {CONNECTIONS} connections; SIGHUP {RELOADS} times, every {} s",
        interval.as_secs_f64()
    )
}

pub(super) fn measure(subject: &Subject<'_>) -> Result<Outcome, CompareError> {
    let options = subject.options;
    let mut server = subject.start(options.cores)?;
    let run = howth_load::Options {
        connections: CONNECTIONS,
        pace: Pace::Rate(options.reload_rate),
        stop: Stop::After(options.reload_interval * RELOADS),
        warm_up: options.warm_up,
        records: true,
        ..deal::get("/").load(server.port)
    };
    let (report, told) = std::thread::scope(|scope| {
        let (sender, begin) = channel();
        let mut starter = Starter(Some(sender));
        let server = &server;
        let operator = scope.spawn(move || match begin.recv() {
            Ok(begin) => reload_again_and_again(server, begin, options.reload_interval),
            Err(_) => Ok(Told::default()),
        });
        let report = howth_load::run_observed(&run, &mut starter);
        // A run that failed before it began has nothing to wait for.
        drop(starter);
        let told = operator
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, CompareError>((report?, told?))
    })?;
    let ended = server
        .ended()
        .map(|status| format!("the server ended with {status}"));
    Ok(outcome(&report, told, ended))
}

fn outcome(report: &Report, told: Told, ended: Option<String>) -> Outcome {
    let right = report.records.iter().filter(|record| record.error.is_none());
    let requests = report.records.len() as u64 + report.unsent;
    let missed = RELOADS as usize - told.reloads;
    Outcome {
        requests,
        lost: requests - report.requests,
        errors: report.errors,
        latencies: Latencies::of(right),
        told_at: told.at.iter().map(Duration::as_secs_f64).collect(),
        reloads: told.reloads,
        series: series(&report.records),
        complaint: ended
            .or_else(|| (missed > 0).then(|| format!("{missed} of {RELOADS} times no new isolate answered"))),
    }
}

/// Tells the operator when requests begin to count.
struct Starter(Option<Sender<Instant>>);

impl Observer for Starter {
    fn counting_begins(&mut self) {
        if let Some(sender) = self.0.take() {
            // Whoever listens has not ended before the beginning.
            let _ = sender.send(Instant::now());
        }
    }
}

/// What the operator did.
#[derive(Clone, Debug, Default)]
struct Told {
    at: Vec<Duration>,
    reloads: usize,
}

fn reload_again_and_again(server: &Server, begin: Instant, interval: Duration) -> Result<Told, CompareError> {
    let mut told = Told::default();
    let mut known = BTreeSet::new();
    for number in 0..RELOADS {
        let at = interval * number + interval / 4;
        sleep_until(begin + at);
        meet_all(server, &mut known);
        told.at.push(begin.elapsed());
        server.hang_up()?;
        if meets_another(server, &mut known, begin + interval * (number + 1)) {
            told.reloads += 1;
        }
    }
    Ok(told)
}

/// Notes who answers now: a few connections reach every core, most likely. One that is missed by all of them would
/// pass for a new one.
fn meet_all(server: &Server, known: &mut BTreeSet<String>) {
    const CONNECTIONS: usize = 16;
    let dealt = (0..CONNECTIONS).filter_map(|_| deal::connect(server).ok());
    known.extend(dealt.map(|dealt| dealt.core));
}

/// Whether somebody answers until then whom nobody has met.
fn meets_another(server: &Server, known: &mut BTreeSet<String>, until: Instant) -> bool {
    while Instant::now() < until {
        if let Ok(dealt) = deal::connect(server)
            && known.insert(dealt.core)
        {
            return true;
        }
        std::thread::sleep(PAUSE);
    }
    false
}

fn sleep_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}
