//! SIGINT and SIGTERM, for the supervisor.
//!
//! Heard through Deno's signal thread, which decides what becomes of these two and of SIGHUP: it ends the process
//! unless somebody has told it that they are taken care of.

use std::io;
use std::task::{Context, Poll};

use deno_signals::{SIGINT, SIGTERM};
use libc::SIGHUP;
use tokio::sync::mpsc::{Receiver, channel};

/// Signals that wait to be heard; the second one ends the process at once, so there are never more.
const WAITING_MAX: usize = 2;

pub(crate) struct Signals(Receiver<u8>);

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        let (sender, receiver) = channel(WAITING_MAX);
        if ignores_hangup() {
            deno_signals::register(SIGHUP, true, Box::new(|| {}))?;
        }
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

    /// The number of a signal that came, and that the program's own listeners were told of.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<u8> {
        match self.0.poll_recv(context) {
            Poll::Ready(Some(number)) => {
                wait_for_listeners(number);
                Poll::Ready(number)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// Deno's signal thread holds its lock until it has told everybody of a signal, and howth comes first. Whoever drains
/// a core has to know that the core's program was told, or the core might end before its listener runs.
fn wait_for_listeners(signal: u8) {
    const NOBODY: u32 = u32::MAX;
    deno_signals::unregister(signal.into(), NOBODY);
}

/// Whether howth was started to outlive its terminal, as with nohup(1).
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}
