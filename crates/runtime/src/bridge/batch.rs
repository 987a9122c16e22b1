//! How events cross into JavaScript: as numbers in a buffer both sides see.
//!
//! Six 32-bit numbers an event: kind, slot, generation, and of a request what tells the parts of its text apart.
//! `js/40_server.js` knows the same.

use std::cell::Cell;

use howth_engine::{Event, ExchangeId};

use super::head_text::Lengths;

/// Events in one call of JavaScript's dispatch; a longer batch takes several calls.
pub(super) const LENGTH: usize = 1024;

const EVENT_BYTES: usize = 6 * size_of::<u32>();

/// What happened, as JavaScript counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    Request = 0,
    BodyReadable = 1,
    Writable = 2,
    Disconnected = 3,
    Completed = 4,
    Aborted = 5,
}

/// The number of an event's kind.
pub(super) fn kind(event: Event) -> Kind {
    match event {
        Event::Request(_) => Kind::Request,
        Event::BodyReadable(_) => Kind::BodyReadable,
        Event::Writable(_) => Kind::Writable,
        Event::Disconnected(_) => Kind::Disconnected,
        Event::Completed(_) => Kind::Completed,
        Event::Aborted(_) => Kind::Aborted,
    }
}

/// Writes an event at a position below [`LENGTH`].
pub(super) fn put(cells: &[Cell<u8>], position: usize, kind: Kind, id: ExchangeId, lengths: Lengths) {
    let at = position * EVENT_BYTES;
    let bytes = [
        (kind as u32).to_ne_bytes(),
        id.index.to_ne_bytes(),
        id.generation.to_ne_bytes(),
        lengths.method.to_ne_bytes(),
        lengths.method_bytes.to_ne_bytes(),
        lengths.url_bytes.to_ne_bytes(),
    ];
    for (cell, byte) in cells[at..at + EVENT_BYTES].iter().zip(bytes.as_flattened()) {
        cell.set(*byte);
    }
}
