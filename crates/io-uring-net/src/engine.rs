//! The engine of one core: the loop's one turn, and the state it works on.
//!
//! Owns the order of a turn. A turn is: settle what the application changed since the last one, enter the kernel once
//! (submit and, if told, wait), reap every completion, hand all events to the handler in one batch, settle again.
//! Called by: the runtime's core loop; never calls it back other than through [`Handler`].

mod accept;
mod doorbell;
mod drain;
mod files;
mod hand_over;
mod link;
mod receive;
mod rest;
mod send;
mod settle;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use howth_connection::{Connections, Driver, Handshakes, Shared};
use howth_engine::{
    Counters, EngineOptions, Event, Exchanges, Handed, Handler, ListenerId, Place, TlsServer,
};

use crate::kernel::{Completion, Kernel, Socket};
use crate::ring::Ring;
use accept::Acceptor;
use doorbell::Polling;
use howth_ring::GENERATION_MASK;
use howth_ring::RingOptions;
use link::{Ending, Link, Sockets};

pub use crate::kernel::Wait;
pub use howth_engine::{Listener, Turn};

/// Completions worked on in one turn; the rest waits for the next one, so that a flood of receives cannot
/// keep accepts and responses waiting.
const COMPLETIONS_PER_TURN_MAX: usize = 4096;

/// The engine of one core. Not `Send`: it stays on the thread that made it.
#[derive(Debug)]
pub struct RingEngine<K: Kernel = Ring> {
    shared: Rc<Shared<Core<K>>>,
    events: Vec<Event>,
}

impl RingEngine<Ring> {
    /// An engine that serves the connections of all `listeners`.
    ///
    /// # Errors
    /// What setting up the ring says; [`probe`](crate::probe) explains such errors.
    pub fn new(listeners: Vec<Listener>, options: EngineOptions) -> io::Result<Self> {
        let mut engine = RingEngine::with_kernel(Ring::new(Vec::new(), RingOptions::default())?, options);
        for listener in listeners {
            engine.listen(listener)?;
        }
        Ok(engine)
    }

    /// A descriptor that is readable when something completed since [`before_park`](Self::before_park).
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub fn readiness(&self) -> io::Result<OwnedFd> {
        self.shared.0.borrow().kernel.readiness()
    }

    /// Ends the wait of a turn, or makes the next one wait for nothing, when any thread uses it; a storm of such makes
    /// one turn. A core that is parked is woken as by a completion. Outlives the engine, and then does nothing.
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub fn waker(&mut self) -> io::Result<Waker> {
        self.hear_doorbell();
        self.shared.0.borrow_mut().kernel.waker()
    }

    /// Makes the descriptor of [`readiness`](Self::readiness) readable when something completes from now on, for a thread that is
    /// about to sleep in another poller. Take one more turn before sleeping: what completed before is not
    /// told.
    pub fn before_park(&mut self) {
        self.shared.0.borrow_mut().kernel.switch_readiness_on();
    }

    /// Undoes [`before_park`](Self::before_park): an awake core pays for no signals.
    pub fn after_park(&mut self) {
        self.shared.0.borrow_mut().kernel.switch_readiness_off();
    }
}

impl<K: Kernel> RingEngine<K> {
    /// An engine over any kernel.
    pub fn with_kernel(kernel: K, options: EngineOptions) -> Self {
        let core = Core::new(kernel, options);
        RingEngine {
            shared: Rc::new(Shared(RefCell::new(core))),
            events: Vec::new(),
        }
    }
}

