//! Requests that belong to another core by `--affinity`.
//!
//! Owns those whose bodies are still arriving. Never answers one. Called by: `entrance`; the core's loop with each
//! turn.

use howth_engine::{ExchangeId, Exchanges};
use howth_relay::Relay;

use super::PeerCores;
use crate::mail::Mail;
use crate::sticky::Sticky;

/// A request whose core is another, and whose body is still arriving.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    id: ExchangeId,
    core: usize,
    arrived_us: u64,
}

impl<M: Mail> PeerCores<M> {
    /// Takes a request that belongs to another core; false: it is this one's, or nobody is there.
    pub(crate) fn takes_away(&self, id: ExchangeId, arrived_us: u64) -> bool {
        let Some(sticky) = self.sticky.as_ref().filter(|_| self.shared_places.get() != 0) else {
            return false;
        };
        let relay = self.relay.borrow();
        let Some(relay) = relay.as_ref() else { return false };
        let Some(head) = relay.head(id) else { return false };
        let core = sticky.core_of(&head).filter(|core| *core != self.core);
        let may_move = Sticky::may_move(&head);
        drop(head);
        let Some(core) = core.filter(|core| may_move && self.may_answer(relay, id, *core)) else {
            return false;
        };
        if relay.hand_over(id, core, arrived_us) {
            self.counters.handed_over.add(1);
        } else {
            self.held.borrow_mut().push(Held { id, core, arrived_us });
        }
        true
    }

    /// Hands over what has arrived whole since; what cannot go any more comes back through `stays`.
    pub(crate) fn hand_over_held(&self, relay: &Relay, mut stays: impl FnMut(ExchangeId, u64)) {
        self.held.borrow_mut().retain(|held| {
            if relay.head(held.id).is_none() {
                return false;
            }
            if !self.may_answer(relay, held.id, held.core) {
                stays(held.id, held.arrived_us);
                return false;
            }
            let goes = relay.hand_over(held.id, held.core, held.arrived_us);
            self.counters.handed_over.add(u64::from(goes));
            !goes
        });
    }

    /// Whether a request belongs to some core, and so must not go to another.
    pub(crate) fn is_bound(&self, relay: &Relay, id: ExchangeId) -> bool {
        let Some(sticky) = &self.sticky else { return false };
        relay.head(id).is_some_and(|head| sticky.core_of(&head).is_some())
    }
}
