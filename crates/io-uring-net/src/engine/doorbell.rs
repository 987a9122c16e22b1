//! The doorbell: keeping its poll armed, once somebody wants to ring it.
//!
//! What is to be done when it rings is nobody's business here: a turn has been made, and whoever made it looks. Owns
//! whether it is armed. Called by: the turn.

use crate::engine::Core;
use crate::kernel::Kernel;
use howth_ring::{Operation, Token};

const TOKEN: Token = Token {
    operation: Operation::Doorbell,
    index: 0,
    generation: 0,
};

/// Whether the doorbell is polled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Polling {
    /// Nobody has asked for it.
    #[default]
    Unwanted,
    /// It is to be armed: for the first time, or because the kernel had no room for a completion and ended it.
    Wanted,
    /// The multishot is armed.
    Armed,
}

impl<K: Kernel> Core<K> {
    pub(super) fn want_doorbell(&mut self) {
        if self.doorbell == Polling::Unwanted {
            self.doorbell = Polling::Wanted;
        }
    }

    pub(super) fn settle_doorbell(&mut self) {
        if self.doorbell == Polling::Wanted {
            self.kernel.poll_doorbell(TOKEN);
            self.doorbell = Polling::Armed;
        }
    }

    pub(super) fn rung(&mut self, more: bool) {
        if !more {
            self.doorbell = Polling::Wanted;
        }
    }
}
