//! Connections that go to another engine, and such that come from one; the end of all of them.
//!
//! Owns the sockets on their way. Never decides who leaves: `howth_connection` does. Called by: the engine's methods,
//! `accept`, and `settle`, for a connection that is to leave.

use howth_connection::Receive;
use howth_engine::{Handed, ListenerId};

use crate::engine::Core;
use crate::engine::link::{Link, Receiving};
use crate::kernel::{Kernel, Socket};

impl<K: Kernel> Core<K> {
    /// Begins to give up as many idle connections as `count` says, or as there are.
    pub(super) fn release_idle(&mut self, count: usize) {
        // One operation at most, a receive, is to stand between the connection and its next engine.
        let may_leave = |link: &Link| matches!(link.receiving, Receiving::Off | Receiving::Armed);
        self.connections.release_idle(count, may_leave);
    }

    /// Gives up a socket that nobody uses.
    pub(super) fn hand(&mut self, socket: Socket, listener: u32, has_asked: bool) -> Handed {
        let socket = self.kernel.give_up(socket);
        self.connections.counters.released += 1;
        self.connections.handed(socket, listener, has_asked)
    }

    /// Takes a connection that another engine had.
    pub(super) fn adopt(&mut self, mut handed: Handed) -> Result<(), Handed> {
        if !self.connections.has_room() {
            return Err(handed);
        }
        // Whoever nobody listens for any more is not served.
        let Some(listener) = self.connections.slot_for(&handed) else {
            return Ok(());
        };
        // An engine that was parked has an old clock, and the deadlines of this connection begin now.
        self.read_clock();
        let (has_asked, tls) = (handed.has_asked(), handed.tls().cloned());
        let known = handed.take_client();
        let socket = self.kernel.adopt(handed.into_socket());
        self.open(socket, listener, tls.as_deref(), (has_asked, known));
        self.connections.counters.adopted += 1;
        Ok(())
    }

    /// Gives the connection up if nothing is in flight on it; else what is in flight ends first.
    pub(super) fn pass_on(&mut self, index: u32, has_asked: bool) {
        if self.connections.link(index).operations > 0 {
            return self.settle_receive(index, Receive::Nothing);
        }
        let listener = self.connections.listener_of(index);
        let client = self.connections.take_client(index);
        // One that speaks TLS does not leave.
        if let Some(socket) = self.connections.close(index).socket {
            let handed = self.hand(socket, listener, has_asked);
            self.released.push(handed.with_client(client));
        }
    }

    pub(super) fn drain(&mut self) {
        // An engine that was parked has an old clock, and the grace of idle connections begins now.
        self.read_clock();
        self.connections.drain();
    }

    pub(super) fn drain_listener(&mut self, listener: ListenerId) {
        if let Some(slot) = self.connections.listener_slot(listener) {
            self.read_clock();
            self.connections.drain_listener(slot);
            // Whoever stops a server waits for it.
            self.connections.wish_idle_ended(slot);
        }
    }

    pub(super) fn abort(&mut self) {
        self.drain();
        self.aborted = (0..self.tls.len() as u32).collect();
        // Nobody is waited for who would take them, or make room for them.
        self.released.clear();
        self.discard_waiting(None);
        self.connections.end_all();
    }

    pub(super) fn abort_listener(&mut self, listener: ListenerId) {
        let Some(slot) = self.connections.listener_slot(listener) else {
            return;
        };
        self.read_clock();
        self.connections.drain_listener(slot);
        self.aborted.push(slot);
        self.discard_waiting(Some(slot));
        self.connections.end_all_of(slot);
    }
}
