//! What the protocol works on: connections, exchanges, and what is to be done about them.
//!
//! Owns the tables and the lists of a turn; what happens to them is in the modules beside. Never asks the kernel for
//! anything. Called by: the engine's turn, and the application's calls.

use howth_connection::{Table, TimerWheel};
use howth_engine::{Counters, EngineOptions, Event, ExchangeId, first_generation};
use howth_http1::{Date, RequestHead};

use super::deadlines;
use super::refuse::FailedBody;
use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::kernel::Clock;
use crate::token::GENERATION_MASK;

/// Generations of exchanges are small integers in JavaScript.
const EXCHANGE_GENERATION_MASK: u32 = 0x7fff_ffff;

/// Everything the protocol needs; no kernel.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: EngineOptions,
    pub(super) connections: Table<Connection>,
    pub(super) exchanges: Table<Exchange>,
    pub(super) events: Vec<Event>,
    /// Connections whose wishes may differ from what the kernel was asked.
    pub(super) unsettled: Vec<u32>,
    /// Connections to be torn down after the events of this turn, with their generations.
    pub(super) doomed: Vec<(u32, u32)>,
    /// Exchanges whose request bodies failed, with their generations, to be ended after the events of this turn.
    pub(super) failed: Vec<FailedBody>,
    pub(super) wheel: TimerWheel,
    pub(super) now_ms: u64,
    pub(super) date: Date,
    pub(super) date_updated_ms: u64,
    /// Filled by the decoder, then swapped with an exchange's.
    pub(super) head: RequestHead,
    /// Response bytes that the kernel has taken from the application's memory since connections were last settled.
    pub(super) sent_directly: u64,
    /// Output buffers that wait to be used again.
    pub(super) spare: Vec<Vec<u8>>,
    /// No deadline that begins on a plain connection ends sooner than after so many milliseconds.
    pub(super) shortest_ms: u64,
    /// The application has set a deadline of its own, at some time.
    pub(super) has_own_deadlines: bool,
    /// Since when the engine drains.
    pub(super) draining_ms: Option<u64>,
    /// Idle connections end with the next turn.
    pub(super) ends_idle: bool,
    /// Connections are given up once they are idle, and none is accepted.
    pub(super) releases_all: bool,
    /// New clients are left to other engines for now.
    pub(super) leaves_clients: bool,
    /// New connections are given up as they are accepted.
    pub(super) releases_new: bool,
    pub(super) counters: Counters,
}

impl State {
    pub(super) fn new(options: EngineOptions, clock: Clock) -> Self {
        State {
            shortest_ms: deadlines::shortest_ms(&options.deadlines),
            has_own_deadlines: false,
            sent_directly: 0,
            options,
            connections: Table::new(GENERATION_MASK),
            exchanges: Table::starting_at(first_generation(), EXCHANGE_GENERATION_MASK),
            events: Vec::new(),
            unsettled: Vec::new(),
            doomed: Vec::new(),
            failed: Vec::new(),
            wheel: TimerWheel::new(clock.monotonic_ms),
            now_ms: clock.monotonic_ms,
            date: Date::new(clock.wall),
            date_updated_ms: clock.monotonic_ms,
            head: RequestHead::new(),
            spare: Vec::new(),
            draining_ms: None,
            ends_idle: false,
            releases_all: false,
            leaves_clients: false,
            releases_new: false,
            counters: Counters::default(),
        }
    }

    pub(super) fn has_unsettled(&self) -> bool {
        let is_settled = self.unsettled.is_empty() && self.events.is_empty();
        !(is_settled && self.doomed.is_empty() && self.failed.is_empty())
    }

    /// Remembers to compare the connection's wishes with what the kernel was asked.
    pub(super) fn unsettle(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        if !connection.unsettled {
            connection.unsettled = true;
            self.unsettled.push(index);
        }
    }

    pub(super) fn exchange_id(&self, index: u32) -> ExchangeId {
        ExchangeId {
            index,
            generation: self.exchanges.generation(index),
        }
    }
}
