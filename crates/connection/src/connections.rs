//! All connections of one core, as far as they need no input or output.
//!
//! Owns the tables of connections and exchanges, the lists of a turn, and the clock as it was last told. Never asks a
//! transport for anything but through [`Transport`](crate::Transport). Called by: the driver, with what has happened; the
//! application, through [`Shared`](crate::Shared).

use std::time::SystemTime;

use howth_clients::RequestIds;
use howth_engine::{ConnectionId, Counters, EngineOptions, Event, ExchangeId, Sealed, first_generation};
use howth_http1::{Date, RequestHead};
use howth_http2::FieldBlock;

use crate::clients::Arrival;
use crate::coded_body::CodedBodies;
use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::layer::Seal;
use crate::listeners::Listeners;
use crate::refuse::FailedBody;
use crate::table::Table;
use crate::timer_wheel::{TICK_MS, TimerWheel};

/// Generations of exchanges are small integers in JavaScript.
const EXCHANGE_GENERATION_MASK: u32 = 0x7fff_ffff;

/// A time before 1970 is that.
fn unix_ms(wall: SystemTime) -> u64 {
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The connections of one core. `L` is what the driver keeps of each: its socket, and what it has under way on it.
#[derive(Debug)]
pub struct Connections<L> {
    pub(crate) options: EngineOptions,
    pub(crate) listeners: Listeners,
    pub(crate) connections: Table<Connection<L>>,
    pub(crate) exchanges: Table<Exchange>,
    pub(crate) events: Vec<Event>,
    /// Connections whose wishes may differ from what the driver was told.
    pub(crate) unsettled: Vec<u32>,
    /// Connections to be ended after the events of this turn, with their generations.
    pub(crate) doomed: Vec<(u32, u32)>,
    /// Exchanges whose request bodies failed, with their generations, to be ended after the events of this turn.
    pub(crate) failed: Vec<FailedBody>,
    pub(crate) wheel: TimerWheel,
    pub(crate) due: Vec<(u32, u32)>,
    pub(crate) now_ms: u64,
    pub(crate) date: Date,
    date_updated_ms: u64,
    /// Filled by the decoder, then swapped with an exchange's.
    pub(crate) head: RequestHead,
    /// The fields of the header block that was read last.
    pub(crate) block: FieldBlock,
    /// Response bytes that the transport has taken from the application's memory since connections were last settled.
    pub(crate) sent_directly: u64,
    /// Output buffers that wait to be used again.
    pub(crate) spare: Vec<Vec<u8>>,
    /// The same of sealed bytes.
    #[expect(clippy::vec_box, reason = "a segment has a box of one as well")]
    pub(crate) spare_sealed: Vec<Box<Sealed>>,
    /// No deadline that begins on a plain connection ends sooner than after so many milliseconds.
    pub(crate) shortest_ms: u64,
    /// The application has set a deadline of its own, at some time.
    pub(crate) has_own_deadlines: bool,
    /// Idle connections of a listener are to be ended with the next turn.
    pub(crate) ends_idle: bool,
    /// Where requests have names.
    pub(crate) request_ids: Option<RequestIds>,
    pub(crate) coded_bodies: CodedBodies,
    /// What the time of day, in milliseconds since 1970, is ahead of the driver's clock.
    unix_ahead_ms: u64,
    /// What was counted; a driver counts what only it knows.
    pub counters: Counters,
}

impl<L: Default> Connections<L> {
    /// No connections. `now_ms`: milliseconds since some fixed moment, which never go back; `wall`: the time of day, for the
    /// date field. Generations of connections wrap at `generation_mask`, a power of two minus one.
    pub fn new(options: EngineOptions, now_ms: u64, wall: SystemTime, generation_mask: u32) -> Self {
        let mut options = options;
        // With no room at all nothing would ever be received, or go on.
        options.body_high_watermark_bytes = options.body_high_watermark_bytes.max(1);
        options.write_high_watermark_bytes = options.write_high_watermark_bytes.max(1);
        options.pipeline_max = options.pipeline_max.max(1);
        Connections {
            listeners: Listeners::default(),
            shortest_ms: u64::from(u32::MAX),
            has_own_deadlines: false,
            sent_directly: 0,
            connections: Table::new(generation_mask),
            exchanges: Table::starting_at(first_generation(), EXCHANGE_GENERATION_MASK),
            events: Vec::new(),
            unsettled: Vec::new(),
            doomed: Vec::new(),
            failed: Vec::new(),
            wheel: TimerWheel::new(now_ms),
            due: Vec::new(),
            now_ms,
            date: Date::new(wall),
            date_updated_ms: now_ms,
            head: RequestHead::new(),
            block: FieldBlock::new(),
            spare: Vec::new(),
            spare_sealed: Vec::new(),
            ends_idle: false,
            coded_bodies: CodedBodies::default(),
            request_ids: options.clients.names_requests.then(RequestIds::default),
            unix_ahead_ms: unix_ms(wall).saturating_sub(now_ms),
            options,
            counters: Counters::default(),
        }
    }

    /// A new connection, of the listener in a slot; gives its own.
    pub fn open(&mut self, link: L, listener: u32, arrival: Arrival) -> u32 {
        let awaits_header = arrival.awaits_header;
        let index = self.occupy(link, listener, arrival);
        match awaits_header {
            false => self.tell_opened(index),
            true => self.connections[index].seal = Seal::Header,
        }
        index
    }

    /// The same for one that speaks by its layer from its first byte on, and is told of once its handshake is over.
    pub fn open_sealed(&mut self, link: L, listener: u32, arrival: Arrival) -> u32 {
        let awaits_header = arrival.awaits_header;
        let index = self.occupy(link, listener, arrival);
        self.connections[index].seal = match awaits_header {
            false => Seal::Handshake,
            true => Seal::Header,
        };
        index
    }

    fn occupy(&mut self, link: L, listener: u32, arrival: Arrival) -> u32 {
        let index = self.connections.occupy();
        let now_ms = self.now_ms;
        self.connections[index].open(link, listener, arrival, now_ms);
        self.listeners[listener].connections += 1;
        self.unsettle(index);
        index
    }

    /// The connection is gone: its slot is free, and its generation is over. Gives what the driver kept of it.
    ///
    /// Whatever it had of exchanges is over already: it has ended, or it is idle and leaves.
    pub fn close(&mut self, index: u32) -> L {
        debug_assert_eq!(
            self.connections[index].exchanges, 0,
            "a connection closes with exchanges"
        );
        // What the connection still holds would stay until its slot is used again.
        let connection = std::mem::take(&mut self.connections[index]);
        if connection.is_watched {
            let (id, of) = (self.connection_id(index), self.listener(connection.listener).0);
            self.events.push(Event::Closed(id, of));
        }
        self.connections.release(index);
        self.listeners[connection.listener].connections -= 1;
        self.note_ending(connection.listener);
        connection.link
    }

    /// Frees memory that only a crowd needed.
    pub fn shrink(&mut self) {
        self.connections.shrink();
        self.exchanges.shrink();
        self.spare = Vec::new();
        self.spare_sealed = Vec::new();
        self.block.shrink();
        self.events.shrink_to_fit();
        self.unsettled.shrink_to_fit();
        self.due.shrink_to_fit();
    }
}

impl<L> Connections<L> {
    /// Tells of a connection that may ask from now on, where the application wants to hear of them.
    pub(crate) fn tell_opened(&mut self, index: u32) {
        let listener = self.connections[index].listener;
        if self.listeners[listener].tells_opened {
            let (id, of) = (self.connection_id(index), self.listener(listener).0);
            self.events.push(Event::Opened(id, of));
        }
    }

    /// Tells the time. The time of day is asked for only when the date is old.
    #[inline]
    pub fn set_clock(&mut self, now_ms: u64, wall: impl FnOnce() -> SystemTime) {
        self.now_ms = now_ms;
        if now_ms >= self.date_updated_ms + TICK_MS {
            self.date_updated_ms = now_ms;
            let wall = wall();
            self.date.update(wall);
            self.unix_ahead_ms = unix_ms(wall).saturating_sub(now_ms);
        }
    }

    /// The time of day, in milliseconds since 1970.
    pub(crate) fn unix_ms(&self) -> u64 {
        self.unix_ahead_ms + self.now_ms
    }

    /// The time that was told last, in milliseconds of the driver's clock.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.connections.occupied()
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there may be one more.
    pub fn has_room(&self) -> bool {
        self.len() < self.options.connections_max as usize
    }

    /// The slots of all open connections; a copy, so that each may be changed meanwhile.
    pub fn slots(&self) -> Vec<u32> {
        self.connections.indices().collect()
    }

    /// Whether the slot is that of the connection which had this generation.
    #[inline]
    pub fn contains(&self, index: u32, generation: u32) -> bool {
        self.connections.contains(index, generation)
    }

    /// Whether a connection is in the slot.
    #[inline]
    pub fn is_occupied(&self, index: u32) -> bool {
        self.connections.is_occupied(index)
    }

    /// The generation of a slot.
    #[inline]
    pub fn generation(&self, index: u32) -> u32 {
        self.connections.generation(index)
    }

    /// What the driver keeps of a connection.
    #[inline]
    pub fn link(&self, index: u32) -> &L {
        &self.connections[index].link
    }

    /// What the driver keeps of a connection, to be changed.
    #[inline]
    pub fn link_mut(&mut self, index: u32) -> &mut L {
        &mut self.connections[index].link
    }

    /// Ends what was to be ended once the application had seen the events of the last turn. To be called as a turn begins.
    pub fn begin_turn(&mut self) {
        self.end_failed_bodies();
        self.end_doomed();
    }

    /// Whether there are events for the application.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Gives the events of this turn, in exchange for an empty list.
    pub fn take_events(&mut self, events: &mut Vec<Event>) {
        std::mem::swap(events, &mut self.events);
    }

    /// Whether a turn would find something to do.
    pub fn has_work(&self) -> bool {
        let is_settled = self.unsettled.is_empty() && self.events.is_empty();
        !(is_settled && self.doomed.is_empty() && self.failed.is_empty())
    }

    /// Remembers to compare the connection's wishes with what the driver was told.
    pub fn unsettle(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        if !connection.is_unsettled {
            connection.is_unsettled = true;
            self.unsettled.push(index);
        }
    }

    pub(crate) fn connection_id(&self, index: u32) -> ConnectionId {
        ConnectionId {
            index,
            generation: self.connections.generation(index),
        }
    }

    pub(crate) fn exchange_id(&self, index: u32) -> ExchangeId {
        ExchangeId {
            index,
            generation: self.exchanges.generation(index),
        }
    }

    /// All exchanges whose response was not begun.
    pub(crate) fn owed(&self) -> Vec<ExchangeId> {
        let is_owed = |index: &u32| {
            let exchange = &self.exchanges[*index];
            exchange.may_begin() && !exchange.silent
        };
        let owed = self.exchanges.indices().filter(is_owed);
        owed.map(|index| self.exchange_id(index)).collect()
    }
}
