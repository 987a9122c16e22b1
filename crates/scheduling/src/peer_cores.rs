//! What a core has to do with the others: requests it hands over, requests it is handed, and their responses.
//!
//! Owns the core's end of the mesh and its relay. Decides by time (`policy`) who answers what. Never calls the application and
//! never touches a socket, so that it works while a handler runs. Called by: the core's loop with each turn, and what
//! interrupts its application.

mod belonging;
mod connections;
mod messages;
mod requests;
mod topology;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use howth_engine::{Event, ExchangeId, Exchanges, Handed};
use howth_mesh::Endpoint;
use howth_relay::Relay;

use crate::core_status::CoreStatus;
use crate::counters::Counters;
use crate::mail::Mail;
use crate::policy::Behind;
use crate::sticky::{Affinity, Sticky};
use crate::utilization::Utilization;
use belonging::Held;
use topology::{Epoch, Note};

pub use topology::{RING_LENGTH, Topology};

/// How soon it is tried again what another core had no room for.
const RETRY: Duration = Duration::from_millis(1);
/// How often a core that is full looks whether another one is not, while clients may wait in its backlog.
const RETRY_FULL: Duration = Duration::from_millis(50);

/// Requests of a core that others answer.
const FORWARDED_MAX: usize = 4096;

/// Another core, as this one knows it.
#[derive(Clone, Debug, Default)]
struct Peer {
    /// Its epoch, once it has said that it is there,
    epoch: Option<Epoch>,
    /// and what it shows of itself.
    core_status: Weak<CoreStatus>,
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
    /// What it shows of itself, if it takes what it is given.
    fn open_core_status(&self) -> Option<Arc<CoreStatus>> {
        self.epoch.filter(|_| !self.is_leaving)?;
        self.core_status
            .upgrade()
            .filter(|core_status| core_status.is_open())
    }
}

/// What the options say about it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cores that are behind hand requests and connections over.
    pub shares_work: bool,
    /// What makes requests belong to one core.
    pub affinity: Option<Affinity>,
    /// So many connections a core may have.
    pub connections_max: usize,
}

/// The others, as one core sees them.
pub struct PeerCores<M: Mail> {
    topology: Arc<Topology<M::Message>>,
    core: usize,
    core_status: Arc<CoreStatus>,
    /// Taken when the core before this one has given it back.
    endpoint: RefCell<Option<Endpoint<Note<M::Message>>>>,
    /// There is one while the core has an engine, and as long as its requests are forwarded or others' are here.
    relay: RefCell<Option<Rc<Relay>>>,
    behind: Cell<Behind>,
    /// By place.
    peers: RefCell<Vec<Peer>>,
    /// Of this core.
    epoch: Cell<Epoch>,
    /// Whoever is behind hands requests and connections over.
    shares_work: bool,
    /// The places whose requests any core may answer that listens there as well.
    shared_places: Cell<u64>,
    /// Requests that belong to one core.
    sticky: Option<Sticky>,
    held: RefCell<Vec<Held>>,
    /// Connections that have come from others.
    arrivals: RefCell<VecDeque<Handed>>,
    connections_max: usize,
    utilization: RefCell<Utilization>,
    /// Who is to have the connections that the engine was asked to give up.
    target_peer: Cell<Option<usize>>,
    /// What is to be said to others, apart from requests.
    unsaid: RefCell<VecDeque<(usize, Note<M::Message>)>>,
    mail: Rc<M>,
    counters: Arc<Counters>,
    /// Kept for its memory.
    events: RefCell<Vec<Event>>,
}

impl<M: Mail> PeerCores<M> {
    /// The others of core number `core`, which shows `core_status` of itself.
    pub fn new(
        topology: Arc<Topology<M::Message>>,
        core: usize,
        settings: Settings,
        core_status: Arc<CoreStatus>,
        mail: Rc<M>,
        counters: Arc<Counters>,
    ) -> Rc<Self> {
        let places = topology.places();
        let sticky = settings.affinity.map(|affinity| Sticky::new(affinity, places));
        Rc::new(PeerCores {
            shares_work: settings.shares_work,
            shared_places: Cell::default(),
            sticky,
            held: RefCell::default(),
            mail,
            topology,
            core,
            core_status,
            endpoint: RefCell::default(),
            relay: RefCell::default(),
            behind: Cell::default(),
            peers: RefCell::new(vec![Peer::default(); places]),
            epoch: Cell::new(0),
            arrivals: RefCell::default(),
            connections_max: settings.connections_max,
            utilization: RefCell::default(),
            target_peer: Cell::new(None),
            unsaid: RefCell::default(),
            counters,
            events: RefCell::default(),
        })
    }

    /// The core listens: gives what its application is to use instead of the engine's exchanges.
    pub fn join(&self, exchanges: Rc<dyn Exchanges>) -> Rc<dyn Exchanges> {
        let relay = Rc::new(Relay::new(self.core, exchanges));
        self.relay.replace(Some(relay.clone()));
        relay
    }

    /// The core serves: it takes what others give it.
    pub fn open(&self) {
        self.core_status.set_open(true);
    }

    /// Where the core listens, and of these places those whose requests any core may answer; as [`Place::bit`](howth_engine::Place::bit)s.
    pub fn set_places(&self, places: u64, shared: u64) {
        self.core_status.set_places(places);
        self.shared_places.set(shared);
    }

