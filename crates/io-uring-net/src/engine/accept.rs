//! Accepting connections: arming the multishot accept of each listener, and not arming it when there is no room.
//!
//! At the connection limit the multishots are cancelled, so that clients wait in the kernel's backlog; that is
//! backpressure without a byte of memory. Those that it had accepted by then wait here, unread. Where new connections are
//! given up, there is no limit.

use std::time::Duration;

use crate::engine::Core;
use crate::engine::link::Link;
use crate::kernel::{Completion, Errno, Kernel, Socket, Wait};
use howth_ring::{Operation, Token};

/// How long accepting rests when the process or the machine is out of descriptors or memory, or accepting fails otherwise.
const RETRY_MS: u64 = 100;

/// How often, and how long each time, the end of the accept is waited for when the engine ends.
const ENDING_TURNS_MAX: u32 = 10;
const ENDING_WAIT: Duration = Duration::from_millis(10);

/// The token of a listener's accept.
fn token(listener: usize) -> Token {
    Token {
        operation: Operation::Accept,
        index: listener as u32,
        generation: 0,
    }
}

/// Names no connection.
const CANCEL: Token = Token {
    operation: Operation::Cancel,
    index: u32::MAX,
    generation: 0,
};

/// The state of a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Accepting {
    /// No accept is in flight.
    #[default]
    Off,
    /// The multishot is armed.
    Armed,
    /// It was cancelled and has not completed yet.
    Cancelling,
    /// Not before this moment, in milliseconds of the engine's clock.
    Resting(u64),
    /// The listener is closed.
    Ended,
}

impl<K: Kernel> Core<K> {
    pub(super) fn settle_accepting(&mut self) {
        self.place_waiting();
        let may_accept = self.connections.has_room() || self.releases_new;
        let wanted = may_accept && !self.leaves_clients && !self.connections.is_stopping();
        for listener in 0..self.accepting.len() {
            self.settle_listener(listener, wanted);
        }
        if self.connections.is_stopping() && !self.is_listening() {
            self.kernel.close_listeners();
        }
    }

    fn settle_listener(&mut self, listener: usize, wanted: bool) {
        let accepting = self.accepting[listener];
        self.accepting[listener] = match accepting {
            Accepting::Resting(until_ms) if wanted && self.connections.now_ms() < until_ms => accepting,
            Accepting::Off | Accepting::Resting(_) if wanted => {
                self.kernel.accept(token(listener));
                Accepting::Armed
            }
            Accepting::Armed if !wanted => {
                self.kernel.cancel(token(listener), CANCEL);
                Accepting::Cancelling
            }
            Accepting::Off | Accepting::Resting(_) if self.connections.is_stopping() => Accepting::Ended,
            // Nobody waits for the end of the rest: a moment that has passed would be looked at without end.
            Accepting::Resting(_) if !wanted => Accepting::Off,
            unchanged => unchanged,
        };
    }

    /// Whether any of the listening sockets is open here.
    pub(super) fn is_listening(&self) -> bool {
        self.accepting
            .iter()
            .any(|accepting| *accepting != Accepting::Ended)
    }

    /// Opens the connections that were accepted, as far as there is room, or gives them up.
    fn place_waiting(&mut self) {
        while let Some(socket) = self.waiting.pop_front() {
            // The last ones are served here: nobody else would.
            if self.is_aborted {
                self.kernel.discard(socket);
            } else if self.releases_new && !self.connections.is_stopping() {
                self.give_away(socket, false);
            } else if self.connections.has_room() || self.connections.is_stopping() {
                self.connections.open(Link::new(socket), false);
            } else {
                return self.waiting.push_front(socket);
            }
        }
    }

    pub(super) fn discard_waiting(&mut self) {
        while let Some(socket) = self.waiting.pop_front() {
            self.kernel.discard(socket);
        }
    }

    pub(super) fn accepted(&mut self, token: Token, result: Result<Socket, Errno>, more: bool) {
        let listener = token.index as usize;
        if !more {
            self.accepting[listener] = Accepting::Off;
        }
        match result {
            Ok(socket) => {
                self.connections.counters.accepted += 1;
                self.waiting.push_back(socket);
                self.place_waiting();
            }
            // Cancelled, or of one client alone.
            Err(Errno(
                libc::ECANCELED
                | libc::ECONNABORTED
                | libc::ECONNRESET
                | libc::EINTR
                | libc::EPERM
                | libc::EPROTO
                | libc::ETIMEDOUT,
            )) => {}
            Err(_) => self.accepting[listener] = Accepting::Resting(self.connections.now_ms() + RETRY_MS),
        }
    }

    /// Waits, when the engine itself ends, until every accept is over: an accept in flight keeps its listener open
    /// beyond its close, and clients would wait in a backlog that nobody accepts from. Submits queued closes too.
    pub(super) fn end_accepting(&mut self) {
        self.cancel_armed();
        let is_in_flight = |accepting: &&Accepting| **accepting == Accepting::Cancelling;
        let mut in_flight = self.accepting.iter().filter(is_in_flight).count();
        for _ in 0..ENDING_TURNS_MAX {
            // A ring that fails here is about to be closed anyway.
            let wait = match in_flight {
                0 => Wait::Not,
                _ => Wait::For(ENDING_WAIT),
            };
            let _ = self.kernel.enter(wait);
            while let Some(completion) = self.kernel.reap() {
                if let Completion::Accepted { result, more, .. } = completion {
                    in_flight -= usize::from(!more);
                    if let Ok(socket) = result {
                        self.kernel.discard(socket);
                    }
                }
            }
            if in_flight == 0 {
                return;
            }
        }
    }

    /// Accepts that are armed end, and others try at once, if accepting is to go on.
    pub(super) fn set_accepting(&mut self, accepts: bool) {
        self.leaves_clients = !accepts;
        self.cancel_armed();
    }

    fn cancel_armed(&mut self) {
        for (listener, accepting) in self.accepting.iter_mut().enumerate() {
            if *accepting == Accepting::Armed {
                self.kernel.cancel(token(listener), CANCEL);
                *accepting = Accepting::Cancelling;
            }
        }
    }

    /// When accepting is to be tried again, in milliseconds of the engine's clock.
    pub(super) fn accept_retry_ms(&self) -> Option<u64> {
        let resting = self.accepting.iter().filter_map(|accepting| match accepting {
            Accepting::Resting(until_ms) => Some(*until_ms),
            _ => None,
        });
        resting.min()
    }
}
