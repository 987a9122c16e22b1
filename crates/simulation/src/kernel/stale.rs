//! Completions of connections that are gone, whose slots may be used again.
//!
//! Never made up for one whose close has not been told.

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
        if self.stale.is_empty() {
            return;
        }
        let mut token = *self.random.choose(&self.stale);
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
}
