//! Connections that go to another engine, and such that come from one.
//!
//! Only a new connection leaves, of which nothing is read, or an idle one: its receive is cancelled first, and what
//! arrives before that is over is decoded here, which makes the connection stay. So nothing of a client is ever under way
//! between two engines but its socket, and what the client sends meanwhile waits in that. Called by: the engine's methods,
//! `accept`, and `settle`, which asks of every connection it looks at whether it leaves.

use howth_engine::Handed;

use crate::connection::{Connection, Phase, Receive};
use crate::engine::{Core, State};
use crate::kernel::{Kernel, Socket};

impl<K: Kernel> Core<K> {
    /// Begins to give up as many idle connections as `count` says, or as there are.
    pub(super) fn release_idle(&mut self, count: usize) {
        let state = &mut self.state;
        let chosen: Vec<u32> = state
            .connections
            .indices()
            .filter(|&index| state.is_idle(index) && state.may_leave_now(index))
            .take(count)
            .collect();
        for index in chosen {
            state.connections[index].is_leaving = true;
            state.unsettle(index);
        }
    }

    /// Stops accepting, and gives every connection up as soon as it is idle.
    pub(super) fn release_all(&mut self) {
        if !self.state.is_stopping() {
            self.state.releases_all = true;
            self.unsettle_everything();
        }
    }

    /// Gives up a socket that nobody uses.
    pub(super) fn give_away(&mut self, socket: Socket, has_asked: bool) {
        let socket = self.kernel.give_up(socket);
        self.released.push(Handed::new(socket, has_asked));
        self.state.counters.released += 1;
    }

    /// Takes a connection that another engine had.
    pub(super) fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        if !self.has_room() {
            return Err(handed);
        }
        // An engine that was parked has an old clock, and the deadlines of this connection begin now.
        self.read_clock();
        let has_asked = handed.has_asked();
        let socket = self.kernel.adopt(handed.into_socket());
        let index = self.state.open(socket);
        self.state.connections[index].has_asked = has_asked;
        self.state.counters.adopted += 1;
        Ok(())
    }

    /// Gives the connection up if it is to leave and the kernel has nothing to do for it any more; true: it is gone.
    #[inline]
    pub(super) fn pass_on(&mut self, index: u32) -> bool {
        let may_leave = self.state.releases_all || self.state.connections[index].is_leaving;
        may_leave && self.try_to_pass_on(index)
    }

    fn try_to_pass_on(&mut self, index: u32) -> bool {
        let state = &mut self.state;
        let releases_all = state.releases_all;
        let is_idle = state.is_idle(index);
        let connection = &mut state.connections[index];
        if !is_idle {
            // Whoever was chosen and got a request in time stays; if all are to leave, it does once it has answered.
            connection.is_leaving &= releases_all;
            return false;
        }
        connection.is_leaving |= releases_all;
        if !connection.is_leaving || connection.operations > 0 {
            return false;
        }
        let has_asked = connection.has_asked;
        let Some(socket) = connection.socket.take() else {
            return false;
        };
        state.connections[index] = Connection::default();
        state.connections.release(index);
        self.give_away(socket, has_asked);
        true
    }
}

impl State {
    /// Whether the engine accepts no more, and ends when it has no connection left.
    pub(super) fn is_stopping(&self) -> bool {
        self.draining_ms.is_some() || self.releases_all
    }

    /// Whether nothing of a request or a response is anywhere here.
    pub(super) fn is_idle(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        connection.phase == Phase::Open
            && connection.exchanges == 0
            && connection.is_between_requests()
            && !connection.reading_body
            && !connection.read_closed
            && !connection.takes_no_more
            && !connection.sending
            && !connection.output.is_ready()
    }

    /// Whether one operation at most, a receive, stands between the connection and its next engine.
    fn may_leave_now(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        !connection.is_leaving && matches!(connection.receive, Receive::Off | Receive::Armed)
    }

    /// Whether the connection is not read from because it leaves: at once, or with the answer to what was read.
    pub(super) fn is_read_elsewhere(&self, connection: &Connection) -> bool {
        connection.is_leaving
            && connection.phase == Phase::Open
            && !connection.reading_body
            // A part of a head that nothing is answered before is waited for.
            && (connection.exchanges > 0 || connection.is_between_requests())
    }

    /// All connections stay after all.
    pub(super) fn release_none(&mut self) {
        self.releases_all = false;
        let open: Vec<u32> = self.connections.indices().collect();
        for index in open {
            self.connections[index].is_leaving = false;
        }
    }
}
