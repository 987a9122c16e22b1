//! What a core has to do with the others: requests it hands over, requests it is handed, and their responses.
//!
//! Owns the core's end of the mesh and its relay. Decides by time (`policy`) who answers what. Never enters V8 and never
//! touches a socket, so that it works while a handler runs. Called by: the core's loop with each turn, `intermission`.

mod belonging;
mod connections;
mod requests;
mod street;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use howth_engine::{Event, ExchangeId, Exchanges, Handed};
use howth_mesh::{Endpoint, Refused};
use howth_relay::Relay;

use super::clock::now_us;
use super::counters::Counters;
use super::policy::Behind;
use super::pulse::Pulse;
use super::reception::Reception;
use super::sticky::Sticky;
use super::utilization::Utilization;
use crate::bridge::Waiting;
use crate::options::Options;
use crate::topics::Mail;
use belonging::Held;
use street::{Epoch, Note};

pub(crate) use street::{RING_LENGTH, Street};

/// Messages taken in one turn: the engine has its turn in between.
const RECEIVED_MAX: usize = 256;
/// Requests of a core that others answer.
const ABROAD_MAX: usize = 4096;

/// Another core, as this one knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    /// Its epoch, once it has said that it is there.
    epoch: Option<Epoch>,
    /// It has said that it wants to end, and is to be handed nothing more.
    is_leaving: bool,
    /// It was told that this core wants to end.
    is_told: bool,
    /// And has answered that.
    has_parted: bool,
    /// Connections that it was given since this core looked last at how busy it is.
    given: u32,
}

impl Peer {
    /// The epoch of a core that may be handed something.
    fn epoch_if_present(&self) -> Option<Epoch> {
        self.epoch.filter(|_| !self.is_leaving)
    }
}

/// The others, as one core sees them.
pub(super) struct Neighbours {
    street: Arc<Street>,
    core: usize,
    pulse: Arc<Pulse>,
    /// Taken when the core before this one has given it back.
    endpoint: RefCell<Option<Endpoint<Note>>>,
    /// There is one while the core has an engine, and as long as its requests are abroad or others' are here.
    relay: RefCell<Option<Rc<Relay>>>,
    behind: Cell<Behind>,
    /// By place.
    peers: RefCell<Vec<Peer>>,
    /// Of this core.
    epoch: Cell<Epoch>,
    /// Whoever is behind hands requests and connections over.
    exchanges: bool,
    /// Requests that belong to one core.
    sticky: Option<Sticky>,
    held: RefCell<Vec<Held>>,
    /// Connections that have come from others.
    arrivals: RefCell<VecDeque<Handed>>,
    connections_max: usize,
    utilization: RefCell<Utilization>,
    /// Who is to have the connections that the engine was asked to give up.
    heir: Cell<Option<usize>>,
    /// What is to be said to others, apart from requests.
    unsaid: RefCell<VecDeque<(usize, Note)>>,
    mail: Rc<Mail>,
    counters: Arc<Counters>,
    /// Kept for its memory.
    events: RefCell<Vec<Event>>,
}

impl Neighbours {
    pub(super) fn new(
        street: Arc<Street>,
        core: usize,
        options: &Options,
        pulse: Arc<Pulse>,
        mail: Rc<Mail>,
        counters: Arc<Counters>,
    ) -> Rc<Self> {
        let places = street.places();
        let affinity = options.affinity.clone();
        let sticky = affinity.map(|affinity| Sticky::new(affinity, places));
        Rc::new(Neighbours {
            exchanges: options.exchange,
            sticky,
            held: RefCell::default(),
            mail,
            street,
            core,
            pulse,
            endpoint: RefCell::default(),
            relay: RefCell::default(),
            behind: Cell::default(),
            peers: RefCell::new(vec![Peer::default(); places]),
            epoch: Cell::new(0),
            arrivals: RefCell::default(),
            connections_max: options.engine_options.connections_max as usize,
            utilization: RefCell::default(),
            heir: Cell::new(None),
            unsaid: RefCell::default(),
            counters,
            events: RefCell::default(),
        })
    }

