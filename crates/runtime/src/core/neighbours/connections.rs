//! Connections that go to a core that is less busy: idle ones when it has been so for a while, new ones as they come.
//!
//! Owns who is given how many. A connection that a core has no room for waits there, as it would in a backlog.

use howth_engine::Handed;
use howth_mesh::Refused;

use super::{Neighbours, Note};
use crate::core::clock::now_us;
use crate::core::policy::is_better_off;
use crate::core::utilization::{expected, is_uneven};
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
        self.peers.borrow_mut().iter_mut().for_each(|peer| peer.given = 0);
        let least = self
            .open_peers()
            .filter(|(_, pulse)| !pulse.is_full())
            .map(|(peer, pulse)| (pulse.utilization(now_us), peer))
            .min();
        let Some((busy, peer)) = least else { return };
        let count = utilization.surplus(own, busy, engine.connections());
        if count > 0 && self.exchanges {
            self.heir.set(Some(peer));
            engine.release_idle(count);
        }
    }

    /// Has the engine give up the connections that it accepts from now on, if they are better off elsewhere: a request
    /// would wait for `wait_us` here. Pausing accept would not do: the kernel has dealt these clients to this core's
    /// socket, where no other core would find them.
    pub(in crate::core) fn steer(&self, engine: &mut Engine, wait_us: u64) {
        let is_full = engine.connections() >= self.connections_max;
        self.pulse.set_full(is_full);
        // One that waits here already shows that there is room nowhere.
        let may_give = self.exchanges && self.arrivals.borrow().is_empty();
        engine.release_new(may_give && self.heir_of_new(engine, wait_us).is_some());
    }

    /// Who is to have the next new connection. Of a core that is full, whoever is not.
    fn heir_of_new(&self, engine: &Engine, wait_us: u64) -> Option<usize> {
        let (own, is_full) = (self.utilization.borrow().last(), self.pulse.is_full());
        // Most turns: nothing that may be known of others would change anything.
        if !is_full && !is_uneven(own, 0) && !is_better_off(wait_us, 0) {
            return None;
        }
        let (now_us, connections) = (now_us(), engine.connections());
        let given = |peer: usize| self.peers.borrow()[peer].given;
        self.open_peers()
            .filter(|(_, pulse)| !pulse.is_full())
            .map(|(peer, pulse)| {
                let busy = expected(pulse.utilization(now_us), given(peer), own, connections);
                (busy, pulse.wait_us(now_us), peer)
            })
            .filter(|(busy, peer_us, _)| is_full || is_uneven(own, *busy) || is_better_off(wait_us, *peer_us))
            .min()
            .map(|(_, _, peer)| peer)
    }

    /// Sends the connections that the engine has given up to whom they are for.
    pub(in crate::core) fn give_connections(&self, engine: &mut Engine, wait_us: u64) {
        let released = engine.take_released();
        if released.is_empty() {
            return;
        }
        for handed in released {
            let (heir, count) = match handed.has_asked() {
                true => (self.heir.get(), &self.counters.connections_given),
                false => (
                    self.heir_of_new(engine, wait_us),
                    &self.counters.connections_steered,
                ),
            };
            match self.give(heir, handed) {
                Ok(()) => count.add(1),
                Err(handed) => self.keep(engine, handed),
            }
        }
        if let Some(endpoint) = &mut *self.endpoint.borrow_mut() {
            endpoint.flush();
        }
    }

    /// Goes on with the connections that have come; without an engine they end.
    pub(in crate::core) fn take_connections(&self, engine: Option<&mut Engine>) {
        if self.arrivals.borrow().is_empty() {
            return;
        }
        let Some(engine) = engine else {
            return self.arrivals.borrow_mut().clear();
        };
        while let Some(handed) = self.next_arrival() {
            if let Err(handed) = engine.adopt(handed) {
                self.pulse.set_full(true);
                // Whoever sent it did not know yet, and another core may have room.
                let heir = self.heir_of_new(engine, 0);
                if let Err(handed) = self.give(heir, handed) {
                    return self.arrivals.borrow_mut().push_front(handed);
                }
            }
        }
    }

    fn next_arrival(&self) -> Option<Handed> {
        self.arrivals.borrow_mut().pop_front()
    }

    /// Goes on with a connection that nobody takes.
    fn keep(&self, engine: &mut Engine, handed: Handed) {
        if let Err(handed) = engine.adopt(handed) {
            self.arrivals.borrow_mut().push_back(handed);
        }
    }

    /// Sends a connection to another core; it comes back where there is none, or no room on the way.
    fn give(&self, heir: Option<usize>, handed: Handed) -> Result<(), Handed> {
        let Some(heir) = heir else { return Err(handed) };
        let mut endpoint = self.endpoint.borrow_mut();
        let mut peers = self.peers.borrow_mut();
        let (Some(endpoint), Some(_)) = (endpoint.as_mut(), peers[heir].epoch_if_present()) else {
            return Err(handed);
        };
        match endpoint.send(heir, Note::Connection(handed)) {
            Err(Refused(Note::Connection(handed))) => Err(handed),
            _ => {
                peers[heir].given += 1;
                Ok(())
            }
        }
    }
}
