//! Connections that go to a core that is less busy: idle ones when it has been so for a while, new ones as they come.
//!
//! Owns who is given how many. A connection that a core has no room for waits there, as it would in a backlog. Never
//! touches a socket: the engine gives it up. Called by: the core's loop with each turn, and what interrupts its
//! application.

use howth_engine::Handed;
use howth_mesh::Refused;

use super::{Note, PeerCores};
use crate::clock::now_us;
use crate::engine::Engine;
use crate::mail::Mail;
use crate::policy::is_better_off;
use crate::utilization::{expected, is_uneven};

impl<M: Mail> PeerCores<M> {
    /// The core has slept for so long.
    pub fn slept(&self, us: u64) {
        self.utilization.borrow_mut().slept(us);
    }

    /// Looks now and then whether another core is much less busy, and has the engine give up connections for it.
    pub fn even_out(&self, engine: &mut impl Engine, now_us: u64) {
        let mut utilization = self.utilization.borrow_mut();
        let Some(own) = utilization.look(now_us) else {
            return;
        };
        self.core_status.set_utilization(own);
        self.peers.borrow_mut().iter_mut().for_each(|peer| peer.given = 0);
        let least = self
            .open_peers()
            .filter(|(_, core_status)| !core_status.is_full())
            .map(|(peer, core_status)| (core_status.utilization(now_us), peer))
            .min();
        let Some((busy, peer)) = least else { return };
        let count = utilization.surplus(own, busy, engine.connections());
        if count > 0 && self.shares_work {
            self.target_peer.set(Some(peer));
            engine.release_idle(count);
        }
    }

    /// Has the engine give up the connections that it accepts from now on, if they are better off elsewhere: a request
    /// would wait for `wait_us` here. Pausing accept would not do: the kernel has dealt these clients to this core's
    /// socket, where no other core would find them.
    pub fn steer(&self, engine: &mut impl Engine, wait_us: u64) {
        let is_full = engine.connections() >= self.connections_max;
        self.core_status.set_full(is_full);
        // One that waits here already shows that there is room nowhere.
        let may_give = self.arrivals.borrow().is_empty();
        engine.release_new(may_give && self.target_peers_of_new(engine, wait_us).next().is_some());
    }

    /// Who is to have the next new connection.
    fn target_peer_of_new(&self, engine: &impl Engine, wait_us: u64) -> Option<usize> {
        let target_peers = self.target_peers_of_new(engine, wait_us);
        target_peers.min().map(|(_, _, _, peer)| peer)
    }

    /// Who may have a new connection: how busy, how many it was given, how long a request would wait, and who. Of a core
    /// that is full, whoever is not.
    fn target_peers_of_new(
        &self,
        engine: &impl Engine,
        wait_us: u64,
    ) -> impl Iterator<Item = (u32, u32, u64, usize)> {
        let (own, is_full) = (self.utilization.borrow().last(), self.core_status.is_full());
        // Most turns: nothing that may be known of others would change anything.
        let may_be = self.shares_work && (is_full || is_uneven(own, 0) || is_better_off(wait_us, 0));
        let (now_us, connections) = if may_be {
            (now_us(), engine.connections())
        } else {
            (0, 0)
        };
        let peers = may_be.then(|| self.open_peers()).into_iter().flatten();
        peers
            .filter(|(_, core_status)| !core_status.is_full())
            .map(move |(peer, core_status)| {
                let given = self.peers.borrow()[peer].given;
                let busy = expected(core_status.utilization(now_us), given, own, connections);
                (busy, given, core_status.wait_us(now_us), peer)
            })
            .filter(move |(busy, _, peer_us, _)| {
                is_full || is_uneven(own, *busy) || is_better_off(wait_us, *peer_us)
            })
    }

    /// Sends the connections that the engine has given up to whom they are for.
    pub fn give_connections(&self, engine: &mut impl Engine, wait_us: u64) {
        let released = engine.take_released();
        if released.is_empty() {
            return;
        }
        for handed in released {
            let target_peer = match handed.has_asked() {
                true => self.target_peer.get(),
                false => self
                    .target_peer_of_new(engine, wait_us)
                    .or(self.target_peer.get()),
            };
            if let Err(handed) = self.give(target_peer, handed) {
                self.keep(engine, handed);
            }
        }
        if let Some(endpoint) = &mut *self.endpoint.borrow_mut() {
            endpoint.flush();
        }
    }

    /// Goes on with the connections that have come, as far as there is room; true: with some.
    pub fn take_connections(&self, engine: &mut impl Engine) -> bool {
        let mut has_taken = false;
        while let Some(handed) = self.next_arrival() {
            if let Err(handed) = engine.adopt(handed) {
                self.core_status.set_full(true);
                // Whoever sent it did not know yet, and another core may have room.
                let target_peer = self.target_peer_of_new(engine, 0);
                if let Err(handed) = self.give(target_peer, handed) {
                    self.arrivals.borrow_mut().push_front(handed);
                    break;
                }
            }
            has_taken = true;
        }
        has_taken
    }

    /// Ends the connections that have come: there is no engine any more.
    pub fn drop_connections(&self) {
        self.arrivals.borrow_mut().clear();
    }

    fn next_arrival(&self) -> Option<Handed> {
        self.arrivals.borrow_mut().pop_front()
    }

    /// Goes on with a connection that nobody takes.
    pub fn keep(&self, engine: &mut impl Engine, handed: Handed) {
        if let Err(handed) = engine.adopt(handed) {
            self.arrivals.borrow_mut().push_back(handed);
        }
    }

    /// Sends a connection to another core; it comes back where there is none, or no room on the way.
    fn give(&self, target_peer: Option<usize>, handed: Handed) -> Result<(), Handed> {
        let Some(target_peer) = target_peer else {
            return Err(handed);
        };
        let count = match handed.has_asked() {
            true => &self.counters.connections_given,
            false => &self.counters.connections_steered,
        };
        let mut endpoint = self.endpoint.borrow_mut();
        let Some(endpoint) = endpoint.as_mut().filter(|_| {
            let core_status = self.open_core_status(target_peer);
            core_status.is_some_and(|core_status| core_status.is_in(handed.place()))
        }) else {
            return Err(handed);
        };
        match endpoint.send(target_peer, Note::Connection(handed)) {
            Err(Refused(Note::Connection(handed))) => Err(handed),
            _ => {
                self.peers.borrow_mut()[target_peer].given += 1;
                count.add(1);
                Ok(())
            }
        }
    }
}