    /// The core listens: gives what its application is to use instead of the engine's exchanges.
    pub(super) fn move_in(&self, exchanges: Rc<dyn Exchanges>) -> Rc<dyn Exchanges> {
        let relay = Rc::new(Relay::new(self.core, exchanges));
        self.relay.replace(Some(relay.clone()));
        self.pulse.set_open(true);
        relay
    }

    /// The core takes no more requests of others.
    pub(super) fn close(&self) {
        self.pulse.set_open(false);
    }

    /// Whether requests of others are here.
    pub(super) fn has_guests(&self) -> bool {
        self.relay
            .borrow()
            .as_ref()
            .is_some_and(|relay| relay.guests() > 0)
    }

    /// How this core is woken.
    pub(super) fn set_waker(&self, waker: &Waker) {
        if let Some(endpoint) = self.endpoint.borrow_mut().as_mut() {
            endpoint.set_waker(waker);
        }
    }

    /// Sends what is for the others, and says that the core is going to sleep; false: something has come.
    pub(super) fn prepare_sleep(&self) -> bool {
        let mut endpoint = self.endpoint.borrow_mut();
        let Some(endpoint) = endpoint.as_mut() else {
            return true;
        };
        self.send(self.relay.borrow().as_deref(), endpoint);
        endpoint.prepare_sleep()
    }

    /// Whether something waits for room in the ring to another core, which does not tell when it has some.
    pub(super) fn has_unsent(&self) -> bool {
        let has_messages = |relay: &Rc<Relay>| relay.has_messages();
        !self.unsaid.borrow().is_empty()
            || self.mail.has_unsent()
            || self.relay.borrow().as_ref().is_some_and(has_messages)
    }

    pub(super) fn awake(&self) {
        if let Some(endpoint) = self.endpoint.borrow_mut().as_mut() {
            endpoint.awake();
        }
    }

    pub(super) fn enter_application(&self) {
        if let Some(endpoint) = &*self.endpoint.borrow() {
            endpoint.enter_application();
        }
    }

    pub(super) fn leave_application(&self) {
        if let Some(endpoint) = &*self.endpoint.borrow() {
            endpoint.leave_application();
        }
    }

    /// Takes an event of the engine; true: it is about a request that is abroad.
    pub(super) fn observe(&self, event: Event) -> bool {
        let relay = self.relay.borrow();
        relay
            .as_ref()
            .is_some_and(|relay| relay.abroad() > 0 && relay.observe(event))
    }

