//! When a connection's patience ends, and what happens then.
//!
//! Owns the meaning of [`Deadlines`](howth_engine::Deadlines). Never sets timers: `engine` asks for the next
//! deadline and calls back when it has passed.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::connection::{Connection, Phase};
use crate::link::Item;
use crate::shared::Shared;
use crate::table::{Answer, Exchange};

/// An idle connection gives Hyper's buffers back after this long.
const HYPER_KEPT: Duration = Duration::from_secs(1);
/// How long a response stream may be silent towards a client that ended its side and may be gone.
const DISCONNECTED_SILENCE: Duration = Duration::from_secs(1);

impl Connection {
    /// The first instant at which [`expire`](Self::expire) would do something.
    pub(crate) fn next_deadline(&self, shared: &Shared) -> Option<Instant> {
        match self.phase {
            Phase::Closed => return None,
            Phase::Lingering {
                silent_until, until, ..
            } => return Some(silent_until.min(until)),
            Phase::Closing => return self.stall_deadline(shared),
            Phase::Open => {}
        }
        let waits = [
            self.stall_deadline(shared),
            self.head_deadline(shared),
            self.idle_deadline(shared),
            self.release_deadline(),
            self.body_deadline(shared),
            self.disconnected_deadline(shared),
            self.handler_deadline(shared).map(|(_, at)| at),
        ];
        waits.into_iter().flatten().min()
    }

    /// Acts on every deadline that has passed at `now`.
    pub(crate) fn expire(&mut self, shared: &Rc<Shared>, now: Instant) {
        let is_past = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now);
        if let Phase::Lingering {
            silent_until, until, ..
        } = self.phase
        {
            if silent_until.min(until) <= now {
                self.phase = Phase::Closed;
            }
            return;
        }
        if is_past(self.stall_deadline(shared)) {
            return self.reset(shared);
        }
        if self.phase != Phase::Open {
            return;
        }
        if is_past(self.disconnected_deadline(shared)) {
            return self.expire_silent_stream(shared);
        }
        while let Some((position, _)) = self.handler_deadline(shared).filter(|(_, at)| *at <= now) {
            self.expire_handler(shared, position);
        }
        if is_past(self.body_deadline(shared)) {
            self.expire_body(shared);
        }
        if is_past(self.head_deadline(shared)) {
            self.expire_head(shared);
        }
        if is_past(self.idle_deadline(shared)) {
            return self.abort(shared);
        }
        if is_past(self.release_deadline()) {
            self.hyper = None;
        }
    }

    fn stall_deadline(&self, shared: &Shared) -> Option<Instant> {
        Some(self.link.blocked_since.get()? + shared.options.deadlines.write_stall?)
    }

    fn head_deadline(&self, shared: &Shared) -> Option<Instant> {
        Some(self.head_since? + shared.options.deadlines.head?)
    }

    fn idle_deadline(&self, shared: &Shared) -> Option<Instant> {
        if self.idle_since.is_none() && !self.is_unused() {
            return None;
        }
        let keep_alive = shared.options.deadlines.keep_alive;
        let idle = self
            .idle_since
            .zip(keep_alive)
            .map(|(since, limit)| since + limit);
        [idle, shared.drain_until.get()].into_iter().flatten().min()
    }

    /// Not a byte has come yet.
    fn is_unused(&self) -> bool {
        self.head_since.is_some() && self.is_idle()
    }

    fn release_deadline(&self) -> Option<Instant> {
        self.hyper.as_ref()?;
        Some(self.idle_since? + HYPER_KEPT)
    }

    /// A client that may not send has all the time in the world.
    fn body_deadline(&self, shared: &Shared) -> Option<Instant> {
        let deadlines = &shared.options.deadlines;
        let (id, gap) = (self.arriving?, deadlines.body_gap?);
        let table = shared.table.borrow();
        let is_excused = |exchange: &Exchange| exchange.is_untimed || exchange.body.is_held_by_client();
        if self.is_behind && self.link.kept.get() == Some(id) {
            // The application has its response out and takes nothing.
            return Some((self.link.wrote_at.get() + gap).max(self.body_clock.deadline(gap, 0)));
        }
        if self.is_behind || table.get(id).is_some_and(is_excused) {
            return None;
        }
        Some(self.body_clock.deadline(gap, deadlines.body_rate_min))
    }

    /// The end of a stream to a client that is perhaps gone, which only shows when something is sent.
    fn disconnected_deadline(&self, shared: &Shared) -> Option<Instant> {
        let ended_at = self.ended_at?;
        let Some(Item::Exchange(id)) = self.link.front() else {
            return None;
        };
        let table = shared.table.borrow();
        let exchange = table.get(id)?;
        let is_silent = exchange.answer == Answer::Streaming && self.link.is_flushed.get();
        is_silent.then(|| ended_at.max(self.link.wrote_at.get()) + DISCONNECTED_SILENCE)
    }

    /// The exchange whose handler has to do something first.
    fn handler_deadline(&self, shared: &Shared) -> Option<(usize, Instant)> {
        if !shared.has_handler_deadlines.get() {
            return None;
        }
        let (pipeline, table) = (self.link.pipeline.borrow(), shared.table.borrow());
        let deadline = |item: &Item| {
            let Item::Exchange(id) = item else { return None };
            let exchange = table.get(*id)?;
            let is_working = matches!(exchange.answer, Answer::Waiting | Answer::Streaming);
            exchange.handler_deadline.filter(|_| is_working)
        };
        let deadlines = pipeline.iter().enumerate();
        deadlines
            .filter_map(|(position, item)| Some((position, deadline(item)?)))
            .min_by_key(|(_, at)| *at)
    }
}
