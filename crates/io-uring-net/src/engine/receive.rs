//! From completed receives to the connections.
//!
//! Owns what a completion of a receive or a poll means. Never decodes: `howth_connection` does, where the kernel put the
//! bytes. Called by: the turn.

use crate::engine::Core;
use crate::engine::link::Receiving;
use crate::kernel::{Errno, Kernel, Lease};
use howth_ring::Token;

impl<K: Kernel> Core<K> {
    pub(super) fn received(&mut self, token: Token, result: Result<Option<Lease>, Errno>, more: bool) {
        let index = token.index;
        if !self.connections.contains(index, token.generation) {
            // The connection is gone, but the buffer is ours to give back.
            if let Ok(Some(lease)) = result {
                self.kernel.release(lease);
            }
            return;
        }
        if !more {
            let link = self.connections.link_mut(index);
            link.receiving = Receiving::Off;
            link.operations -= 1;
            self.connections.unsettle(index);
        }
        match result {
            Ok(Some(lease)) => {
                self.connections
                    .arrived(index, self.kernel.bytes(&lease), &mut self.handshakes);
                self.kernel.release(lease);
            }
            Ok(None) => self.end_of_stream(index),
            // The buffers of this turn are given back by its end; settling arms the receive again.
            Err(Errno(libc::ENOBUFS)) => {
                self.connections.counters.buffers_exhausted += 1;
                self.connections.not_received(index);
            }
            Err(Errno(libc::ECANCELED)) => {}
            Err(_) => self.connections.broken(index),
        }
    }

    /// A poll has ended: takes what has arrived of a large body, no more than the application is to hold.
    pub(super) fn readable(&mut self, token: Token) {
        let index = token.index;
        if !self.connections.contains(index, token.generation) {
            return;
        }
        let link = self.connections.link_mut(index);
        let was_cancelled = link.receiving == Receiving::Cancelling;
        link.receiving = Receiving::Off;
        link.operations -= 1;
        let socket = link.socket.filter(|_| !was_cancelled);
        self.connections.unsettle(index);
        let room = self.connections.body_room(index);
        let (Some(socket), 1..) = (socket, room) else {
            return;
        };
        match self.kernel.receive_now(socket, room) {
            Ok(bytes) if bytes.is_empty() => self.end_of_stream(index),
            Ok(bytes) => self.connections.received_owned(index, bytes),
            Err(Errno(libc::EAGAIN | libc::EINTR)) => {}
            Err(_) => self.connections.broken(index),
        }
    }

    fn end_of_stream(&mut self, index: u32) {
        self.connections.link_mut(index).is_read_closed = true;
        self.connections.arrived_end(index);
    }
}
