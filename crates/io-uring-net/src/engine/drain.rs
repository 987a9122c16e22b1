//! The end of a drain that nobody has to wait for: idle connections end at once, and what lingers answers nobody.
//!
//! Owns neither the drain's beginning nor its last step: see `teardown`. Called by: the runtime, when an application has
//! stopped its own server.

use super::accept::Accepting;
use crate::connection::{Phase, Receive};
use crate::engine::{Core, RingEngine};
use crate::kernel::Kernel;

impl<K: Kernel + 'static> RingEngine<K> {
    /// Ends the idle connections of an engine that drains, with its next turn, and without the grace that
    /// [`drain`](Self::drain) gives them. A request that has arrived by then is answered.
    pub fn end_idle(&mut self) {
        self.shared.core.borrow_mut().state.ends_idle = true;
    }

    /// Whether a drain has come so far that every response has left, and no request can come: what is left are
    /// connections whose clients have not ended them yet.
    pub fn is_through(&self) -> bool {
        self.shared.core.borrow().is_through()
    }
}

impl<K: Kernel> Core<K> {
    /// Ends what is idle, if that was asked for, after what has arrived was read. True: it was.
    pub(super) fn end_idle(&mut self) -> bool {
        let state = &mut self.state;
        if !std::mem::take(&mut state.ends_idle) || state.draining_ms.is_none() {
            return false;
        }
        let open: Vec<u32> = state.connections.indices().collect();
        for index in open {
            let is_idle = state.is_idle(index);
            match state.connections[index].receive {
                // It was accepted in this turn, and nobody has looked what has come.
                Receive::Off if is_idle => state.ends_idle = true,
                _ if is_idle => state.tear(index),
                _ => {}
            }
        }
        true
    }

    fn is_through(&self) -> bool {
        let state = &self.state;
        let is_silent = |index: u32| state.connections[index].phase >= Phase::Lingering;
        state.draining_ms.is_some()
            && !state.ends_idle
            && self.accepting == Accepting::Ended
            && self.waiting.is_empty()
            && state.exchanges.occupied() == 0
            && state.connections.indices().all(is_silent)
    }
}
