//! The one timer of an engine: when it has something to do although nothing happens.
//!
//! Owns tokio's timer. Never knows what is due: the connections' timer wheel does. Called by: the engine, at the end of a
//! turn in which nothing happened.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;

#[derive(Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Has the context woken at the moment `next`, if there is one. Ready: it has passed.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>, next: Option<Instant>) -> Poll<()> {
        let Some(next) = next.map(tokio::time::Instant::from_std) else {
            return Poll::Pending;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
        if sleep.deadline() != next {
            sleep.as_mut().reset(next);
        }
        sleep.as_mut().poll(context)
    }
}
