//! What a core has to do with the others: requests it hands over, requests it is handed, and their responses.
//!
//! Owns the core's end of the mesh and its relay. Decides by time (`policy`) who answers what. Never enters V8 and never
//! touches a socket, so that it works while a handler runs. Called by: the core's loop with each turn, `intermission`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;

use howth_engine::{Event, ExchangeId, Exchanges};
use howth_mesh::{Endpoint, Mesh};
use howth_relay::{Message, Relay, is_guest};

use super::clock::now_us;
use super::counters::Counters;
use super::policy::{Behind, share};
use super::pulse::Pulse;
use super::reception::{Reception, Waiting};

/// Messages under way from one core to another.
const RING_LENGTH: usize = 256;
/// Messages taken in one turn: the engine has its turn in between.
const RECEIVED_MAX: usize = 256;
/// Requests of a core that others answer.
const ABROAD_MAX: usize = 4096;

/// What crosses from core to core.
#[derive(Debug)]
pub(crate) enum Note {
    /// The sender has taken the place of a core that has ended.
    Joined,
    /// About a request.
    Relay(Message),
}

/// All cores, as far as they know of each other.
pub(crate) struct Street {
    mesh: Arc<Mesh<Note>>,
    pulses: Vec<Mutex<Weak<Pulse>>>,
}

impl Street {
    pub(crate) fn new(cores: usize) -> Arc<Self> {
        Arc::new(Street {
            mesh: Mesh::new(cores, RING_LENGTH),
            pulses: (0..cores).map(|_| Mutex::default()).collect(),
        })
    }

    fn pulse(&self, core: usize) -> Option<Arc<Pulse>> {
        let pulse = self.pulses[core].lock().unwrap_or_else(PoisonError::into_inner);
        pulse.upgrade()
    }

