//! What an engine tells an application: one batch of events per turn of its loop.
//!
//! Owns [`Event`], [`ExchangeId`], [`ConnectionId`] and the [`Handler`] trait. Never holds bytes: those are read through
//! [`Exchanges`](crate::Exchanges). Called by: both engines, which tell; the application, which is told.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::ListenerId;

/// Names one exchange on one core. An id is never used twice: once the exchange is over, the slot's
/// generation moves on and the old id answers [`Gone`](crate::Gone) for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExchangeId {
    /// The slot in the engine's exchange table.
    pub index: u32,
    /// How often the slot was used before; below 2³¹, so that it is a small integer in JavaScript.
    pub generation: u32,
}

/// Names one connection on one core. Like that of an exchange, an id is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// The slot in the engine's connection table.
    pub index: u32,
    /// How often the slot was used before; a small integer in JavaScript.
    pub generation: u32,
}

/// The generation at which the slots of a new engine begin. Engines of one process may follow each other, and what
/// still names an exchange of the first must not meet one of the second.
pub fn first_generation() -> u32 {
    const APART: u32 = 1 << 20;
    static ENGINES: AtomicU32 = AtomicU32::new(0);
    ENGINES.fetch_add(1, Ordering::Relaxed).wrapping_mul(APART) & (u32::MAX >> 1)
}

/// What happened to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The head of a request is complete and valid; its body may still be arriving.
    Request(ExchangeId),
    /// What came on a connection breaks a rule or took too long, and no request is read behind it: told where the application
    /// [takes refusals](crate::Listeners::take_refusals). [`rejection`](crate::Exchanges::rejection) says why.
    Rejected(ExchangeId),
    /// A [`read_body`](crate::Exchanges::read_body) that answered `Pending` would now answer otherwise; or the end has
    /// come of a body that was kept and whose response is out.
    BodyReadable(ExchangeId),
    /// A [`write`](crate::Exchanges::write) that answered `Full` would now be taken.
    Writable(ExchangeId),
    /// The client closed its sending side: it wants nothing more, or it is gone; which one shows only when
    /// something is sent. The exchange goes on; work that nobody may be waiting for can stop.
    Disconnected(ExchangeId),
    /// The whole response was handed to the kernel. The id is gone after this event, unless the request body was to be
    /// [kept](crate::Exchanges::keep_body): then it is gone once the body is over.
    Completed(ExchangeId),
    /// The client went away, or a deadline passed, before the response was complete, or before the end of a body that was
    /// kept. The id is gone.
    Aborted(ExchangeId),
    /// The time of [`set_alarm`](crate::Exchanges::set_alarm) has come.
    Alarm(ExchangeId),
    /// A connection was accepted, by this listener, and its TLS handshake is over, where it has one: told where the application
    /// [asked for it](crate::Listeners::tell_opened).
    Opened(ConnectionId, ListenerId),
    /// The connection of this listener has ended, of which the application [asked to be told](crate::Exchanges::watch_connection). Comes
    /// behind what is told of its exchanges.
    Closed(ConnectionId, ListenerId),
}

impl Event {
    /// The exchange the event speaks of; `None`: it speaks of a connection.
    pub fn exchange(self) -> Option<ExchangeId> {
        match self {
            Event::Request(id)
            | Event::Rejected(id)
            | Event::BodyReadable(id)
            | Event::Writable(id)
            | Event::Disconnected(id)
            | Event::Completed(id)
            | Event::Aborted(id)
            | Event::Alarm(id) => Some(id),
            Event::Opened(..) | Event::Closed(..) => None,
        }
    }
}

/// An application: what answers requests.
pub trait Handler {
    /// Takes all events of one turn, in the order they happened; never empty. The engine holds no borrow of
    /// itself meanwhile, so every method of [`Exchanges`](crate::Exchanges) may be called from inside, and
    /// an exchange may be answered here or at any later time.
    fn on_batch(&mut self, events: &[Event]);
}

/// How a turn of an engine's loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something happened; another turn at once may find more.
    Worked,
    /// Nothing to do until the kernel or the application says otherwise.
    Idle,
    /// Draining is complete: no connection is left, and none will come.
    Finished,
}
