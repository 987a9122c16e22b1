//! The end of a drain that nobody has to wait for: idle connections end at once, and what lingers answers nobody.
//!
//! Owns neither the drain's beginning nor its last step: see `hand_over`. Called by: the runtime, when an application has
//! stopped its own server.

use crate::engine::RingEngine;
use crate::kernel::Kernel;

impl<K: Kernel + 'static> RingEngine<K> {
    /// Ends the idle connections of an engine that drains, with its next turn, and without the grace that
    /// [`drain`](Self::drain) gives them. A request that has arrived by then is answered.
    pub fn end_idle(&mut self) {
        self.shared.0.borrow_mut().connections.wish_idle_ended();
    }

    /// Whether a drain has come so far that every response has left, and no request can come: what is left are
    /// connections whose clients have not ended them yet.
    pub fn is_through(&self) -> bool {
        let core = self.shared.0.borrow();
        !core.is_listening() && core.waiting.is_empty() && core.connections.is_through()
    }
}
