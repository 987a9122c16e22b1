//! Completions of connections that are gone, whose slots may be used again.
//!
//! Never made up for one of whose operations any has not been told.

use howth_io_uring_net::{Completion, Errno, Operation as Asked, Outgoing, Token};

use super::SimulatedKernel;

impl SimulatedKernel {
    pub(super) fn note_closed(&mut self, token: Token) {
        const REMEMBERED: usize = 8;
        self.stale.push(token);
        if self.stale.len() > REMEMBERED {
            self.stale.remove(0);
        }
    }

    /// Tells of an operation on a connection whose slot has been released.
    pub(super) fn push_stale(&mut self) {
        let told: Vec<Token> = self
            .stale
            .iter()
            .filter(|token| self.is_told(**token))
            .copied()
            .collect();
        if told.is_empty() {
            return;
        }
        let mut token = *self.random.choose(&told);
        let completion = match self.random.below(4) {
            0 => {
                token.operation = Asked::Receive;
                let lease = self.buffers.fill(&b"GET /stale HTTP/1.1\r\nhost: a\r\n\r\n"[..1]);
                Completion::Received {
                    token,
                    result: lease.map(Some).ok_or(Errno(libc::ENOBUFS)),
                    more: self.random.chance(500),
                }
            }
            1 => {
                token.operation = Asked::Readable;
                Completion::Readable { token }
            }
            2 => {
                token.operation = Asked::Send;
                Completion::Sent {
                    token,
                    result: Err(Errno(libc::EPIPE)),
                    outgoing: Outgoing::default(),
                }
            }
            _ => {
                token.operation = Asked::Cancel;
                Completion::Done { token }
            }
        };
        self.push(completion);
    }

    /// Whether every operation of the connection that had this token has completed, and the engine knows.
    fn is_told(&self, token: Token) -> bool {
        let is_its = |other: Token| (other.index, other.generation) == (token.index, token.generation);
        let is_in_flight = self.in_flight.iter().any(|in_flight| is_its(in_flight.token));
        let is_waiting = self.completions.iter().any(|completion| match completion {
            Completion::Received { token, .. }
            | Completion::Readable { token }
            | Completion::Writable { token }
            | Completion::FileRead { token, .. }
            | Completion::Sent { token, .. }
            | Completion::Done { token } => is_its(*token),
            Completion::Accepted { .. } | Completion::Rung { .. } => false,
        });
        !is_in_flight && !is_waiting
    }
}
