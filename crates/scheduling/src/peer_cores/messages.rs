//! What crosses between a core and the others: its messages are sent, and theirs are read.
//!
//! Owns the order in which things are said. Decides nothing about who answers what. Called by: the core's loop with each
//! turn, and what interrupts its application.

use std::collections::VecDeque;

use howth_engine::{Event, ExchangeId};
use howth_mesh::{Endpoint, Refused};
use howth_relay::Relay;

use super::topology::{Note, RING_LENGTH};
use super::{Peer, PeerCores};
use crate::application::Application;
use crate::clock::now_us;
use crate::mail::Mail;
use crate::reception::Reception;
use crate::waiting::Waiting;

/// Messages taken in one turn: the engine has its turn in between.
const RECEIVED_MAX: usize = 256;

impl<M: Mail> PeerCores<M> {
    /// Takes what has come from the others, and sends what is for them. True: something has come.
    pub fn share_work(&self, reception: &Reception<impl Application>) -> bool {
        let mut endpoint = self.endpoint.borrow_mut();
        let Some(endpoint) = self.joined(&mut endpoint) else {
            return false;
        };
        let relay = self.relay.borrow();
        let relay = relay.as_deref();
        let lost = relay.map_or_else(Vec::new, |relay| self.absent(relay));
        let mut received = 0;
        while received < RECEIVED_MAX
            && let Some((from, note)) = endpoint.receive()
        {
            received += 1;
            self.hear(relay, from, note);
        }
        if let Some(relay) = relay {
            // Their last words have been read.
            if received < RECEIVED_MAX {
                for core in lost {
                    self.peers.borrow_mut()[core].epoch = None;
                    relay.lost(core);
                }
            }
            self.share_requests(relay, reception);
        }
        self.send(relay, endpoint);
        endpoint.flush();
        received > 0
    }

    /// Takes in what others hand over, and hands over what belongs to them.
    fn share_requests(&self, relay: &Relay, reception: &Reception<impl Application>) {
        self.hand_over_held(relay, |id, arrived_us| {
            reception.insert(Waiting {
                event: Event::Request(id),
                arrived_us,
            });
        });
        let mut events = self.events.borrow_mut();
        relay.take_events(&mut events);
        self.take_in(relay, reception, &mut events);
    }

    fn hear(&self, relay: Option<&Relay>, from: usize, note: Note<M::Message>) {
        let mut peers = self.peers.borrow_mut();
        let peer = &mut peers[from];
        let mut unsaid = self.unsaid.borrow_mut();
        match note {
            Note::Joined(epoch) => {
                // Whatever it has of this core's was handed to the one before it.
                if let Some(relay) = relay {
                    relay.lost(from);
                }
                *peer = Peer {
                    epoch: Some(epoch),
                    core_status: self.topology.core_status(from),
                    ..Peer::default()
                };
                unsaid.push_back((from, Note::Here(self.epoch.get())));
            }
            Note::Here(epoch) => {
                peer.epoch = Some(epoch);
                peer.core_status = self.topology.core_status(from);
            }
            Note::Leaving => {
                peer.is_leaving = true;
                unsaid.push_back((from, Note::Parted));
            }
            Note::Parted => peer.has_parted = true,
            Note::Mail(message) => self.mail.receive(message),
            Note::Relay(epoch, message) if epoch == self.epoch.get() => {
                // Without one this core has not been open to requests.
                if let Some(relay) = relay {
                    relay.receive(from, message);
                }
            }
            Note::Connection(handed) => {
                self.counters.connections_taken.add(1);
                self.arrivals.borrow_mut().push_back(handed);
            }
            // For the core that had this place before: its requests were answered by their origins when it ended.
            Note::Relay(..) => {}
        }
    }

