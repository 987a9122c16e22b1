//! How events cross into JavaScript: as numbers in a buffer both sides see.
//!
//! Twelve 32-bit numbers an event: kind, slot, generation, and what is [said](Said) of a request. Behind
//! the last event stands which one JavaScript is at, and then where parameters of routes stand in the texts. The numbers are
//! those of `js/server/bridge.rs`.
//!
//! Events that JavaScript has not come to can be taken back while it runs: it reads an event's kind when it comes to it.

use std::cell::{Cell, RefCell};

use deno_core::v8;
use howth_engine::Event;
use howth_javascript::server::{batch, event as kinds};
use howth_routes::{PARAMETERS_MAX, Places};
use howth_scheduling::Waiting;
use memchr::memchr;

use super::head_text::Said;

/// Events in one call of JavaScript's dispatch; a longer batch takes several calls.
pub(super) const LENGTH: usize = 1024;

const EVENT_BYTES: usize = batch::EVENT_LENGTH * size_of::<u32>();
const CURSOR_AT: usize = LENGTH * EVENT_BYTES;
/// Which number is the first of parameters.
const PARAMETERS_AT: usize = LENGTH * batch::EVENT_LENGTH + 1;

/// What happened, as JavaScript counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Kind {
    Request = kinds::REQUEST,
    BodyReadable = kinds::BODY_READABLE,
    Writable = kinds::WRITABLE,
    Disconnected = kinds::DISCONNECTED,
    Completed = kinds::COMPLETED,
    Aborted = kinds::ABORTED,
    Closed = kinds::CLOSED,
    Opened = kinds::OPENED,
    Rejected = kinds::REJECTED,
    /// Nothing: what stood here was taken back.
    Taken = kinds::TAKEN,
}

/// The number of an event's kind.
fn kind(event: Event) -> Kind {
    match event {
        Event::Request(_) => Kind::Request,
        // Of a WebSocket: what came of it is read like anything that has come.
        Event::BodyReadable(_) | Event::Alarm(_) => Kind::BodyReadable,
        Event::Writable(_) => Kind::Writable,
        Event::Disconnected(_) => Kind::Disconnected,
        Event::Completed(_) => Kind::Completed,
        Event::Aborted(_) => Kind::Aborted,
        Event::Closed(..) => Kind::Closed,
        Event::Opened(..) => Kind::Opened,
        Event::Rejected(_) => Kind::Rejected,
    }
}

/// The events that are in JavaScript's hands.
pub(crate) struct Batch {
    buffer: v8::SharedRef<v8::BackingStore>,
    events: RefCell<Vec<Waiting>>,
    /// How many batches there were.
    number: Cell<u64>,
    /// How many numbers of parameters there are.
    parameters: Cell<usize>,
}

impl Batch {
    pub(super) fn new(buffer: v8::SharedRef<v8::BackingStore>) -> Self {
        Batch {
            buffer,
            events: RefCell::default(),
            number: Cell::new(0),
            parameters: Cell::new(0),
        }
    }

    /// Adds an event; there are fewer than [`LENGTH`].
    pub(super) fn push(&self, waiting: Waiting, said: Said) {
        let mut events = self.events.borrow_mut();
        let event = waiting.event;
        let (index, generation) = match (event, event.exchange()) {
            (Event::Opened(id, _) | Event::Closed(id, _), _) => (id.index, id.generation),
            (_, id) => id.map_or((0, 0), |id| (id.index, id.generation)),
        };
        let at = events.len() * EVENT_BYTES;
        let numbers = [
            kind(event) as u32,
            index,
            generation,
            said.method,
            said.method_bytes,
            said.url_bytes,
            said.connection.0,
            said.connection.1,
            said.facts,
            said.listener,
            said.route,
            said.parameters,
        ];
        let bytes: [_; batch::EVENT_LENGTH] = numbers.map(u32::to_ne_bytes);
        self.write(at, bytes.as_flattened());
        events.push(waiting);
    }

    /// Whether there is room for one more event, with whatever parameters its route has.
    pub(super) fn has_room(&self) -> bool {
        self.len() < LENGTH && self.parameters.get() + 2 * PARAMETERS_MAX <= batch::PARAMETERS_LENGTH
    }

    /// Adds where the parameters of an event stand in a text whose path begins at `path_at`; gives which number is the
    /// first. There is room.
    pub(super) fn push_parameters(&self, places: &Places, text: &[u8], path_at: u32) -> u32 {
        let first = PARAMETERS_AT + self.parameters.get();
        for (number, place) in places.iter().enumerate() {
            let start = path_at + place.start;
            let stretch = start as usize..(start + place.length) as usize;
            let is_encoded = text
                .get(stretch)
                .is_some_and(|value| memchr(b'%', value).is_some());
            let numbers = [start, place.length << 1 | u32::from(is_encoded)].map(u32::to_ne_bytes);
            self.write((first + 2 * number) * size_of::<u32>(), numbers.as_flattened());
        }
        self.parameters
            .set(self.parameters.get() + 2 * places.iter().len());
        first as u32
    }

    pub(super) fn len(&self) -> usize {
        self.events.borrow().len()
    }

    /// Before JavaScript is called: it is at no event yet.
    pub(super) fn begin(&self) {
        self.write(CURSOR_AT, &u32::MAX.to_ne_bytes());
        self.number.set(self.number.get() + 1);
    }

    /// Changes whenever JavaScript comes to another event.
    pub(crate) fn progress(&self) -> (u64, Option<usize>) {
        (self.number.get(), self.position())
    }

    /// JavaScript has returned, or was ended: nothing is in its hands. Gives how many requests it came to.
    pub(super) fn end(&self) -> usize {
        let mut events = self.events.borrow_mut();
        let is_request =
            |(at, event): &(usize, &Waiting)| event.is_request() && !self.is_taken(at * EVENT_BYTES);
        let requests = events.iter().enumerate().filter(is_request).count();
        events.clear();
        self.parameters.set(0);
        requests
    }

    /// Which event JavaScript is at, or was ended at; `None`: it is not, or not yet, at any.
    pub(crate) fn position(&self) -> Option<usize> {
        let mut bytes = [0; size_of::<u32>()];
        for (byte, cell) in bytes.iter_mut().zip(&self.buffer[CURSOR_AT..]) {
            *byte = cell.get();
        }
        let position = u32::from_ne_bytes(bytes) as usize;
        (position < self.len()).then_some(position)
    }

    /// The event JavaScript is at.
    pub(crate) fn current(&self) -> Option<Event> {
        let position = self.position()?;
        self.events.borrow().get(position).map(|waiting| waiting.event)
    }

    /// Takes the events back that JavaScript has not come to and that `wanted` asks for, in order. `texts` may have been
    /// made for them; nobody will read those.
    pub(crate) fn take_back(&self, wanted: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        let first = self.position().map_or(0, |position| position + 1);
        let events = self.events.borrow();
        let mut taken = Vec::new();
        for (position, event) in events.iter().enumerate().skip(first) {
            let at = position * EVENT_BYTES;
            if !self.is_taken(at) && wanted(event) {
                self.write(at, &(Kind::Taken as u32).to_ne_bytes());
                taken.push(*event);
            }
        }
        taken
    }

    fn is_taken(&self, at: usize) -> bool {
        let kind = (Kind::Taken as u32).to_ne_bytes();
        self.buffer[at..]
            .iter()
            .zip(kind)
            .all(|(cell, byte)| cell.get() == byte)
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        let cells: &[Cell<u8>] = &self.buffer;
        for (cell, byte) in cells[at..].iter().zip(bytes) {
            cell.set(*byte);
        }
    }
}
