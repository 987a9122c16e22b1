//! Sends and the last operations of a connection, queued and completed.
//!
//! At most one send of a connection is in flight. Closing a socket does not cancel its operations
//! (io_uring_cancelation(7)): it is closed once none is in flight but those that are cancelled, and its slot is free
//! once all of them have completed. Owns when a socket is closed and its slot free. Never decides what is sent:
//! `settle` and the connections do. Called by: the turn, `settle`.

use howth_connection::Outgoing;

use crate::engine::Core;
use crate::engine::link::Ending;
use crate::kernel::{Errno, Kernel, Socket};
use howth_ring::{Operation, Token};

impl<K: Kernel> Core<K> {
    pub(super) fn send(&mut self, index: u32, outgoing: Outgoing) {
        if outgoing.has_file() {
            return self.send_with_file(index, outgoing);
        }
        if let Some(socket) = self.connections.link(index).socket {
            self.queue_send(index, socket, outgoing);
        }
    }

    /// Queues a send of what is in memory.
    pub(super) fn queue_send(&mut self, index: u32, socket: Socket, outgoing: Outgoing) {
        let token = self.begin(index, Operation::Send);
        let link = self.connections.link_mut(index);
        link.is_sending = true;
        link.awaits_end = outgoing.is_last();
        self.kernel.send(socket, token, outgoing);
        self.connections.counters.sends += 1;
    }

    pub(super) fn sent(&mut self, token: Token, result: Result<usize, Errno>, mut outgoing: Outgoing) {
        let index = token.index;
        if !self.connections.contains(index, token.generation) {
            return;
        }
        let link = self.connections.link_mut(index);
        link.operations -= 1;
        link.is_sending = false;
        let sent = match result {
            Ok(sent) => sent,
            Err(Errno(libc::EINTR | libc::EAGAIN)) => 0,
            Err(_) => {
                // It may have ended already, and waited for this.
                self.connections.unsettle(index);
                return self.connections.send_failed(index);
            }
        };
        let mut spent = None;
        outgoing.advance(sent, |segment| spent = Some(segment));
        if let Some(segment) = spent {
            self.connections.reuse(segment);
        }
        self.connections.was_sent(index, sent);
        if !outgoing.is_empty() && self.connections.is_sending(index) {
            self.send(index, outgoing);
        }
    }

    pub(super) fn done(&mut self, token: Token) {
        let index = token.index;
        if index == u32::MAX || !self.connections.contains(index, token.generation) {
            return;
        }
        self.connections.link_mut(index).operations -= 1;
        if token.operation == Operation::Close {
            self.connections.link_mut(index).ending = Ending::Closed;
            self.release_closed(index);
        } else {
            self.connections.unsettle(index);
        }
    }
}
