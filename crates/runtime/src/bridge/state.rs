//! What the ops of one isolate work on.

use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::v8;
use howth_engine::{ExchangeId, Exchanges, Handed, ListenerId};
use howth_javascript::server::reach;
use howth_relay::is_remote;
use howth_scheduling::Counters;
use howth_sockets::Sockets;
use howth_supervision::{Address, ListenError};

use super::before::Before;
use super::encoded_ops::facts;
use super::head_text;
use super::openings::{Opener, Source};
use super::servers::Server;
use super::uncaught::Exceptions;
use crate::server_timing::ServerTiming;

/// As many connections that were handed over wait for room in the engine, at most: as in the backlog of a listener.
const HANDED_MAX: usize = 4096;

/// What all cores have counted, and which of them this one is.
#[derive(Clone)]
pub(crate) struct Numbers {
    pub(crate) core: usize,
    pub(crate) counters: Arc<[Arc<Counters>]>,
}

/// What JavaScript's `server.stop()` asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopOrder {
    /// Take no new connections.
    Accepting,
    /// Finish what is in flight.
    Drain,
    /// Break everything off.
    Abort,
}

/// Which cores a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of them.
    EveryCore,
    /// The one that it listens on.
    ThisCore,
    /// One, unless several were asked for. The program says itself where it listens.
    AsAsked,
}

impl From<u32> for Reach {
    fn from(number: u32) -> Self {
        match number {
            reach::THIS_CORE => Reach::ThisCore,
            reach::AS_ASKED => Reach::AsAsked,
            _ => Reach::EveryCore,
        }
    }
}

/// The state behind the ops; the application and the core's loop hold clones.
#[derive(Clone)]
pub(crate) struct Bridge(Rc<Inner>);

struct Inner {
    opener: Box<dyn Opener>,
    numbers: Numbers,
    exchanges: RefCell<Option<Rc<dyn Exchanges>>>,
    servers: RefCell<Vec<Server>>,
    /// Bytes of the buffers that JavaScript was given.
    given_bytes: Cell<usize>,
    /// The WebSockets.
    sockets: RefCell<Sockets>,
    /// Where small messages of theirs cross.
    pool: RefCell<Option<v8::SharedRef<v8::BackingStore>>>,
    /// By slot: the generation, plus one, that JavaScript wants to hear of.
    watched: RefCell<Vec<u32>>,
    dispatch: RefCell<Option<v8::Global<v8::Function>>>,
    batch: RefCell<Option<v8::SharedRef<v8::BackingStore>>>,
    stops: RefCell<VecDeque<(ListenerId, StopOrder)>>,
    /// The isolate's event loop counts the server as work.
    holds: Cell<bool>,
    /// The last server that has ended kept the process from ending, as its last connections do.
    has_kept_alive: Cell<bool>,
    /// Connections that the program has handed over, until the engine has room for them.
    handed: RefCell<VecDeque<Handed>>,
    /// What requests meet before the program.
    before: OnceCell<Before>,
    /// Where responses say how long they took.
    timing: OnceCell<Rc<ServerTiming>>,
    /// What follows an exception that nothing catches; an isolate that is no core's has none.
    exceptions: OnceCell<Exceptions>,
}

impl Bridge {
    pub(crate) fn new(opener: Box<dyn Opener>, numbers: Numbers) -> Self {
        Bridge(Rc::new(Inner {
            opener,
            numbers,
            exchanges: RefCell::default(),
            servers: RefCell::default(),
            given_bytes: Cell::new(0),
            sockets: RefCell::default(),
            pool: RefCell::default(),
            watched: RefCell::default(),
            dispatch: RefCell::default(),
            batch: RefCell::default(),
            stops: RefCell::default(),
            holds: Cell::new(false),
            has_kept_alive: Cell::new(true),
            handed: RefCell::default(),
            before: OnceCell::new(),
            timing: OnceCell::new(),
            exceptions: OnceCell::new(),
        }))
    }

    /// Has requests meet this before the program.
    pub(crate) fn set_before(&self, before: Before) {
        // A core has it from its start on.
        let _ = self.0.before.set(before);
    }

