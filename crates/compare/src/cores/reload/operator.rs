//! Whoever has a server renewed while others load it, and looks whether that came to anything.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::RELOADS;
use crate::contestant::{Contestant, Renewal};
use crate::cores::deal;
use crate::error::CompareError;
use crate::server::Server;

/// Between two questions who answers.
const PAUSE: Duration = Duration::from_millis(5);
/// So many new connections reach every core, most likely. An isolate that all of them missed would pass for a new one.
const CONNECTIONS_TO_ALL: usize = 16;

/// The operator and the server, which may be another one in the end.
pub(super) struct Operator<'a> {
    renewal: Renewal,
    cores: usize,
    /// Starts another server on the port.
    start: &'a (dyn Fn() -> Result<Server, CompareError> + Sync),
    server: Server,
    /// Was told to end, and is ended when the next one follows it.
    predecessor: Option<Server>,
    /// Isolates that have answered.
    known: BTreeSet<String>,
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Shift {
    /// When, from the moment on at which requests count.
    pub(super) told_at: Vec<Duration>,
    /// How often a new isolate answered before the next time.
    pub(super) reloads: usize,
    pub(super) complaint: Option<String>,
}

impl<'a> Operator<'a> {
    pub(super) fn new(
        contestant: &Contestant,
        cores: usize,
        server: Server,
        start: &'a (dyn Fn() -> Result<Server, CompareError> + Sync),
    ) -> Self {
        Operator {
            renewal: contestant.renewal().unwrap_or(Renewal::Signal),
            cores,
            start,
            server,
            predecessor: None,
            known: BTreeSet::new(),
        }
    }

    /// Waits for the beginning and works until the run is over.
    pub(super) fn work(
        mut self,
        begin: Receiver<Instant>,
        interval: Duration,
    ) -> Result<Shift, CompareError> {
        let mut shift = Shift::default();
        let Ok(moment) = begin.recv() else {
            return Ok(shift);
        };
        let clock = Clock { moment, run: begin };
        for number in 0..RELOADS {
            if !clock.wait_until(interval * number + interval / 4) {
                break;
            }
            self.meet_all();
            shift.told_at.push(clock.now());
            if self.renew(&clock, interval * (number + 1))? {
                shift.reloads += 1;
            }
        }
        clock.wait_for_the_end();
        let ended = self.server.ended();
        shift.complaint = ended.map(|status| format!("the server ended with {status}"));
        Ok(shift)
    }

    /// Answers whether a new isolate answered until then.
    fn renew(&mut self, clock: &Clock, until: Duration) -> Result<bool, CompareError> {
        match self.renewal {
            Renewal::Signal => {
                self.server.signal(Signal::HUP)?;
                Ok(self.meets(1, clock, until))
            }
            Renewal::Replacement => {
                let successor = (self.start)()?;
                let serves = self.meets(self.cores, clock, until);
                let old = std::mem::replace(&mut self.server, successor);
                old.signal(Signal::TERM)?;
                self.predecessor = Some(old);
                Ok(serves)
            }
            Renewal::Restart => {
                self.server.stop()?;
                self.server = (self.start)()?;
                Ok(self.meets(self.cores, clock, until))
            }
        }
    }

    /// Notes who answers now.
    fn meet_all(&mut self) {
        for _ in 0..CONNECTIONS_TO_ALL {
            self.known
                .extend(deal::connect(&self.server).ok().map(|dealt| dealt.core));
        }
    }

    /// Whether so many answer until then whom nobody has met.
    fn meets(&mut self, others: usize, clock: &Clock, until: Duration) -> bool {
        let mut met = 0;
        while met < others && clock.now() < until && clock.wait_until(clock.now() + PAUSE) {
            if let Ok(dealt) = deal::connect(&self.server)
                && self.known.insert(dealt.core)
            {
                met += 1;
            }
        }
        met == others
    }
}

/// Time since requests count.
struct Clock {
    moment: Instant,
    /// Nobody sends any more once the run is over.
    run: Receiver<Instant>,
}

impl Clock {
    fn now(&self) -> Duration {
        self.moment.elapsed()
    }

    /// Answers whether the run still goes on then.
    fn wait_until(&self, at: Duration) -> bool {
        let left = at.saturating_sub(self.now());
        self.run.recv_timeout(left) != Err(RecvTimeoutError::Disconnected)
    }

    /// The end of the run comes later than its last interval: what is under way then is awaited.
    fn wait_for_the_end(&self) {
        while self.run.recv().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_clock_stops_with_the_run() {
        let (sender, run) = channel();
        let clock = Clock {
            moment: Instant::now(),
            run,
        };
        assert!(clock.wait_until(Duration::from_millis(5)));
        assert!(clock.now() >= Duration::from_millis(5));
        drop(sender);
        assert!(!clock.wait_until(Duration::from_secs(3600)));
        clock.wait_for_the_end();
    }
}
