//! Requests that are handed to a core that answers them sooner.
//!
//! Owns which of those that wait go. Never decides how many: `policy` does. Called by: the core's loop with each turn,
//! and what interrupts its application.

use howth_relay::is_remote;

use super::{FORWARDED_MAX, PeerCores};
use crate::application::Application;
use crate::clock::now_us;
use crate::mail::Mail;
use crate::policy::share;
use crate::reception::Reception;

impl<M: Mail> PeerCores<M> {
    /// Hands over what would wait too long here, before the application is given the next slice.
    pub fn balance(&self, reception: &Reception<impl Application>, wait_us: u64) {
        self.core_status.set_queue_us(wait_us);
        let mut behind = self.behind.get();
        let is_behind = behind.update(wait_us);
        self.behind.set(behind);
        if is_behind {
            self.hand_over(reception, wait_us, false);
        }
    }

    /// Hands over what waits while the application has been running for `running_us`: it may go on as long.
    pub fn relieve(&self, reception: &Reception<impl Application>, running_us: u64, wait_us: u64) {
        self.core_status.set_queue_us(wait_us);
        self.hand_over(reception, wait_us.max(running_us), true);
    }

    /// Whether a request that waits for `wait_us` here would be answered sooner elsewhere.
    pub fn has_better(&self, wait_us: u64) -> bool {
        if !self.shares_requests() {
            return false;
        }
        let now_us = now_us();
        self.open_peers()
            .any(|(_, core_status)| core_status.wait_us(now_us) < wait_us)
    }

    pub(super) fn shares_requests(&self) -> bool {
        self.shares_work && self.shared_places.get() != 0
    }

    fn hand_over(&self, reception: &Reception<impl Application>, mut wait_us: u64, is_stuck: bool) {
        if !self.shares_requests() {
            return;
        }
        let relay = self.relay.borrow();
        let endpoint = self.endpoint.borrow();
        let (Some(relay), Some(endpoint)) = (relay.as_ref(), endpoint.as_ref()) else {
            return;
        };
        let now_us = now_us();
        let cost_us = reception.cost_us();
        for (peer_us, peer) in self.by_load(now_us) {
            let room = endpoint
                .room(peer)
                .min(FORWARDED_MAX.saturating_sub(relay.forwarded()));
            // It may not know yet of all that it was sent.
            let sent_us = (relay.forwarded_at(peer) as f32 * cost_us) as u64;
            let count = share(wait_us, peer_us.max(sent_us), cost_us, is_stuck).min(room);
            let moved = reception.take_youngest(count, |id, arrived_us| match is_remote(id) {
                _ if self.is_bound(relay, id) => false,
                false if !self.may_answer(relay, id, peer) => false,
                false => {
                    let goes = relay.hand_over(id, peer, arrived_us);
                    self.counters.handed_over.add(u64::from(goes));
                    goes
                }
                true => {
                    let goes = relay.origin(id) == Some(peer) && relay.give_back(id);
                    self.counters.given_back.add(u64::from(goes));
                    goes
                }
            });
            wait_us = wait_us.saturating_sub((moved as f32 * cost_us) as u64);
        }
    }

    /// Who takes requests, least loaded first, with how long one would wait there.
    fn by_load(&self, now_us: u64) -> Vec<(u64, usize)> {
        let mut by_load: Vec<(u64, usize)> = self
            .open_peers()
            .map(|(core, core_status)| (core_status.wait_us(now_us), core))
            .collect();
        by_load.sort_unstable();
        by_load
    }
}