    /// Sends what there is room for. What is left for a core keeps its order.
    pub(crate) fn send(&self, relay: Option<&Relay>, endpoint: &mut Endpoint<Note<M::Message>>) {
        self.say(relay, endpoint);
        self.post(endpoint);
        // Most turns have nothing for anybody, and allocate nothing.
        if let Some(relay) = relay.filter(|relay| relay.has_messages()) {
            self.send_requests(relay, endpoint);
            self.say(Some(relay), endpoint);
        }
    }

    /// Sends what its isolate has published, before the engine's next turn: that takes longer than anything else.
    pub fn send_mail(&self) {
        if !self.mail.has_unsent() {
            return;
        }
        if let Some(endpoint) = &mut *self.endpoint.borrow_mut() {
            self.post(endpoint);
            endpoint.flush();
        }
    }

    /// Leaves some room in each ring for requests: a flood of messages never ends, if each is read at once.
    fn post(&self, endpoint: &mut Endpoint<Note<M::Message>>) {
        self.mail.send(|to, message| {
            if endpoint.room(to) <= RING_LENGTH / 4 {
                return Err(message);
            }
            match endpoint.send(to, Note::Mail(message)) {
                Err(Refused(Note::Mail(message))) => Err(message),
                _ => Ok(()),
            }
        });
    }

    fn send_requests(&self, relay: &Relay, endpoint: &mut Endpoint<Note<M::Message>>) {
        let peers = self.peers.borrow();
        let mut left = VecDeque::new();
        let mut is_full = vec![false; peers.len()];
        while let Some((to, message)) = relay.next_message() {
            if is_full[to] {
                left.push_back((to, message));
                continue;
            }
            // Nobody there has asked for it, or will.
            let Some(epoch) = peers[to].epoch else { continue };
            if let Err(Refused(Note::Relay(_, message))) = endpoint.send(to, Note::Relay(epoch, message)) {
                is_full[to] = true;
                left.push_back((to, message));
            }
        }
        while let Some((to, message)) = left.pop_back() {
            relay.put_back(to, message);
        }
    }

    /// Says what is to be said: that this core is there before any message, and that it has read that another wants to
    /// end behind all of them.
    fn say(&self, relay: Option<&Relay>, endpoint: &mut Endpoint<Note<M::Message>>) {
        let mut unsaid = self.unsaid.borrow_mut();
        let mut is_full = vec![false; if unsaid.is_empty() { 0 } else { endpoint.cores() }];
        for _ in 0..unsaid.len() {
            let Some((to, note)) = unsaid.pop_front() else {
                return;
            };
            let has_messages = |relay: &Relay| relay.has_messages_for(to);
            let waits = matches!(note, Note::Parted) && relay.is_some_and(has_messages);
            if is_full[to] || waits {
                is_full[to] = true;
                unsaid.push_back((to, note));
            } else if let Err(Refused(note)) = endpoint.send(to, note) {
                is_full[to] = true;
                unsaid.push_back((to, note));
            }
        }
    }

    /// Cores that have this one's requests and are not there any more.
    fn absent(&self, relay: &Relay) -> Vec<usize> {
        if relay.forwarded() + relay.remote_requests() == 0 {
            return Vec::new();
        }
        let others = (0..self.topology.places()).filter(|core| *core != self.core);
        others
            .filter(|core| !self.topology.mesh.is_joined(*core))
            .collect()
    }

    fn take_in(&self, relay: &Relay, reception: &Reception<impl Application>, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            let is_new = matches!(event, Event::Request(id) if relay.origin(id).is_some_and(|origin| origin != self.core));
            self.counters.taken.add(u64::from(is_new));
            match event {
                // Whoever sent it did not know yet.
                Event::Request(id) if is_new && !self.core_status.is_open() => {
                    relay.give_back(id);
                    self.counters.given_back.add(1);
                }
                event => reception.insert(Waiting {
                    event,
                    arrived_us: event.exchange().map_or_else(now_us, |id| arrival(relay, id)),
                }),
            }
        }
    }
}

fn arrival(relay: &Relay, id: ExchangeId) -> u64 {
    relay.arrived_us(id).unwrap_or_else(now_us)
}
