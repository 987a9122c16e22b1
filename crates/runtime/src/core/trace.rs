//! `HOWTH_TRACE=1`: where a request's time goes, per stage, once a second on stderr.
//!
//! Off, it costs one branch a stage.

use std::pin::Pin;
use std::task::Context;
use std::time::{Duration, Instant};

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
    /// Wakes an idle core, so that the last requests are told as well.
    timer: Pin<Box<tokio::time::Sleep>>,
}

impl Trace {
    pub(super) fn new(core: usize) -> Self {
        let now = Instant::now();
        Trace {
            core,
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
            eprintln!(
                "howth: trace: core {}: {} requests in {} batches; per request: engine {:.2} µs, \
                 JavaScript {:.2} µs, event loop {:.2} µs, idle {:.2} µs",
                self.core,
                self.requests,
                self.batches,
                each(Stage::Engine),
                each(Stage::JavaScript),
                each(Stage::EventLoop),
                each(Stage::Idle),
            );
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.tell();
    }
}
