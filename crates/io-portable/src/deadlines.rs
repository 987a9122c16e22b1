//! When a connection's patience ends, and what happens then.
//!
//! Owns the meaning of [`Deadlines`](howth_engine::Deadlines). Never sets timers: `engine` asks for the next
//! deadline and calls back when it has passed.

use std::rc::Rc;
use std::time::{Duration, Instant};

use howth_http1::Rejection;

use crate::connection::{Connection, Intake, Phase};
use crate::link::Item;
use crate::shared::Shared;
use crate::table::{Answer, Silence};

/// An idle connection gives Hyper's buffers back after this long.
const HYPER_KEPT: Duration = Duration::from_secs(1);

impl Connection {
    /// The first instant at which [`expire`](Self::expire) would do something.
    pub(crate) fn next_deadline(&self, shared: &Shared) -> Option<Instant> {
        let linger = match self.phase {
            Phase::Closed => return None,
            Phase::Lingering { until, .. } => return Some(until),
            Phase::Closing => return self.stall_deadline(shared),
            Phase::Open => None,
        };
        let waits = [
            linger,
            self.stall_deadline(shared),
            self.head_deadline(shared),
            self.idle_deadline(shared),
            self.release_deadline(),
            self.body_deadline(shared),
            self.handler_deadline(shared).map(|(_, at)| at),
        ];
        waits.into_iter().flatten().min()
    }

    /// Acts on every deadline that has passed at `now`.
    pub(crate) fn expire(&mut self, shared: &Rc<Shared>, now: Instant) {
        let is_past = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now);
        if let Phase::Lingering { until, .. } = self.phase {
            if until <= now {
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
        while let Some((position, _)) = self.handler_deadline(shared).filter(|(_, at)| *at <= now) {
            self.refuse_from(shared, position, Rejection::SERVICE_UNAVAILABLE);
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
        let since = self.link.blocked_since.get()?;
        let silence = match self.link.front() {
            Some(Item::Exchange(id)) => shared.table.borrow().get(id).map(|exchange| exchange.silence),
            _ => None,
        };
        let limit = silence
            .unwrap_or(Silence::Default)
            .limit(shared.options.deadlines.write_stall)?;
        Some(since + limit)
    }

    fn head_deadline(&self, shared: &Shared) -> Option<Instant> {
        Some(self.head_since? + shared.options.deadlines.head?)
    }

    fn idle_deadline(&self, shared: &Shared) -> Option<Instant> {
        let since = self.idle_since?;
        let keep_alive = shared.options.deadlines.keep_alive.map(|limit| since + limit);
        [keep_alive, shared.drain_until.get()].into_iter().flatten().min()
    }

    fn release_deadline(&self) -> Option<Instant> {
        self.hyper.as_ref()?;
        Some(self.idle_since? + HYPER_KEPT)
    }

    fn body_deadline(&self, shared: &Shared) -> Option<Instant> {
        let id = self.arriving?;
        let deadlines = &shared.options.deadlines;
        match shared.table.borrow().get(id) {
            Some(exchange) => exchange.body.deadline(
                exchange.silence.limit(deadlines.body_gap),
                deadlines.body_rate_min,
            ),
            None => self.drain_until,
        }
    }

    /// The exchange whose handler has to begin its response first.
    fn handler_deadline(&self, shared: &Shared) -> Option<(usize, Instant)> {
        if !shared.has_handler_deadlines.get() {
            return None;
        }
        let (pipeline, table) = (self.link.pipeline.borrow(), shared.table.borrow());
        let deadline = |item: &Item| match item {
            Item::Exchange(id) => {
                let exchange = table
                    .get(*id)
                    .filter(|exchange| exchange.answer == Answer::Waiting);
                exchange.and_then(|exchange| exchange.handler_deadline)
            }
            Item::Refusal(_) => None,
        };
        let deadlines = pipeline.iter().enumerate();
        deadlines
            .filter_map(|(position, item)| Some((position, deadline(item)?)))
            .min_by_key(|(_, at)| *at)
    }

    /// 408 if nothing was answered; otherwise the connection can only end.
    fn expire_body(&mut self, shared: &Shared) {
        let answer = self
            .arriving
            .and_then(|id| Some(shared.table.borrow().get(id)?.answer));
        match answer {
            None => self.close(shared),
            Some(Answer::Waiting) => {
                self.fail_body(
                    shared,
                    "request body was too slow",
                    Some(Rejection::REQUEST_TIMEOUT),
                );
                self.stop_intake();
            }
            Some(_) => self.reset(shared),
        }
        self.link.kick(shared);
    }

    /// 408 if a part of the head is there; a connection that said nothing is closed without a word.
    fn expire_head(&mut self, shared: &Shared) {
        if self.rest.is_empty() {
            return self.abort(shared);
        }
        self.stop_intake();
        debug_assert_ne!(self.intake, Intake::Open);
        self.link
            .pipeline
            .borrow_mut()
            .push_back(Item::Refusal(Rejection::REQUEST_TIMEOUT));
        self.link.kick(shared);
    }
}