impl<K: Kernel + 'static> RingEngine<K> {
    /// The application's side of the seam.
    pub fn exchanges(&self) -> Rc<dyn Exchanges> {
        self.shared.clone()
    }

    /// One turn.
    ///
    /// # Errors
    /// The ring is unusable; a turn that was interrupted or found the queue full is no error.
    pub fn turn(&mut self, wait: Wait, handler: &mut dyn Handler) -> io::Result<Turn> {
        let worked = self.shared.0.borrow_mut().turn(wait, &mut self.events)?;
        if !self.events.is_empty() {
            handler.on_batch(&self.events);
            self.events.clear();
            self.shared.0.borrow_mut().settle_all();
            return Ok(Turn::Worked);
        }
        let core = self.shared.0.borrow();
        Ok(match () {
            () if core.is_finished() => Turn::Finished,
            () if worked || core.connections.has_work() || core.handshakes.are_waiting() => Turn::Worked,
            () => Turn::Idle,
        })
    }

    /// Polls the kernel's doorbell from the next turn on: whoever rings it ends the wait of a turn. [`waker`](Self::waker)
    /// asks for it on a real ring.
    pub fn hear_doorbell(&mut self) {
        self.shared.0.borrow_mut().want_doorbell();
    }

    /// How long nothing will be due, as far as the engine's own deadlines go.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.shared.0.borrow().next_deadline()
    }

    /// Stops accepting and lets requests in flight finish. Every response from now on closes its connection;
    /// idle connections are closed after a short grace, so that a request that is on the wire already is
    /// still answered.
    pub fn drain(&mut self) {
        self.shared.0.borrow_mut().drain();
    }

    /// Breaks every connection off, those included that were given up and not taken.
    pub fn abort(&mut self) {
        self.shared.0.borrow_mut().abort();
    }

    /// Accepts, or leaves new clients in the kernel's backlog. To begin again looks into the backlog as well, where a
    /// client may wait of whom only another engine on the same socket was told.
    pub fn set_accepting(&mut self, accepts: bool) {
        self.shared.0.borrow_mut().set_accepting(accepts);
    }

    /// Whether a listening socket is open here: a stop takes a turn or two to close it.
    pub fn is_listening(&self) -> bool {
        self.shared.0.borrow().is_listening()
    }

    /// Gives new connections up as they are accepted, also while there are as many as there may be; or serves them. An
    /// engine that stops serves those that still come.
    pub fn release_new(&mut self, releases: bool) {
        self.shared.0.borrow_mut().releases_new = releases;
    }

    /// Gives up as many connections as `count` says, or as are idle; one that gets a request first stays.
    /// [`take_released`](Self::take_released) has them after one of the next turns.
    pub fn release_idle(&mut self, count: usize) {
        self.shared.0.borrow_mut().release_idle(count);
    }

    /// Stops accepting, like [`drain`](Self::drain), but gives every connection up as soon as it is idle instead of closing
    /// it. The turns go on until [`Turn::Finished`], which waits for [`take_released`](Self::take_released).
    pub fn release_all(&mut self) {
        self.shared.0.borrow_mut().connections.release_all();
    }

    /// The connections that were given up since the last call.
    pub fn take_released(&mut self) -> Vec<Handed> {
        std::mem::take(&mut self.shared.0.borrow_mut().released)
    }

    /// Goes on with a connection that another engine gave up; its deadlines begin anew.
    ///
    /// # Errors
    /// The connection comes back where there are as many as there may be.
    pub fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        self.shared.0.borrow_mut().adopt(handed)
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        let core = self.shared.0.borrow();
        Counters {
            connections: core.connections.len() as u64,
            completions_overflowed: core.kernel.overflows(),
            ..core.connections.counters
        }
    }
}

/// The kernel and the connections. Split, so that received bytes can be borrowed from the one while the other
/// changes.
#[derive(Debug)]
struct Core<K: Kernel> {
    kernel: K,
    connections: Connections<Link>,
    /// The listening sockets.
    acceptors: Vec<Acceptor>,
    /// What seals the connections of each listener.
    tls: Vec<Option<Arc<dyn TlsServer>>>,
    handshakes: Handshakes,
    doorbell: Polling,
    /// Connections that were given up and wait for whoever takes them.
    released: Vec<Handed>,
    /// New clients are left to other engines for now.
    leaves_clients: bool,
    /// New connections are given up as they are accepted.
    releases_new: bool,
    /// Listeners of which nobody is served any more, who is still accepted neither.
    aborted: Vec<u32>,
    /// Connections that were accepted before the accept could be cancelled, and wait for room.
    waiting: VecDeque<(u32, Socket)>,
    /// The last crowded turn whose memory was not freed yet.
    crowded_at_ms: Option<u64>,
}

