//! `HOWTH_TRACE=1`: where a request's time goes, per stage, once a second on stderr.
//!
//! Off, it costs one branch a stage.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::time::{Duration, Instant};

use howth_engine::stopwatch;
use howth_scheduling::{CoreMetrics, Counters, SharedRequestTimes};
use howth_supervision::tell;

/// The stages of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Entering the kernel, receiving, parsing, sending: the engine without JavaScript.
    Engine,
    /// The batch in JavaScript.
    JavaScript,
    /// Timers, promises and ops of the isolate.
    EventLoop,
    /// Asleep.
    Idle,
}

const STAGES: usize = 4;
const PERIOD: Duration = Duration::from_secs(1);

/// Sums of one period.
#[derive(Debug)]
pub(super) struct Trace {
    core: usize,
    since: Instant,
    mark: Instant,
    spent: [Duration; STAGES],
    requests: u64,
    batches: u64,
    counters: Arc<Counters>,
    /// The counters when the period began.
    before: CoreMetrics,
    exchanges: SharedRequestTimes,
    /// Wakes an idle core, so that the last requests are told as well.
    timer: Pin<Box<tokio::time::Sleep>>,
}

impl Trace {
    /// Must be called on the core's own thread. `exchanges`: what the reception writes to.
    pub(super) fn new(core: usize, counters: Arc<Counters>, exchanges: SharedRequestTimes) -> Self {
        let now = Instant::now();
        stopwatch::start();
        Trace {
            core,
            before: counters.read(),
            counters,
            exchanges,
            since: now,
            mark: now,
            spent: [Duration::ZERO; STAGES],
            requests: 0,
            batches: 0,
            timer: Box::pin(tokio::time::sleep(PERIOD)),
        }
    }

    /// JavaScript was called, and came to so many requests.
    pub(super) fn note_batch(&mut self, requests: usize) {
        self.batches += 1;
        self.requests += requests as u64;
    }

    /// The time since the last mark was spent in `stage`.
    pub(super) fn mark(&mut self, stage: Stage) {
        let now = Instant::now();
        self.spent[stage as usize] += now - self.mark;
        self.mark = now;
        if now - self.since >= PERIOD {
            self.print(now);
        }
    }

    /// Prints when the period is over, even if nothing else happens.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) {
        if self.timer.as_mut().poll(context).is_ready() {
            self.print(Instant::now());
            let _ = self.timer.as_mut().poll(context);
        }
    }

    fn print(&mut self, now: Instant) {
        self.tell();
        self.before = self.counters.read();
        self.since = now;
        self.mark = now;
        self.spent = [Duration::ZERO; STAGES];
        self.requests = 0;
        self.batches = 0;
        self.timer.as_mut().reset(tokio::time::Instant::now() + PERIOD);
    }

    fn tell(&self) {
        if self.requests > 0 {
            let each =
                |stage: Stage| self.spent[stage as usize].as_nanos() as f64 / 1000.0 / self.requests as f64;
            tell(format_args!(
                "howth: trace: core {}: {} requests in {} batches; per request: engine {:.2} µs, \
                 JavaScript {:.2} µs, event loop {:.2} µs, idle {:.2} µs",
                self.core,
                self.requests,
                self.batches,
                each(Stage::Engine),
                each(Stage::JavaScript),
                each(Stage::EventLoop),
                each(Stage::Idle),
            ));
        }
        self.tell_of_requests();
        self.tell_of_others();
    }

    /// The parts of a request's time. What waits is all that is left: in the queue, for timers, promises and ops, and for
    /// the response to leave.
    fn tell_of_requests(&self) {
        let (sums, parsing) = (self.exchanges.borrow_mut().take(), stopwatch::take());
        if sums.count == 0 {
            return;
        }
        let each = |microseconds: f64| microseconds / sums.count as f64;
        let parsing = each(parsing.as_secs_f64() * 1e6);
        let (body, answered) = (each(sums.body_us as f64), each(sums.whole_us as f64));
        let javascript = each(self.spent[Stage::JavaScript as usize].as_secs_f64() * 1e6);
        tell(format_args!(
            "howth: trace: core {}: of {} requests each took: parsing {parsing:.2} µs, body {body:.2} µs, \
             JavaScript {javascript:.2} µs, waiting {:.2} µs, the whole {:.2} µs",
            self.core,
            sums.count,
            (answered - body - javascript).max(0.0),
            parsing + answered.max(body + javascript),
        ));
    }

    /// What went from core to core, if anything did.
    fn tell_of_others(&self) {
        let (before, now) = (&self.before, self.counters.read());
        let moved = [
            ("handed over", now.handed_over - before.handed_over),
            ("taken", now.taken - before.taken),
            ("given back", now.given_back - before.given_back),
            ("refused", now.refused - before.refused),
            ("ended", now.ended - before.ended),
            ("interruptions", now.interruptions - before.interruptions),
            (
                "connections given",
                now.connections_given - before.connections_given,
            ),
            (
                "connections steered",
                now.connections_steered - before.connections_steered,
            ),
            (
                "connections taken",
                now.connections_taken - before.connections_taken,
            ),
        ];
        let told: Vec<String> = moved
            .iter()
            .filter(|(_, count)| *count > 0.0)
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        if !told.is_empty() {
            tell(format_args!(
                "howth: trace: core {}: {}",
                self.core,
                told.join(", ")
            ));
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.tell();
    }
}
