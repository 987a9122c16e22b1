//! A turn while tokio's reactor cannot run, because somebody else's code has the thread.
//!
//! Readiness comes from the reactor, which is not asked here: connections are read, and the listener accepts, without
//! knowing whether there is anything. Owns how many are looked at. Never waits. Called by: the runtime, from within
//! JavaScript that does not return.

use std::task::{Context, Poll};

use howth_engine::{Handler, Turn};

use crate::engine::PortableEngine;

/// Connections that are looked at in one turn; the next one goes on behind them. Each costs a system call.
const LOOKS_MAX: usize = 256;

impl PortableEngine {
    /// [`poll_turn`](Self::poll_turn), with a look at connections that tokio has not been able to tell of.
    pub fn poll_turn_unassisted(
        &mut self,
        context: &mut Context<'_>,
        handler: &mut dyn Handler,
    ) -> Poll<Turn> {
        self.shared.0.borrow_mut().is_unassisted = true;
        self.look();
        let turn = self.poll_turn(context, handler);
        self.shared.0.borrow_mut().is_unassisted = false;
        turn
    }

    fn look(&mut self) {
        self.begin();
        self.accept();
        let core = &mut *self.shared.0.borrow_mut();
        let slots = core.connections.slots();
        for _ in 0..slots.len().min(LOOKS_MAX) {
            self.looked_at = (self.looked_at + 1) % slots.len();
            core.ready(slots[self.looked_at]);
        }
    }
}