impl<K: Kernel> Core<K> {
    fn new(kernel: K, options: EngineOptions) -> Self {
        let listeners = kernel.listeners();
        let (now_ms, wall) = (kernel.now_ms(), kernel.wall_clock());
        let connections = Connections::new(options, now_ms, wall, GENERATION_MASK);
        let mut core = Core {
            kernel,
            connections,
            acceptors: Vec::new(),
            tls: Vec::new(),
            handshakes: Handshakes::default(),
            doorbell: Polling::default(),
            released: Vec::new(),
            leaves_clients: false,
            releases_new: false,
            aborted: Vec::new(),
            waiting: VecDeque::new(),
            crowded_at_ms: None,
        };
        for listener in 0..listeners as u32 {
            core.add_listener_of_kernel(ListenerId(listener), Place(listener));
        }
        core
    }

    fn turn(&mut self, wait: Wait, events: &mut Vec<Event>) -> io::Result<bool> {
        if self.connections.has_work() {
            // The application may have taken its time since the last turn: what it wants counts from now.
            self.read_clock();
        }
        self.connections.begin_turn();
        self.connections.go_on_with_handshakes(&mut self.handshakes);
        self.settle_all();
        self.settle_accepting();
        self.settle_doorbell();
        let goes_on = self.connections.has_work() || self.handshakes.are_waiting();
        let wait = match goes_on {
            true => Wait::Not,
            false => wait,
        };
        self.kernel.enter(wait)?;
        self.read_clock();
        let mut reaped = 0;
        while reaped < COMPLETIONS_PER_TURN_MAX {
            let Some(completion) = self.kernel.reap() else {
                break;
            };
            self.complete(completion);
            reaped += 1;
        }
        let has_ended = self.connections.end_idle() | self.connections.expire(&Sockets(&mut self.kernel));
        self.settle_all();
        self.rest(reaped);
        self.connections.take_events(events);
        self.connections.counters.turns += u64::from(reaped > 0);
        Ok(reaped > 0 || has_ended)
    }

    fn read_clock(&mut self) {
        let kernel = &self.kernel;
        self.connections
            .set_clock(kernel.now_ms(), || kernel.wall_clock());
    }

    fn next_deadline(&self) -> Option<Duration> {
        let moments = [
            self.connections.next_deadline_ms(),
            self.accept_retry_ms(),
            self.rests_at_ms(),
        ];
        let at_ms = moments.into_iter().flatten().min()?;
        Some(Duration::from_millis(at_ms.saturating_sub(self.kernel.now_ms())))
    }

    fn complete(&mut self, completion: Completion) {
        match completion {
            Completion::Accepted { token, result, more } => self.accepted(token, result, more),
            Completion::Received { token, result, more } => self.received(token, result, more),
            Completion::Readable { token } => self.readable(token),
            Completion::Writable { token } => self.writable(token),
            Completion::FileRead { token, result } => self.file_was_read(token, result),
            Completion::Sent {
                token,
                result,
                outgoing,
            } => self.sent(token, result, outgoing),
            Completion::Rung { more } => self.rung(more),
            Completion::Done { token } => self.done(token),
        }
    }

    fn is_finished(&self) -> bool {
        self.connections.is_stopping()
            && !self.is_listening()
            && self.connections.is_empty()
            && self.released.is_empty()
            && self.waiting.is_empty()
    }
}

impl<K: Kernel> Drop for Core<K> {
    /// An engine that ends in the middle, because its core ends, leaves no connection open.
    fn drop(&mut self) {
        self.end_accepting();
        self.discard_waiting(None);
        for index in self.connections.slots() {
            let link = self.connections.link_mut(index);
            let is_closing = link.ending >= Ending::Closing;
            if let Some(socket) = link.socket.take().filter(|_| !is_closing) {
                self.kernel.discard(socket);
            }
        }
    }
}

impl<K: Kernel> Driver for Core<K> {
    type Link = Link;
    type Transport<'a>
        = Sockets<'a, K>
    where
        K: 'a;

    fn connections(&self) -> &Connections<Link> {
        &self.connections
    }

    fn parts(&mut self) -> (Sockets<'_, K>, &mut Connections<Link>) {
        (Sockets(&mut self.kernel), &mut self.connections)
    }
}
