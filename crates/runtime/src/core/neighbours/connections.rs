//! Connections that move to a core that is less busy.

use howth_engine::Handed;
use howth_mesh::Refused;

use super::{Neighbours, Note};
use crate::engine::Engine;

impl Neighbours {
    /// The core has slept for so long.
    pub(in crate::core) fn slept(&self, us: u64) {
        self.utilization.borrow_mut().slept(us);
    }

    /// Looks now and then whether another core is much less busy, and has the engine give up connections for it.
    pub(in crate::core) fn even_out(&self, engine: &mut Engine, now_us: u64) {
        let mut utilization = self.utilization.borrow_mut();
        let Some(own) = utilization.look(now_us) else {
            return;
        };
        self.pulse.set_utilization(own);
        let least = self
            .open_peers()
            .map(|(peer, pulse)| (pulse.utilization(now_us), peer))
            .min();
        let Some((busy, peer)) = least else { return };
        let count = utilization.surplus(own, busy, engine.connections());
        if count > 0 && self.exchanges {
            self.heir.set(Some(peer));
            engine.release_idle(count);
        }
    }

    /// Sends the connections that the engine has given up to whom they are for.
    pub(in crate::core) fn give_connections(&self, engine: &mut Engine) {
        let Some(heir) = self.heir.get() else { return };
        for handed in engine.take_released() {
            match self.give(heir, handed) {
                Ok(()) => self.counters.connections_given.add(1),
                // Idle connections end where there is no room for them, as they may at any time.
                Err(handed) => drop(engine.adopt(handed)),
            }
        }
    }

    /// Goes on with the connections that have come; without an engine they end.
    pub(in crate::core) fn take_connections(&self, mut engine: Option<&mut Engine>) {
        for handed in self.arrivals.borrow_mut().drain(..) {
            self.counters.connections_taken.add(1);
            if let Some(engine) = engine.as_deref_mut() {
                let _ = engine.adopt(handed);
            }
        }
    }

    fn give(&self, heir: usize, handed: Handed) -> Result<(), Handed> {
        let mut endpoint = self.endpoint.borrow_mut();
        let epoch = self.peers.borrow()[heir].epoch_if_present();
        let (Some(endpoint), Some(epoch)) = (endpoint.as_mut(), epoch) else {
            return Err(handed);
        };
        match endpoint.send(heir, Note::Connection(epoch, handed)) {
            Err(Refused(Note::Connection(_, handed))) => Err(handed),
            _ => Ok(()),
        }
    }
}
