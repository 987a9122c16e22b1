//! The end of a drain that nobody has to wait for: idle connections end at once, and what lingers answers nobody.
//!
//! Called by: the runtime, when an application has stopped its own server.

use std::rc::Rc;

use crate::connection::Phase;
use crate::engine::PortableEngine;

impl PortableEngine {
    /// Ends the idle connections of an engine that drains, without the grace that [`drain`](Self::drain) gives them. A
    /// request that has arrived by now is answered.
    pub fn end_idle(&mut self) {
        if !self.shared.draining.get() {
            return;
        }
        let shared = Rc::clone(&self.shared);
        shared.begin_turn();
        // What tokio has not told of is read as well.
        let was_unassisted = shared.is_unassisted.replace(true);
        for index in 0..self.connections.len() as u32 {
            self.receive(index);
            if let Some(connection) = self.connection(index).filter(|connection| connection.is_idle()) {
                connection.abort(&shared);
                self.settle(index);
            }
        }
        shared.is_unassisted.set(was_unassisted);
        shared.end_turn();
        shared.wakes.wake_root();
    }

    /// Whether a drain has come so far that every response has left, and no request can come: what is left are
    /// connections whose clients have not ended them yet.
    pub fn is_through(&self) -> bool {
        let is_silent = |phase: Phase| matches!(phase, Phase::Lingering { .. } | Phase::Closed);
        self.shared.draining.get()
            && self.shared.table.borrow().len() == 0
            && self
                .connections
                .iter()
                .flatten()
                .all(|connection| is_silent(connection.phase))
    }
}