    fn move_in(&self, core: usize, pulse: &Arc<Pulse>) {
        *self.pulses[core].lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(pulse);
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
    counters: Arc<Counters>,
    /// Kept for its memory.
    events: RefCell<Vec<Event>>,
}

impl Neighbours {
    pub(super) fn new(
        street: Arc<Street>,
        core: usize,
        pulse: Arc<Pulse>,
        counters: Arc<Counters>,
    ) -> Rc<Self> {
        Rc::new(Neighbours {
            street,
            core,
            pulse,
            endpoint: RefCell::default(),
            relay: RefCell::default(),
            behind: Cell::default(),
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
        if let Some(relay) = &*self.relay.borrow() {
            send(relay, endpoint);
        }
        endpoint.prepare_sleep()
    }

    /// Whether something waits for room in the ring to another core, which does not tell when it has some.
    pub(super) fn has_unsent(&self) -> bool {
        self.relay
            .borrow()
            .as_ref()
            .is_some_and(|relay| relay.has_messages())
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
        let relay = self.relay.borrow();
        let Some(relay) = relay.as_ref() else { return false };
        let mut endpoint = self.endpoint.borrow_mut();
        let Some(endpoint) = self.joined(&mut endpoint) else {
            return false;
        };
        let lost = self.absent(relay);
        let mut received = 0;
        while received < RECEIVED_MAX
            && let Some((from, note)) = endpoint.receive()
        {
            received += 1;
            match note {
                Note::Joined => relay.lost(from),
                Note::Relay(message) => relay.receive(from, message),
            }
        }
        // Their last words have been read.
        if received < RECEIVED_MAX {
            lost.into_iter().for_each(|core| relay.lost(core));
        }
        let mut events = self.events.borrow_mut();
        relay.take_events(&mut events);
        self.take_in(relay, reception, &mut events);
        send(relay, endpoint);
        received > 0
    }

    /// Hands over what would wait too long here, before JavaScript is given the next slice.
    pub(super) fn balance(&self, reception: &Reception, wait_us: u64) {
        self.pulse.set_queue_us(wait_us);
        let mut behind = self.behind.get();
        let is_behind = behind.update(wait_us);
        self.behind.set(behind);
        if is_behind {
            self.hand_over(reception, wait_us, false);
        }
    }

    /// Hands over what waits while JavaScript has been running for `running_us`: it may go on as long.
    pub(super) fn relieve(&self, reception: &Reception, running_us: u64, wait_us: u64) {
        self.pulse.set_queue_us(wait_us);
        self.hand_over(reception, wait_us.max(running_us), true);
    }

    /// Whether a request that waits for `wait_us` here would be answered sooner elsewhere.
    pub(super) fn has_better(&self, wait_us: u64) -> bool {
        let others = self.by_load(now_us());
        others.first().is_some_and(|(peer_us, _)| *peer_us < wait_us)
    }

    fn hand_over(&self, reception: &Reception, mut wait_us: u64, is_stuck: bool) {
        let relay = self.relay.borrow();
        let endpoint = self.endpoint.borrow();
        let (Some(relay), Some(endpoint)) = (relay.as_ref(), endpoint.as_ref()) else {
            return;
        };
        let now_us = now_us();
        let cost_us = reception.cost_us();
        for (peer_us, peer) in self.by_load(now_us) {
            let room = endpoint.room(peer).min(ABROAD_MAX.saturating_sub(relay.abroad()));
            // It may not know yet of all that it was sent.
            let sent_us = (relay.abroad_at(peer) as f32 * cost_us) as u64;
            let mut count = share(wait_us, peer_us.max(sent_us), cost_us, is_stuck).min(room);
            let before = count;
            reception.take_youngest(|waiting| {
                let Event::Request(id) = waiting.event else {
                    return false;
                };
                if count == 0 {
                    return false;
                }
                let goes = match is_guest(id) {
                    true => relay.home(id) == Some(peer) && relay.give_back(id),
                    false => relay.hand_over(id, peer, waiting.arrived_us),
                };
                if goes {
                    match is_guest(id) {
                        true => self.counters.given_back.add(1),
                        false => self.counters.handed_over.add(1),
                    }
                }
                count -= usize::from(goes);
                goes
            });
            let moved = (before - count) as f32;
            wait_us = wait_us.saturating_sub((moved * cost_us) as u64);
        }
    }

    /// Who takes requests, least loaded first, with how long one would wait there.
    fn by_load(&self, now_us: u64) -> Vec<(u64, usize)> {
        let others = (0..self.street.pulses.len()).filter(|core| *core != self.core);
        let mut by_load: Vec<(u64, usize)> = others
            .filter_map(|core| {
                let pulse = self.street.pulse(core).filter(|pulse| pulse.is_open())?;
                Some((pulse.wait_us(now_us), core))
            })
            .collect();
        by_load.sort_unstable();
        by_load
    }

    /// The core's end of the mesh, once it is this core's.
    fn joined<'a>(&self, endpoint: &'a mut Option<Endpoint<Note>>) -> Option<&'a mut Endpoint<Note>> {
        if endpoint.is_none() {
            let mut joined = self.street.mesh.join(self.core)?;
            self.street.move_in(self.core, &self.pulse);
            for peer in (0..joined.cores()).filter(|peer| *peer != self.core) {
                // Who has no room for it has not read what the one before has sent, and learns of its end then.
                let _ = joined.send(peer, Note::Joined);
            }
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
        let others = (0..self.street.pulses.len()).filter(|core| *core != self.core);
        others.filter(|core| !self.street.mesh.is_joined(*core)).collect()
    }

    fn take_in(&self, relay: &Relay, reception: &Reception, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            if matches!(event, Event::Request(id) if relay.home(id) != Some(self.core)) {
                self.counters.taken.add(1);
            }
            match event {
                // Whoever sent it did not know yet.
                Event::Request(id) if !self.pulse.is_open() && relay.home(id) != Some(self.core) => {
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

/// Sends what there is room for. What is left for a core keeps its order.
fn send(relay: &Relay, endpoint: &mut Endpoint<Note>) {
    let mut left = VecDeque::new();
    while let Some((to, message)) = relay.next_message() {
        let waits = left.iter().any(|(other, _)| *other == to);
        if waits {
            left.push_back((to, message));
            continue;
        }
        if let Err(howth_mesh::Refused(Note::Relay(message))) = endpoint.send(to, Note::Relay(message)) {
            left.push_back((to, message));
        }
    }
    while let Some((to, message)) = left.pop_back() {
        relay.put_back(to, message);
    }
    endpoint.flush();
}