    /// Takes what has come from the others, and sends what is for them. True: something has come.
    pub(super) fn exchange(&self, reception: &Reception) -> bool {
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
            self.exchange_requests(relay, reception);
        }
        self.send(relay, endpoint);
        endpoint.flush();
        received > 0
    }

    /// Takes in what others hand over, and hands over what belongs to them.
    fn exchange_requests(&self, relay: &Relay, reception: &Reception) {
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

    fn hear(&self, relay: Option<&Relay>, from: usize, note: Note) {
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
                    ..Peer::default()
                };
                unsaid.push_back((from, Note::Here(self.epoch.get())));
            }
            Note::Here(epoch) => peer.epoch = Some(epoch),
            Note::Leaving => {
                peer.is_leaving = true;
                unsaid.push_back((from, Note::Parted));
            }
            Note::Parted => peer.has_parted = true,
            Note::Mail(parcel) => self.mail.receive(parcel),
            Note::Relay(epoch, message) if epoch == self.epoch.get() => {
                // Who has no relay has not said that it takes requests.
                if let Some(relay) = relay {
                    relay.receive(from, message);
                }
            }
            Note::Connection(handed) => {
                self.counters.connections_taken.add(1);
                self.arrivals.borrow_mut().push_back(handed);
            }
            // For the core that had this place before: its requests were answered by their homes when it ended.
            Note::Relay(..) => {}
        }
    }

    /// Sends what there is room for. What is left for a core keeps its order.
    fn send(&self, relay: Option<&Relay>, endpoint: &mut Endpoint<Note>) {
        self.say(relay, endpoint);
        // Before requests: there is never more of it than its receivers have room for.
        self.post(endpoint);
        // Most turns have nothing for anybody, and allocate nothing.
        if let Some(relay) = relay.filter(|relay| relay.has_messages()) {
            self.send_requests(relay, endpoint);
            self.say(Some(relay), endpoint);
        }
    }

    /// Sends what its isolate has published, before the engine's next turn: that takes longer than anything else.
    pub(super) fn send_mail(&self) {
        if !self.mail.has_unsent() {
            return;
        }
        if let Some(endpoint) = &mut *self.endpoint.borrow_mut() {
            self.post(endpoint);
            endpoint.flush();
        }
    }

    fn post(&self, endpoint: &mut Endpoint<Note>) {
        if self.mail.has_unsent() {
            self.mail
                .send(|to, parcel| match endpoint.send(to, Note::Mail(parcel)) {
                    Err(Refused(Note::Mail(parcel))) => Err(parcel),
                    _ => Ok(()),
                });
        }
    }

    fn send_requests(&self, relay: &Relay, endpoint: &mut Endpoint<Note>) {
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
    fn say(&self, relay: Option<&Relay>, endpoint: &mut Endpoint<Note>) {
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

    /// Takes leave of the others, so that nothing they have sent is lost; true once they have all heard of it.
    pub(super) fn take_leave(&self) -> bool {
        self.close();
        let endpoint = self.endpoint.borrow();
        if endpoint.is_none() {
            return true;
        }
        let mut has_parted = true;
        let mut unsaid = self.unsaid.borrow_mut();
        for (core, peer) in self.peers.borrow_mut().iter_mut().enumerate() {
            if core == self.core || peer.has_parted || !self.street.mesh.is_joined(core) {
                continue;
            }
            has_parted = false;
            if !std::mem::replace(&mut peer.is_told, true) {
                unsaid.push_back((core, Note::Leaving));
            }
        }
        drop(unsaid);
        has_parted && !self.has_unsent()
    }

    /// The core is gone.
    pub(super) fn depart(&self) {
        self.close();
        self.endpoint.replace(None);
    }

    /// The others that take what they are given.
    fn open_peers(&self) -> impl Iterator<Item = (usize, Arc<Pulse>)> {
        let peers = self.peers.borrow();
        (0..peers.len()).filter_map(move |core| {
            peers[core].epoch_if_present()?;
            let pulse = self.street.pulse(core).filter(|pulse| pulse.is_open())?;
            self.street.mesh.is_joined(core).then_some((core, pulse))
        })
    }

    /// The core's end of the mesh, once it is this core's.
    fn joined<'a>(&self, endpoint: &'a mut Option<Endpoint<Note>>) -> Option<&'a mut Endpoint<Note>> {
        if endpoint.is_none() {
            let mut joined = self.street.mesh.join(self.core)?;
            self.street.move_in(self.core, &self.pulse);
            let epoch = self.street.next_epoch();
            self.epoch.set(epoch);
            let others = (0..joined.cores()).filter(|peer| *peer != self.core);
            self.unsaid
                .borrow_mut()
                .extend(others.map(|peer| (peer, Note::Joined(epoch))));
            let pulse = self.pulse.clone();
            joined.set_interrupt(Arc::new(move || pulse.interrupt()));
            *endpoint = Some(joined);
        }
        endpoint.as_mut()
    }

    /// Cores that have this one's requests and are not there any more.
    fn absent(&self, relay: &Relay) -> Vec<usize> {
        if relay.abroad() + relay.guests() == 0 {
            return Vec::new();
        }
        let others = (0..self.street.places()).filter(|core| *core != self.core);
        others.filter(|core| !self.street.mesh.is_joined(*core)).collect()
    }

    fn take_in(&self, relay: &Relay, reception: &Reception, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            let is_new =
                matches!(event, Event::Request(id) if relay.home(id).is_some_and(|home| home != self.core));
            self.counters.taken.add(u64::from(is_new));
            match event {
                // Whoever sent it did not know yet.
                Event::Request(id) if is_new && !self.pulse.is_open() => {
                    relay.give_back(id);
                    self.counters.given_back.add(1);
                }
                event => reception.insert(Waiting {
                    event,
                    arrived_us: arrival(relay, event.exchange()),
                }),
            }
        }
    }
}

fn arrival(relay: &Relay, id: ExchangeId) -> u64 {
    relay.arrived_us(id).unwrap_or_else(now_us)
}
