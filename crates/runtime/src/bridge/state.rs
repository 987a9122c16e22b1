//! What the ops of one isolate work on.

use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::v8;
use howth_engine::{Event, ExchangeId, Exchanges};
use howth_relay::is_remote;
use howth_scheduling::{Application, Counters};
use howth_supervision::{Address, ListenError, Wanted};

use super::fixed_routes::FixedRoutes;
use super::head_text::{self, Lengths};
use super::uncaught::Exceptions;

/// Makes the engine when JavaScript wants to listen.
pub(crate) type Opener = Box<dyn Fn(&Wanted) -> Result<(Rc<dyn Exchanges>, Address), ListenError>>;

/// What all cores have counted, and which of them this one is.
#[derive(Clone)]
pub(crate) struct Numbers {
    pub(crate) core: usize,
    pub(crate) counters: Arc<[Arc<Counters>]>,
}

/// What JavaScript's `server.stop()` asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopOrder {
    /// Finish what is in flight.
    Drain,
    /// Break everything off.
    Abort,
}

/// The state behind the ops; the application and the core's loop hold clones.
#[derive(Clone)]
pub(crate) struct Bridge(Rc<Inner>);

struct Inner {
    opener: Opener,
    numbers: Numbers,
    exchanges: RefCell<Option<Rc<dyn Exchanges>>>,
    /// For request URLs without a host of their own.
    authority: RefCell<String>,
    fixed_routes: RefCell<FixedRoutes>,
    /// Bytes of the buffers that JavaScript was given.
    given_bytes: Cell<usize>,
    /// The server is that of this core alone.
    is_local: Cell<bool>,
    /// Handlers take a request.
    takes_texts: Cell<bool>,
    /// They take several.
    serves_batches: Cell<bool>,
    /// So many requests JavaScript is given at once, at most.
    slice_max: Cell<NonZeroUsize>,
    /// By slot: the generation, plus one, that JavaScript wants to hear of.
    watched: RefCell<Vec<u32>>,
    dispatch: RefCell<Option<v8::Global<v8::Function>>>,
    batch: RefCell<Option<v8::SharedRef<v8::BackingStore>>>,
    stop: Cell<Option<StopOrder>>,
    /// The isolate's event loop counts the server as work.
    holds: Cell<bool>,
    /// The server keeps the process from ending.
    keeps_alive: Cell<bool>,
    /// The program listens, and its server has not ended.
    serves: Cell<bool>,
    /// What follows an exception that nothing catches; an isolate that is no core's has none.
    exceptions: OnceCell<Exceptions>,
}

impl Bridge {
    pub(crate) fn new(opener: Opener, numbers: Numbers) -> Self {
        Bridge(Rc::new(Inner {
            opener,
            numbers,
            exchanges: RefCell::default(),
            authority: RefCell::default(),
            fixed_routes: RefCell::default(),
            given_bytes: Cell::new(0),
            is_local: Cell::new(false),
            takes_texts: Cell::new(true),
            serves_batches: Cell::new(false),
            slice_max: Cell::new(NonZeroUsize::MAX),
            watched: RefCell::default(),
            dispatch: RefCell::default(),
            batch: RefCell::default(),
            stop: Cell::new(None),
            holds: Cell::new(false),
            keeps_alive: Cell::new(true),
            serves: Cell::new(false),
            exceptions: OnceCell::new(),
        }))
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

    pub(super) fn listen(&self, wanted: &Wanted) -> Result<Address, ListenError> {
        let (exchanges, address) = (self.0.opener)(wanted)?;
        let authority = address.authority();
        let serialized = howth_http1::serialize_authority(&authority);
        self.0.authority.replace(serialized.unwrap_or(authority));
        self.0.exchanges.replace(Some(exchanges));
        self.0.serves.set(true);
        Ok(address)
    }

    /// Whether the program listens, and its server has not ended.
    pub(crate) fn serves(&self) -> bool {
        self.0.serves.get()
    }

    /// The server has ended.
    pub(super) fn note_stopped(&self) {
        self.0.serves.set(false);
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
        let exchanges = self.0.exchanges.borrow();
        exchanges.as_deref().map(ask)
    }

    /// Writes what the request said over `text`; `None` when the exchange is over.
    pub(super) fn write_head(&self, id: ExchangeId, text: &mut Vec<u8>) -> Option<Lengths> {
        let authority = self.0.authority.borrow();
        self.with(|exchanges| {
            let head = exchanges.head(id)?;
            Some(head_text::write(text, &head, &authority))
        })
        .flatten()
    }

    pub(super) fn fixed_routes(&self) -> RefMut<'_, FixedRoutes> {
        self.0.fixed_routes.borrow_mut()
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

    pub(super) fn set_local(&self, is_local: bool) {
        self.0.is_local.set(is_local);
    }

    /// Whether the server is that of this core alone.
    pub(crate) fn is_local(&self) -> bool {
        self.0.is_local.get()
    }

    pub(super) fn set_handlers(&self, takes_texts: bool, serves_batches: bool, slice_max: NonZeroUsize) {
        self.0.takes_texts.set(takes_texts);
        self.0.serves_batches.set(serves_batches);
        self.0.slice_max.set(slice_max);
    }

    /// Whether JavaScript wants to be given what requests say.
    pub(super) fn takes_texts(&self) -> bool {
        self.0.takes_texts.get()
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

    /// Whether handlers are given several requests at once.
    pub(crate) fn serves_batches(&self) -> bool {
        self.0.serves_batches.get()
    }

    pub(super) fn order_stop(&self, order: StopOrder) {
        self.0.stop.set(Some(order));
    }

    /// Notes whether the isolate's event loop counts the server as work; returns what was noted before.
    pub(super) fn replace_hold(&self, holds: bool) -> bool {
        self.0.holds.replace(holds)
    }

    pub(super) fn set_keeps_alive(&self, keeps: bool) {
        self.0.keeps_alive.set(keeps);
    }

    pub(super) fn keeps_alive(&self) -> bool {
        self.0.keeps_alive.get()
    }

    /// What `server.stop()` asked for since the last look.
    pub(crate) fn take_stop_order(&self) -> Option<StopOrder> {
        self.0.stop.take()
    }

    /// Whether [`take_stop_order`](Self::take_stop_order) has one.
    pub(crate) fn has_stop_order(&self) -> bool {
        self.0.stop.get().is_some()
    }

    /// Lets go of everything that belongs to the isolate and the engine, before they are dropped.
    pub(crate) fn disconnect(&self) {
        self.0.dispatch.replace(None);
        self.0.batch.replace(None);
        self.0.exchanges.replace(None);
    }
}

impl Application for Bridge {
    fn with_exchanges<R>(&self, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R> {
        self.with(ask)
    }

    fn has_fixed_routes(&self) -> bool {
        !self.0.fixed_routes.borrow().is_empty()
    }

    fn answer(&self, id: ExchangeId) -> bool {
        let routes = self.0.fixed_routes.borrow();
        let answered = self.with(|exchanges| {
            let response = routes.find(&*exchanges.head(id)?)?;
            response.send(exchanges, id);
            Some(())
        });
        answered.flatten().is_some()
    }

    fn is_wanted(&self, event: Event) -> bool {
        match event {
            // Whether somebody listens for a client's leaving is known after its request was handled, which may stand
            // in the same batch.
            Event::Request(_) | Event::Disconnected(_) => true,
            other => self.is_watched(other.exchange()),
        }
    }

    fn slice_max(&self) -> usize {
        self.0.slice_max.get().get()
    }
}
