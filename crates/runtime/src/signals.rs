//! SIGINT and SIGTERM, for the supervisor.
//!
//! Heard through Deno's signal thread: once a program listens for any signal itself, that thread decides what
//! becomes of these two, and would end the process if nobody had told it that they are taken care of.

use std::io;
use std::task::{Context, Poll};

use deno_signals::{SIGINT, SIGTERM};
use tokio::sync::mpsc::{Receiver, channel};

/// Signals that wait to be heard; the second one ends the process at once, so there are never more.
const WAITING_MAX: usize = 2;

pub(crate) struct Signals(Receiver<u8>);

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        let (sender, receiver) = channel(WAITING_MAX);
        for signal in [SIGINT, SIGTERM] {
            let sender = sender.clone();
            let hear = move || {
                // Whoever sends more than two gets what the second one gives.
                let _ = sender.try_send(signal as u8);
            };
            deno_signals::register(signal, true, Box::new(hear))?;
        }
        Ok(Signals(receiver))
    }

    /// The number of a signal that came.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<u8> {
        match self.0.poll_recv(context) {
            Poll::Ready(Some(number)) => Poll::Ready(number),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
