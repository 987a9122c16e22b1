//! The end of one listener, while others go on.
//!
//! Owns neither the end of all nor a connection's: see `hand_over`, and `howth_connection`. Called by: the runtime, when an
//! application stops one of its servers.

use howth_engine::ListenerId;

use crate::engine::RingEngine;
use crate::kernel::Kernel;

impl<K: Kernel + 'static> RingEngine<K> {
    /// Closes a listener for good; its connections go on until they end by themselves.
    pub fn stop_accepting(&mut self, listener: ListenerId) {
        let core = &mut *self.shared.0.borrow_mut();
        if let Some(slot) = core.connections.listener_slot(listener) {
            core.connections.stop_accepting(slot);
        }
    }

    /// [Drains](Self::drain) a listener alone, whose idle connections end with the next turn, without a grace. A request that
    /// has arrived by then is answered.
    pub fn drain_listener(&mut self, listener: ListenerId) {
        self.shared.0.borrow_mut().drain_listener(listener);
    }

    /// Closes a listener, and breaks its connections off.
    pub fn abort_listener(&mut self, listener: ListenerId) {
        self.shared.0.borrow_mut().abort_listener(listener);
    }

    /// A listener that has come to its end since the last call: it is closed, and its connections have ended, or answer nobody
    /// any more.
    pub fn take_ended(&mut self) -> Option<ListenerId> {
        self.shared.0.borrow_mut().connections.take_ended()
    }
}