    /// Has responses say how long they took.
    pub(crate) fn set_timing(&self, timing: Rc<ServerTiming>) {
        // A core has it from its start on.
        let _ = self.0.timing.set(timing);
    }

    /// Where it is noted that JavaScript is given a request.
    pub(super) fn timing(&self) -> Option<&ServerTiming> {
        self.0.timing.get().map(|timing| &**timing)
    }

    pub(super) fn before(&self) -> Option<&Before> {
        self.0.before.get().filter(|before| !before.is_empty())
    }

    pub(super) fn numbers(&self) -> &Numbers {
        &self.0.numbers
    }

    pub(super) fn connect(&self, dispatch: v8::Global<v8::Function>, batch: v8::SharedRef<v8::BackingStore>) {
        self.0.dispatch.replace(Some(dispatch));
        self.0.batch.replace(Some(batch));
    }

    /// JavaScript's dispatch function and the memory of its batch.
    pub(super) fn connected(&self) -> Option<(v8::Global<v8::Function>, v8::SharedRef<v8::BackingStore>)> {
        Some((self.0.dispatch.borrow().clone()?, self.0.batch.borrow().clone()?))
    }

    /// Has the engine listen, for a server that is for the cores of `reach`.
    pub(super) fn serve(
        &self,
        source: Source<'_>,
        reach: Reach,
    ) -> Result<(ListenerId, Address), ListenError> {
        let mut opening = self.0.opener.open(source)?;
        if let Some(exchanges) = opening.exchanges.take() {
            self.0.exchanges.replace(Some(exchanges));
        }
        self.0.servers.borrow_mut().push(Server::new(&opening, reach));
        Ok((opening.listener, opening.address))
    }

    /// Who opens its listeners.
    pub(super) fn opener(&self) -> &dyn Opener {
        &*self.0.opener
    }