    /// The core takes nothing of others any more.
    pub fn close(&self) {
        self.core_status.set_open(false);
    }

    /// Whether requests of others are here.
    pub fn has_remote_requests(&self) -> bool {
        self.relay
            .borrow()
            .as_ref()
            .is_some_and(|relay| relay.remote_requests() > 0)
    }

    /// Whether something has happened to requests of others that the application was not told of.
    pub fn has_news_of_remote_requests(&self) -> bool {
        self.relay
            .borrow()
            .as_ref()
            .is_some_and(|relay| relay.has_events())
    }

    /// How this core is woken.
    pub fn set_waker(&self, waker: &Waker) {
        if let Some(endpoint) = self.endpoint.borrow_mut().as_mut() {
            endpoint.set_waker(waker);
        }
    }

    /// Sends what is for the others, and says that the core is going to sleep; false: something has come.
    pub fn prepare_sleep(&self) -> bool {
        let mut endpoint = self.endpoint.borrow_mut();
        let Some(endpoint) = endpoint.as_mut() else {
            return true;
        };
        self.send(self.relay.borrow().as_deref(), endpoint);
        endpoint.prepare_sleep()
    }

    /// When this core has to look at the others again, which do not tell when they have room: in their rings, or for
    /// connections.
    pub fn retry_after(&self) -> Option<Duration> {
        let others_have_room = || self.open_peers().any(|(_, core_status)| !core_status.is_full());
        let has_waiting = !self.arrivals.borrow().is_empty();
        let is_full = self.shares_work && self.core_status.is_full();
        match () {
            () if self.has_unsent() => Some(RETRY),
            () if has_waiting && others_have_room() => Some(RETRY),
            () if has_waiting || is_full => Some(RETRY_FULL),
            () => None,
        }
    }

    /// Whether something waits for room in the ring to another core.
    fn has_unsent(&self) -> bool {
        let has_messages = |relay: &Rc<Relay>| relay.has_messages();
        !self.unsaid.borrow().is_empty()
            || self.mail.has_unsent()
            || self.relay.borrow().as_ref().is_some_and(has_messages)
    }

    /// The core does not sleep any more.
    pub fn awake(&self) {
        if let Some(endpoint) = self.endpoint.borrow_mut().as_mut() {
            endpoint.awake();
        }
    }

    /// The core calls the application.
    pub fn enter_application(&self) {
        if let Some(endpoint) = &*self.endpoint.borrow() {
            endpoint.enter_application();
        }
    }

    /// The application has returned.
    pub fn leave_application(&self) {
        if let Some(endpoint) = &*self.endpoint.borrow() {
            endpoint.leave_application();
        }
    }

    /// Takes an event of the engine; true: it is about a request that is forwarded.
    pub fn observe(&self, event: Event) -> bool {
        let relay = self.relay.borrow();
        relay
            .as_ref()
            .is_some_and(|relay| relay.forwarded() > 0 && relay.observe(event))
    }

    /// Tells the peer cores that this one leaves, so that nothing they have sent is lost; true once all have answered.
    pub fn leave(&self) -> bool {
        self.close();
        let endpoint = self.endpoint.borrow();
        if endpoint.is_none() {
            return true;
        }
        let mut has_parted = true;
        let mut unsaid = self.unsaid.borrow_mut();
        for (core, peer) in self.peers.borrow_mut().iter_mut().enumerate() {
            if core == self.core || peer.has_parted || !self.topology.mesh.is_joined(core) {
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
    pub fn depart(&self) {
        self.close();
        self.endpoint.replace(None);
    }

    /// The others that take what they are given.
    fn open_peers(&self) -> impl Iterator<Item = (usize, Arc<CoreStatus>)> {
        (0..self.topology.places()).filter_map(|core| Some((core, self.open_core_status(core)?)))
    }

    /// What a core shows of itself, if it takes what it is given.
    fn open_core_status(&self, core: usize) -> Option<Arc<CoreStatus>> {
        let core_status = self.peers.borrow()[core].open_core_status()?;
        self.topology.mesh.is_joined(core).then_some(core_status)
    }

    /// Whether a core may answer a request of this one's.
    fn may_answer(&self, relay: &Relay, id: ExchangeId, core: usize) -> bool {
        let Some(place) = relay.place(id) else {
            return false;
        };
        let core_status = self.open_core_status(core);
        self.shared_places.get() & place.bit() != 0
            && core_status.is_some_and(|core_status| core_status.is_in(place))
    }

    /// The core's end of the mesh, once it is this core's.
    fn joined<'a>(
        &self,
        endpoint: &'a mut Option<Endpoint<Note<M::Message>>>,
    ) -> Option<&'a mut Endpoint<Note<M::Message>>> {
        if endpoint.is_none() {
            let mut joined = self.topology.mesh.join(self.core)?;
            self.topology.join(self.core, &self.core_status);
            let epoch = self.topology.next_epoch();
            self.epoch.set(epoch);
            let others = (0..joined.cores()).filter(|peer| *peer != self.core);
            self.unsaid
                .borrow_mut()
                .extend(others.map(|peer| (peer, Note::Joined(epoch))));
            let core_status = self.core_status.clone();
            joined.set_interrupt(Arc::new(move || core_status.interrupt()));
            *endpoint = Some(joined);
        }
        endpoint.as_mut()
    }
}
