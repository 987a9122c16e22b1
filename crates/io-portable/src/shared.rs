//! What the engine, its connections and the application's calls have in common, on one core.
//!
//! Owns the exchange table, the events of the coming batch, the clock of the turn and the counters. Never
//! touches a socket. Called by: every other module here; nothing in it calls out while a cell is borrowed.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use howth_engine::{Counters, EngineOptions, Event};
use howth_http1::{Date, Framing, Rejection, RequestFacts, ResponseHead, ResponsePlan, encode_head};
use http::HeaderMap;

use crate::table::ExchangeTable;
use crate::wake::WakeList;

/// Empty header maps and output buffers kept for the next response.
const SPARE_MAX: usize = 64;
/// A larger output buffer is given back to the allocator.
const SPARE_BUFFER_BYTES_MAX: usize = 128 * 1024;

/// How old the date may be that heads carry.
const DATE_AGE: Duration = Duration::from_millis(100);

pub(crate) struct Shared {
    pub(crate) options: EngineOptions,
    pub(crate) table: RefCell<ExchangeTable>,
    pub(crate) events: RefCell<Vec<Event>>,
    pub(crate) wakes: Arc<WakeList>,
    /// No connection is kept any longer than its next response.
    pub(crate) draining: Cell<bool>,
    /// Connections are given up once they are idle, and none is accepted.
    pub(crate) releases_all: Cell<bool>,
    /// tokio's reactor does not run: what it knows of sockets is old.
    pub(crate) is_unassisted: Cell<bool>,
    /// Until when a connection without a request is kept while draining.
    pub(crate) drain_until: Cell<Option<Instant>>,
    /// Some exchange has, or had, a deadline for its handler.
    pub(crate) has_handler_deadlines: Cell<bool>,
    /// The instant the turn began.
    pub(crate) now: Cell<Instant>,
    /// The date that heads carry, and when it was read.
    date: RefCell<Date>,
    date_read_at: Cell<Instant>,
    /// Connections the application did something for.
    kicked: RefCell<Vec<u32>>,
    /// Set while the engine's own turn is on the stack, which looks at `kicked` before it ends.
    in_turn: Cell<bool>,
    counters: Cell<Counters>,
    spare_maps: RefCell<Vec<HeaderMap>>,
    spare_buffers: RefCell<Vec<Vec<u8>>>,
}

impl Shared {
    pub(crate) fn new(options: EngineOptions, wakes: Arc<WakeList>) -> Self {
        Shared {
            has_handler_deadlines: Cell::new(options.deadlines.handler.is_some()),
            options,
            table: RefCell::default(),
            events: RefCell::default(),
            wakes,
            draining: Cell::new(false),
            releases_all: Cell::new(false),
            is_unassisted: Cell::new(false),
            drain_until: Cell::new(None),
            now: Cell::new(Instant::now()),
            date: RefCell::new(Date::new(SystemTime::now())),
            date_read_at: Cell::new(Instant::now()),
            kicked: RefCell::default(),
            in_turn: Cell::new(false),
            counters: Cell::default(),
            spare_maps: RefCell::default(),
            spare_buffers: RefCell::default(),
        }
    }

    pub(crate) fn begin_turn(&self) {
        let now = Instant::now();
        self.now.set(now);
        if now >= self.date_read_at.get() + DATE_AGE {
            self.date_read_at.set(now);
            self.date.borrow_mut().update(SystemTime::now());
        }
        self.in_turn.set(true);
    }

    pub(crate) fn end_turn(&self) {
        self.in_turn.set(false);
    }

    /// Has connection `index` looked at in this turn, or in one that is begun for it.
    pub(crate) fn kick(&self, index: u32) {
        let mut kicked = self.kicked.borrow_mut();
        kicked.push(index);
        if kicked.len() == 1 && !self.in_turn.get() {
            self.wakes.wake_root();
        }
    }

    pub(crate) fn take_kicked(&self, indexes: &mut Vec<u32>) {
        indexes.append(&mut self.kicked.borrow_mut());
    }

    pub(crate) fn push_event(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        let mut counters = self.counters.get();
        change(&mut counters);
        self.counters.set(counters);
    }

    pub(crate) fn counters(&self) -> Counters {
        self.counters.get()
    }

    /// A whole response as bytes, in a buffer for [`give_buffer`](Self::give_buffer).
    pub(crate) fn encode(
        &self,
        facts: RequestFacts,
        head: &ResponseHead<'_>,
        plan: &ResponsePlan,
        body: &[u8],
    ) -> Vec<u8> {
        let mut bytes = self.take_buffer();
        encode_head(&mut bytes, facts, head, plan, &self.date.borrow());
        if plan.framing != Framing::None {
            bytes.extend_from_slice(body);
        }
        bytes
    }

    /// Appends the engine's own response and counts it.
    pub(crate) fn encode_rejection(&self, rejection: Rejection, out: &mut Vec<u8>) {
        rejection.encode(&self.date.borrow(), out);
        self.count(|counters| counters.refused += 1);
    }

    pub(crate) fn take_map(&self) -> HeaderMap {
        self.spare_maps.borrow_mut().pop().unwrap_or_default()
    }

    pub(crate) fn give_map(&self, mut map: HeaderMap) {
        let mut spare = self.spare_maps.borrow_mut();
        if spare.len() < SPARE_MAX {
            map.clear();
            spare.push(map);
        }
    }

    pub(crate) fn take_buffer(&self) -> Vec<u8> {
        self.spare_buffers.borrow_mut().pop().unwrap_or_default()
    }

    pub(crate) fn give_buffer(&self, mut buffer: Vec<u8>) {
        let mut spare = self.spare_buffers.borrow_mut();
        if spare.len() < SPARE_MAX && (1..=SPARE_BUFFER_BYTES_MAX).contains(&buffer.capacity()) {
            buffer.clear();
            spare.push(buffer);
        }
    }
}
