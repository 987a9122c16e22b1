//! When the next deadline of any connection passes.
//!
//! Owns a heap of (instant, connection) and the one tokio timer that stands for its top. Never knows what a
//! deadline means: the connection decides when it is told. Called by: `engine`.
//!
//! Deadlines move with every request but hardly ever pass, so a connection keeps its true deadline itself
//! and has one valid entry here that may be too early: when that entry comes up it is put back later.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;

/// A connection's place among the timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    pub(crate) at: Instant,
    pub(crate) index: u32,
    /// Tells connections apart that used the same index one after the other.
    pub(crate) serial: u64,
}

#[derive(Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timers {
    pub(crate) fn insert(&mut self, timer: Timer) {
        self.heap.push(Reverse(timer));
    }

    /// The next entry that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let Reverse(timer) = self.heap.peek()?;
        if timer.at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(timer)| timer)
    }

    /// Ready when an entry is due; otherwise arranges for `context` to be woken then.
    pub(crate) fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(Reverse(timer)) = self.heap.peek() else {
            return Poll::Pending;
        };
        let at = tokio::time::Instant::from_std(timer.at);
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(context)
    }
}
