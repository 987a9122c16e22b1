//! The portable engine: one core's listener and connections, driven turn by turn.
//!
//! Owns the connections and decides which of them to look at. Never decodes and never encodes. Called by:
//! the runtime's root future, on a tokio current-thread runtime.

use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use howth_engine::{
    BindAddress, Counters, EngineOptions, Event, Exchanges, Handed, Handler, Listener, PeerAddress, Turn,
};

use crate::calls::Calls;
use crate::connection::{Connection, Phase};
use crate::link::Link;
use crate::receive::Scratch;
use crate::shared::Shared;
use crate::socket::{Acceptor, Socket};
use crate::timers::{Timer, Timers};
use crate::wake::{LISTENER, WakeList};

/// How many connections are accepted before the open ones have their turn.
const ACCEPTS_PER_TURN_MAX: usize = 64;
/// How long accepting rests when the process or the system is out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a connection without a request is kept while draining: a request may be on the wire already.
const DRAIN_GRACE: Duration = Duration::from_millis(500);

/// The engine of one core over Hyper and tokio.
pub struct PortableEngine {
    pub(crate) shared: Rc<Shared>,
    pub(crate) acceptor: Option<Acceptor>,
    pub(crate) accept_waker: Waker,
    /// There were `connections_max` when something was last accepted, or was to be.
    pub(crate) is_full: bool,
    /// New clients are left to other engines for now.
    pub(crate) leaves_clients: bool,
    /// New connections are given up as they are accepted.
    pub(crate) releases_new: bool,
    /// Until when accepting rests, for lack of descriptors or memory.
    rests_until: Option<Instant>,
    /// Connections that were given up and wait for whoever takes them.
    pub(crate) released: Vec<Handed>,
    address: BindAddress,
    pub(crate) connections: Vec<Option<Box<Connection>>>,
    free: Vec<u32>,
    next_serial: u64,
    /// The slot that an unassisted turn looked at last.
    pub(crate) looked_at: usize,
    timers: Timers,
    scratch: Scratch,
    /// Kept for their capacity.
    indexes: Vec<u32>,
    batch: Vec<Event>,
}

impl PortableEngine {
    /// An engine on a socket the caller has bound. Must be called inside a tokio runtime with I/O and time
    /// enabled, else it answers with an error; everything after must happen on the same runtime.
    pub fn new(listener: Listener, options: EngineOptions) -> io::Result<Self> {
        tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let acceptor = Acceptor::new(listener)?;
        let wakes = Arc::new(WakeList::default());
        let accept_waker = wakes.waker(LISTENER);
        accept_waker.wake_by_ref();
        Ok(PortableEngine {
            address: acceptor.local_address()?,
            acceptor: Some(acceptor),
            accept_waker,
            is_full: false,
            leaves_clients: false,
            releases_new: false,
            rests_until: None,
            released: Vec::new(),
            shared: Rc::new(Shared::new(options, wakes)),
            connections: Vec::new(),
            free: Vec::new(),
            next_serial: 0,
            looked_at: 0,
            timers: Timers::default(),
            scratch: Scratch::new(),
            indexes: Vec::new(),
            batch: Vec::new(),
        })
    }

    /// What the application may do with the exchanges of this engine.
    pub fn exchanges(&self) -> Rc<dyn Exchanges> {
        Rc::new(Calls::new(Rc::clone(&self.shared)))
    }

    /// Where the engine listens, or listened.
    pub fn local_address(&self) -> BindAddress {
        self.address.clone()
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        self.shared.counters()
    }

