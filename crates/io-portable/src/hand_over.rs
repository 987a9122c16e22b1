//! Connections that go to another engine, and such that come from one; the end of all of them.
//!
//! Owns the sockets on their way. Never decides who leaves: `howth_connection` does. Called by: the runtime, between turns.

use howth_engine::{Handed, ListenerId};

use crate::engine::PortableEngine;
use crate::socket::Socket;

impl PortableEngine {
    /// Stops accepting and finishes what is in flight. A connection ends with its next response, and one
    /// without a request after half a second. The turns go on until [`Turn::Finished`](howth_engine::Turn::Finished).
    pub fn drain(&mut self) {
        self.begin();
        self.close_listeners(None);
        self.shared.0.borrow_mut().connections.drain();
        self.end();
    }

    /// [Drains](Self::drain) a listener alone, whose idle connections end with the next turn, without a grace. A request that
    /// has arrived by then is answered.
    pub fn drain_listener(&mut self, listener: ListenerId) {
        let Some(slot) = self.slot(listener) else { return };
        self.begin();
        self.close_listeners(Some(slot));
        {
            let core = &mut *self.shared.0.borrow_mut();
            core.connections.drain_listener(slot);
            // What tokio has not told of is read as well.
            let was_unassisted = std::mem::replace(&mut core.is_unassisted, true);
            for index in core.connections.slots() {
                core.ready(index);
            }
            core.settle_all();
            core.is_unassisted = was_unassisted;
            core.connections.wish_idle_ended(slot);
        }
        self.end();
    }

    /// Closes a listener for good; its connections go on until they end by themselves.
    pub fn stop_accepting(&mut self, listener: ListenerId) {
        let Some(slot) = self.slot(listener) else { return };
        self.begin();
        self.close_listeners(Some(slot));
        self.shared.0.borrow_mut().connections.stop_accepting(slot);
        self.end();
    }

    /// Ends everything at once: the listeners and all connections are closed, those included that were given up and not
    /// taken; exchanges are aborted with the next turn.
    pub fn abort(&mut self) {
        self.begin();
        self.accept.acceptors = Vec::new();
        {
            let core = &mut *self.shared.0.borrow_mut();
            core.connections.drain();
            core.connections.all_closed();
            // Nobody is waited for who would take them.
            core.released.clear();
            core.connections.end_all();
        }
        self.end();
    }

    /// Closes a listener, and breaks its connections off.
    pub fn abort_listener(&mut self, listener: ListenerId) {
        let Some(slot) = self.slot(listener) else { return };
        self.begin();
        self.close_listeners(Some(slot));
        {
            let core = &mut *self.shared.0.borrow_mut();
            core.connections.drain_listener(slot);
            core.connections.end_all_of(slot);
        }
        self.end();
    }

    /// A listener that has come to its end since the last call: it is closed, and its connections have ended, or answer nobody
    /// any more.
    pub fn take_ended(&mut self) -> Option<ListenerId> {
        self.shared.0.borrow_mut().connections.take_ended()
    }

    fn slot(&self, listener: ListenerId) -> Option<u32> {
        self.shared.0.borrow().connections.listener_slot(listener)
    }

    /// Gives up as many idle connections as `count` says, or as there are.
    /// [`take_released`](Self::take_released) has them after one of the next turns.
    pub fn release_idle(&mut self, count: usize) {
        self.begin();
        self.shared
            .0
            .borrow_mut()
            .connections
            .release_idle(count, |_| true);
        self.end();
    }

    /// Stops accepting, like [`drain`](Self::drain), but gives every connection up as soon as it is idle instead of
    /// closing it. The turns go on until [`Turn::Finished`](howth_engine::Turn::Finished), which waits for
    /// [`take_released`](Self::take_released).
    pub fn release_all(&mut self) {
        if self.shared.0.borrow().connections.is_stopping() {
            return;
        }
        self.begin();
        // Whoever has connected already goes as well.
        self.close_listeners(None);
        self.shared.0.borrow_mut().connections.release_all();
        self.end();
    }

    /// The connections that were given up since the last call.
    pub fn take_released(&mut self) -> Vec<Handed> {
        std::mem::take(&mut self.shared.0.borrow_mut().released)
    }

    /// Goes on with a connection that another engine gave up; its deadlines begin anew.
    ///
    /// # Errors
    /// The connection comes back where there are as many as there may be.
    pub fn adopt(&mut self, mut handed: Handed) -> Result<(), Handed> {
        if !self.shared.0.borrow().connections.has_room() {
            return Err(handed);
        }
        // Whoever nobody listens for any more is not served.
        let Some(listener) = self.shared.0.borrow().connections.slot_for(&handed) else {
            return Ok(());
        };
        let (has_asked, tls) = (handed.has_asked(), handed.tls().cloned());
        let known = handed.take_client();
        // A client that is gone already needs no connection.
        let Ok((socket, peer)) = Socket::adopt(handed) else {
            return Ok(());
        };
        self.begin();
        {
            let core = &mut *self.shared.0.borrow_mut();
            core.connections.counters.adopted += 1;
            core.open(socket, peer, listener, tls.as_deref(), (has_asked, known));
        }
        self.end();
        Ok(())
    }
}