    /// All servers that have not ended.
    pub(super) fn servers(&self) -> RefMut<'_, Vec<Server>> {
        self.0.servers.borrow_mut()
    }

    /// Hands a connection over to the engine. False: it ends, since as many wait already as there may be.
    pub(super) fn hand_over(&self, handed: Handed) -> bool {
        let mut waiting = self.0.handed.borrow_mut();
        let has_room = waiting.len() < HANDED_MAX;
        if has_room {
            waiting.push_back(handed);
        }
        has_room
    }

    /// Connections that wait for room in the engine.
    pub(crate) fn handed(&self) -> RefMut<'_, VecDeque<Handed>> {
        self.0.handed.borrow_mut()
    }

    /// Whether the program serves, and its servers have not ended.
    pub(crate) fn serves(&self) -> bool {
        !self.0.servers.borrow().is_empty()
    }

    /// A server has ended.
    pub(super) fn note_stopped(&self, listener: ListenerId) {
        if let Some(place) = self.place(listener) {
            self.0
                .handed
                .borrow_mut()
                .retain(|handed| handed.place() != place);
        }
        self.0.servers.borrow_mut().retain(|server| {
            let has_ended = server.listener == listener;
            if has_ended {
                self.0.has_kept_alive.set(server.keeps_alive);
            }
            !has_ended
        });
        self.sockets().stay(listener);
    }

    /// Has exceptions that nothing catches do what the options say.
    pub(crate) fn set_exceptions(&self, exceptions: Exceptions) {
        // A core has one.
        let _ = self.0.exceptions.set(exceptions);
    }

    /// What follows an exception that nothing catches.
    pub(crate) fn exceptions(&self) -> Option<&Exceptions> {
        self.0.exceptions.get()
    }

    /// Runs `ask` on the engine; `None` before JavaScript listens.
    pub(crate) fn with<R>(&self, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R> {
        self.0.exchanges.borrow().as_deref().map(ask)
    }

    /// Writes what a request of a listener said over `text`; `None` when the exchange is over.
    pub(super) fn write_head(
        &self,
        id: ExchangeId,
        listener: ListenerId,
        text: &mut Vec<u8>,
    ) -> Option<head_text::Said> {
        let servers = self.0.servers.borrow();
        let server = servers.iter().find(|server| server.listener == listener)?;
        self.with(|exchanges| {
            if server.encodes {
                let connection = exchanges.connection(id)?;
                let head = exchanges.head(id)?;
                return Some(head_text::Said {
                    connection: (connection.index, connection.generation),
                    facts: facts(&head),
                    ..head_text::write_raw(text, &head)
                });
            }
            // Nothing else is asked while the head is read.
            let is_secure = server.may_be_secure && exchanges.is_secure(id);
            let head = exchanges.head(id)?;
            Some(head_text::write(text, &head, &server.authority, is_secure))
        })
        .flatten()
    }

    /// The WebSockets.
    pub(super) fn sockets(&self) -> RefMut<'_, Sockets> {
        self.0.sockets.borrow_mut()
    }

    /// Where small messages cross.
    pub(super) fn pool(&self) -> RefMut<'_, Option<v8::SharedRef<v8::BackingStore>>> {
        self.0.pool.borrow_mut()
    }

    /// Notes that JavaScript was given a buffer of so many bytes.
    pub(super) fn note_given(&self, bytes: usize) {
        self.0
            .given_bytes
            .set(self.0.given_bytes.get().saturating_add(bytes));
    }

    /// Whether JavaScript was given buffers of `bytes_max` bytes or more since this was last true.
    pub(super) fn was_given(&self, bytes_max: usize) -> bool {
        let is_much = self.0.given_bytes.get() >= bytes_max;
        if is_much {
            self.0.given_bytes.set(0);
        }
        is_much
    }

    /// Whether JavaScript wants to be given what any requests say.
    pub(super) fn takes_texts(&self) -> bool {
        let servers = self.0.servers.borrow();
        servers
            .iter()
            .any(|server| server.takes_texts || server.table.takes_requests())
    }

    /// Remembers that JavaScript wants to hear what happens to the exchange.
    pub(super) fn watch(&self, id: ExchangeId) {
        if is_remote(id) {
            return;
        }
        let mut watched = self.0.watched.borrow_mut();
        let slot = id.index as usize;
        if watched.len() <= slot {
            watched.resize(slot + 1, 0);
        }
        watched[slot] = id.generation + 1;
    }

    /// Requests of other cores are few, and their numbers too large for a list.
    pub(super) fn is_watched(&self, id: ExchangeId) -> bool {
        is_remote(id) || self.0.watched.borrow().get(id.index as usize) == Some(&(id.generation + 1))
    }

    /// All exchanges whose response was not begun.
    pub(crate) fn owed(&self) -> Vec<ExchangeId> {
        self.with(|exchanges| exchanges.owed()).unwrap_or_default()
    }

    pub(super) fn order_stop(&self, listener: ListenerId, order: StopOrder) {
        self.0.opener.note_closing(listener);
        self.0.stops.borrow_mut().push_back((listener, order));
    }

    /// Notes whether the isolate's event loop counts the server as work; returns what was noted before.
    pub(super) fn replace_hold(&self, holds: bool) -> bool {
        self.0.holds.replace(holds)
    }

    /// Whether the last server kept the process from ending.
    pub(super) fn has_kept_alive(&self) -> bool {
        self.0.has_kept_alive.get()
    }

    /// The next that `stop()` of a server has asked for.
    pub(crate) fn take_stop_order(&self) -> Option<(ListenerId, StopOrder)> {
        self.0.stops.borrow_mut().pop_front()
    }

    /// Whether [`take_stop_order`](Self::take_stop_order) has one.
    pub(crate) fn has_stop_order(&self) -> bool {
        !self.0.stops.borrow().is_empty()
    }

    /// Lets go of everything that belongs to the isolate and the engine, before they are dropped.
    pub(crate) fn disconnect(&self) {
        self.0.dispatch.replace(None);
        self.0.batch.replace(None);
        self.0.pool.replace(None);
        self.0.exchanges.replace(None);
    }
}