    /// One turn: reads what has arrived, hands all events to `handler` in one batch, writes what it
    /// answered. `Pending`, never [`Turn::Idle`], when nothing happened; `context` is woken when something
    /// does, be it on a socket, by time, or through a call of the application.
    pub fn poll_turn(&mut self, context: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<Turn> {
        self.shared.begin_turn();
        self.shared.wakes.set_root(context.waker());
        // Every turn is bounded by itself; tokio's budget would only cut it short in the middle.
        let turn = tokio::task::unconstrained(std::future::poll_fn(|context| self.turn(context, handler)));
        let poll = pin!(turn).poll(context);
        self.shared.end_turn();
        poll
    }

    /// Stops accepting and finishes what is in flight. A connection ends with its next response, and one
    /// without a request after half a second. The turns go on until [`Turn::Finished`].
    pub fn drain(&mut self) {
        if self.shared.draining.replace(true) {
            return;
        }
        self.shared.releases_all.set(false);
        self.shared.begin_turn();
        // Whoever has connected already may have sent a request, too.
        self.accept();
        self.acceptor = None;
        self.shared
            .drain_until
            .set(Some(self.shared.now.get() + DRAIN_GRACE));
        for index in 0..self.connections.len() as u32 {
            self.settle(index);
        }
        self.shared.end_turn();
        self.shared.wakes.wake_root();
    }

    /// Ends everything at once: the listener and all connections are closed, those included that were given up and not
    /// taken; exchanges are aborted with the next turn.
    pub fn abort(&mut self) {
        self.shared.draining.set(true);
        self.shared.releases_all.set(false);
        self.acceptor = None;
        // Nobody is waited for who would take them.
        self.released.clear();
        for index in 0..self.connections.len() as u32 {
            let shared = Rc::clone(&self.shared);
            if let Some(connection) = self.connection(index) {
                connection.abort(&shared);
                self.settle(index);
            }
        }
        self.shared.wakes.wake_root();
    }

    fn turn(&mut self, context: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<Turn> {
        let mut worked = self.poll_timers(context);
        worked |= self.poll_woken();
        worked |= self.hand_over(handler);
        worked |= self.poll_kicked();
        if worked {
            self.shared.count(|counters| counters.turns += 1);
            return Poll::Ready(Turn::Worked);
        }
        let is_over = self.is_stopping() && self.open_count() == 0 && self.released.is_empty();
        if is_over {
            Poll::Ready(Turn::Finished)
        } else {
            Poll::Pending
        }
    }

    fn poll_timers(&mut self, context: &mut Context<'_>) -> bool {
        let mut worked = false;
        let is_unassisted = self.shared.is_unassisted.get();
        // Without the reactor nobody knows of the time but the clock.
        while is_unassisted || self.timers.poll_due(context).is_ready() {
            let now = Instant::now();
            let Some(timer) = self.timers.pop_due(now) else {
                if is_unassisted {
                    break;
                }
                // Not yet by our clock: look again with the next turn.
                context.waker().wake_by_ref();
                break;
            };
            worked = true;
            if timer.index == LISTENER {
                self.accept_waker.wake_by_ref();
            } else {
                self.expire(timer, now);
            }
        }
        worked
    }

    fn expire(&mut self, timer: Timer, now: Instant) {
        let shared = Rc::clone(&self.shared);
        let Some(connection) = self.connection(timer.index) else {
            return;
        };
        if connection.serial != timer.serial || connection.timer_at != Some(timer.at) {
            return;
        }
        connection.timer_at = None;
        connection.expire(&shared, now);
        self.settle(timer.index);
    }

    fn poll_woken(&mut self) -> bool {
        let mut indexes = std::mem::take(&mut self.indexes);
        self.shared.wakes.take(&mut indexes);
        let worked = !indexes.is_empty();
        for index in indexes.drain(..) {
            if index == LISTENER {
                self.accept();
            } else {
                self.receive(index);
            }
        }
        self.indexes = indexes;
        worked
    }

    fn hand_over(&mut self, handler: &mut dyn Handler) -> bool {
        std::mem::swap(&mut *self.shared.events.borrow_mut(), &mut self.batch);
        if self.batch.is_empty() {
            return false;
        }
        handler.on_batch(&self.batch);
        self.batch.clear();
        true
    }

    fn poll_kicked(&mut self) -> bool {
        let mut indexes = std::mem::take(&mut self.indexes);
        self.shared.take_kicked(&mut indexes);
        let worked = !indexes.is_empty();
        for index in indexes.drain(..) {
            let shared = Rc::clone(&self.shared);
            let Some(connection) = self.connection(index) else {
                continue;
            };
            connection.link.clear_kick();
            connection.pump(&shared);
            if connection.can_resume(&shared) {
                self.receive(index);
            } else {
                self.settle(index);
            }
        }
        self.indexes = indexes;
        worked
    }

    pub(crate) fn accept(&mut self) {
        // Whoever asks meanwhile would only make another timer.
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.rests_until = None;
        for _ in 0..ACCEPTS_PER_TURN_MAX {
            let Some(acceptor) = self.acceptor.as_ref().filter(|_| !self.leaves_clients) else {
                return;
            };
            self.is_full = self.open_count() >= self.shared.options.connections_max as usize;
            if self.is_full && (!self.releases_new || self.is_stopping()) {
                return;
            }
            let mut poll = acceptor.poll_accept(&mut Context::from_waker(&self.accept_waker));
            if poll.is_pending() && self.shared.is_unassisted.get() {
                poll = acceptor.accept_now();
            }
            match poll {
                Poll::Pending => return,
                Poll::Ready(Ok((socket, peer))) => {
                    self.shared.count(|counters| counters.accepted += 1);
                    if self.releases_new && !self.is_stopping() {
                        self.pass_on(socket, false);
                    } else {
                        let connection = self.open(socket, peer);
                        self.receive(connection);
                    }
                }
                Poll::Ready(Err(error)) if is_of_one_connection(&error) => {}
                Poll::Ready(Err(_)) => {
                    let at = Instant::now() + ACCEPT_PAUSE;
                    self.rests_until = Some(at);
                    self.timers.insert(Timer {
                        at,
                        index: LISTENER,
                        serial: 0,
                    });
                    return;
                }
            }
        }
        self.accept_waker.wake_by_ref();
    }

    /// A new connection; gives its index.
    pub(crate) fn open(&mut self, socket: Socket, peer: PeerAddress) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() as u32 - 1
        });
        let now = self.shared.now.get();
        let link = Link::new(index, self.shared.wakes.waker(index), socket, peer, now);
        let connection = Connection::new(link, self.next_serial, now);
        self.next_serial += 1;
        self.connections[index as usize] = Some(Box::new(connection));
        self.shared.count(|counters| counters.connections += 1);
        index
    }

    pub(crate) fn receive(&mut self, index: u32) {
        let Some(connection) = self.connections.get_mut(index as usize).and_then(Option::as_mut) else {
            return;
        };
        connection.receive(&self.shared, &mut self.scratch);
        self.settle(index);
    }

    /// Drops a connection that is over; otherwise sees to its timer.
    pub(crate) fn settle(&mut self, index: u32) {
        let Some(connection) = self.connections.get_mut(index as usize).and_then(Option::as_mut) else {
            return;
        };
        if connection.phase == Phase::Closed {
            return self.drop_connection(index);
        }
        if self.shared.releases_all.get() && connection.may_leave() {
            return self.release(index);
        }
        let Some(at) = connection.next_deadline(&self.shared) else {
            return;
        };
        if connection.timer_at.is_none_or(|timer_at| at < timer_at) {
            connection.timer_at = Some(at);
            self.timers.insert(Timer {
                at,
                index,
                serial: connection.serial,
            });
        }
    }

    pub(crate) fn drop_connection(&mut self, index: u32) {
        self.connections[index as usize] = None;
        self.free.push(index);
        self.shared.count(|counters| counters.connections -= 1);
        if self.is_full {
            self.accept_waker.wake_by_ref();
        }
    }

    /// Whether the engine accepts no more, and ends when it has no connection left.
    pub(crate) fn is_stopping(&self) -> bool {
        self.shared.draining.get() || self.shared.releases_all.get()
    }

    pub(crate) fn open_count(&self) -> usize {
        self.connections.len() - self.free.len()
    }

    pub(crate) fn connection(&mut self, index: u32) -> Option<&mut Connection> {
        self.connections.get_mut(index as usize)?.as_deref_mut()
    }
}

/// Errors of `accept` that concern only the connection that would have been accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, PermissionDenied, TimedOut};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | PermissionDenied | TimedOut
    )
}
