//! All WebSockets of a core.
//!
//! Owns the table, and what they have in common: the memory for compression, whether they are to leave. Called by: the
//! runtime's bridge.

use howth_engine::{ExchangeId, Exchanges, ListenerId};
use howth_websocket::{Deflater, Inflater};
use rustc_hash::FxHashMap;

use crate::socket::Socket;
use crate::topics::Topics;

/// The smallest window of a deflater, as a power of two.
const WINDOW_BITS_MIN: u8 = 9;
const WINDOWS: usize = 7;

/// The sockets of a core, by their exchanges.
#[derive(Debug, Default)]
pub struct Sockets {
    pub(crate) sockets: FxHashMap<ExchangeId, Box<Socket>>,
    pub(crate) topics: Topics,
    pub(crate) codecs: Codecs,
    /// Decoded bytes of all sockets that wait for the application.
    pub(crate) waiting_bytes: usize,
    /// The core ends, or another takes its place.
    pub(crate) is_leaving: bool,
    /// Listeners that end, while others go on.
    pub(crate) leaving: Vec<ListenerId>,
}

/// What compresses and decompresses: contexts are not kept from one message to the next, so that all sockets have it in common.
#[derive(Debug, Default)]
pub(crate) struct Codecs {
    inflater: Option<Box<Inflater>>,
    /// By window.
    deflaters: [Option<Box<Deflater>>; WINDOWS],
}

impl Codecs {
    pub(crate) fn inflater(&mut self) -> &mut Inflater {
        self.inflater
            .get_or_insert_with(|| Box::new(Inflater::new(false)))
    }

    pub(crate) fn deflate(&mut self, window_bits: u8, message: &[u8]) -> Vec<u8> {
        let place = usize::from(window_bits.saturating_sub(WINDOW_BITS_MIN)).min(WINDOWS - 1);
        let deflater =
            self.deflaters[place].get_or_insert_with(|| Box::new(Deflater::new(window_bits, false)));
        deflater.deflate(message)
    }
}

impl Sockets {
    /// None.
    pub fn new() -> Self {
        Sockets::default()
    }

    /// How many there are whose end the application does not know of.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// How many there are of a listener.
    pub fn len_of(&self, exchanges: &dyn Exchanges, listener: ListenerId) -> usize {
        let ids = self.sockets.keys();
        ids.filter(|id| exchanges.listener(**id) == Some(listener))
            .count()
    }

    /// Whether a socket is to leave.
    pub(crate) fn leaves(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        let is_leaving = |listener| self.leaving.contains(&listener);
        self.is_leaving || (!self.leaving.is_empty() && exchanges.listener(id).is_some_and(is_leaving))
    }

    /// Decoded bytes that wait for the application, of all sockets together.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// Whether there is a socket on this exchange.
    pub fn contains(&self, id: ExchangeId) -> bool {
        self.sockets.contains_key(&id)
    }

    /// Unsent bytes of a socket.
    pub fn unsent_bytes(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> u64 {
        match self.contains(id) {
            true => exchanges.unsent_bytes(id),
            false => 0,
        }
    }
}
