//! Giving clients and handlers up in time.
//!
//! A connection has one deadline at any moment, computed from its state. The timer wheel is told of it only when it
//! would otherwise look too late, so a request on a keep-alive connection costs no entry. Owns which deadline that is,
//! and what becomes of whoever lets it pass. Never reads a clock. Called by: the driver, once a turn; `settle`.

use std::time::Duration;

use howth_engine::body::Keep;
use howth_engine::body::failure::{NOT_READ, TOO_SLOW};
use howth_engine::{Deadlines, Event};
use howth_http1::Rejection;
use howth_http2::Reason;

use crate::Transport;
use crate::connection::{Body, Connection, End, Intake, Phase};
use crate::connections::Connections;
use crate::exchange::{BodyState, Exchange, ResponseState};
use crate::layer::Seal;
use crate::stop::Stop;

/// Silence, and total time, after which lingering ends.
const LINGER_SILENCE_MS: u64 = 2_000;
const LINGER_MS: u64 = 10_000;

/// How long an idle connection is kept once the engine drains.
pub(crate) const DRAIN_GRACE_MS: u64 = 500;

/// How long a response stream may be silent towards a client that closed its sending side.
pub(crate) const DISCONNECTED_SILENCE_MS: u64 = 1_000;

/// The wheel looks at a connection that has a deadline at least this often: its ticks do not count for ever.
const LOOK_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// A handshake is not done, or a header of the PROXY protocol not whole.
    Handshake,
    /// A head is incomplete.
    Head,
    /// A request body comes too slowly.
    Body,
    /// A request body whose response is out is held for an application that takes nothing of it.
    Unread,
    /// An idle connection, one that never said anything, or one that lingers.
    Silent,
    /// The client takes no response bytes.
    Write,
    /// The handler takes too long.
    Handler(u32),
    /// A response stream is silent towards a client that may be gone.
    Disconnected(u32),
    /// A body whose response is out, and which is there as a whole or has failed, is kept for an application that takes
    /// nothing of it.
    Kept(u32),
    /// A tunnel of which our side has ended is silent for longer than its application lets it be.
    Tunnel,
    /// The application has set a time for a tunnel, at which nothing is given up.
    Alarm(u32),
    /// The request body of a stream comes too slowly.
    StreamBody(u32),
    /// A body whose response is out is held for an application that takes nothing of it.
    StreamKept(u32),
    /// The client takes nothing of a stream's response, or may be gone.
    Stalled(u32),
}

impl<L> Connections<L> {
    /// When the next deadline passes, in milliseconds of the driver's clock.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.wheel.next_ms()
    }

    /// Looks at every connection whose deadline may have passed. True: something follows, which the driver has to settle.
    pub fn expire(&mut self, transport: &impl Transport<L>) -> bool {
        let mut due = std::mem::take(&mut self.due);
        self.wheel.expire(self.now_ms, &mut due);
        for (index, generation) in due.drain(..) {
            if self.connections.contains(index, generation) {
                self.look(index, transport);
            }
        }
        self.due = due;
        !self.unsettled.is_empty()
    }

    /// Gives the handler of an exchange, and its connection's silence, so many seconds from now on; 0: without end.
    pub(crate) fn set_timeout(&mut self, exchange: u32, seconds: u32) {
        let set = &mut self.exchanges[exchange];
        set.no_deadlines = seconds == 0;
        set.timeout_ms = u64::from(seconds) * 1000;
        set.handler_deadline_ms = match seconds {
            0 => u64::MAX,
            _ => self.now_ms + set.timeout_ms,
        };
        let connection = set.connection;
        self.has_own_deadlines = true;
        self.unsettle(connection);
    }

    /// Tells the wheel of the connection's deadline, if it would look too late.
    pub(crate) fn schedule(&mut self, index: u32) {
        if !self.is_looked_at_in_time(index) {
            // While requests follow one another the wheel looks more often than deadlines ask for, so that they need not be
            // worked out each time.
            self.schedule_within(index, self.now_ms + self.shortest_ms);
        }
    }

    /// Tells the wheel of the connection's deadline, or of `latest_ms`, if it would look later than that.
    pub(crate) fn schedule_within(&mut self, index: u32, latest_ms: u64) {
        let Some((at_ms, _)) = self.deadline(index) else {
            return;
        };
        let at_ms = at_ms.min(latest_ms).min(self.now_ms + LOOK_MAX_MS);
        if at_ms < self.connections[index].look_at_ms {
            self.connections[index].look_at_ms = at_ms;
            let generation = self.connections.generation(index);
            self.wheel.schedule(at_ms, index, generation);
        }
    }

    fn look(&mut self, index: u32, transport: &impl Transport<L>) {
        // A nearer deadline came after this entry was made, and its own entry is pending or has fired: without
        // this an entry would replace itself each time, and entries would only ever become more.
        if self.connections[index].look_at_ms > self.now_ms {
            return;
        }
        self.connections[index].look_at_ms = u64::MAX;
        match self.deadline(index) {
            Some((at_ms, expiry)) if at_ms <= self.now_ms => self.give_up(index, expiry, transport),
            _ => {}
        }
        self.schedule_within(index, u64::MAX);
    }

    fn give_up(&mut self, index: u32, expiry: Expiry, transport: &impl Transport<L>) {
        match expiry {
            Expiry::Head if self.connections[index].is_http2() => self.give_up_frames(index),
            Expiry::Silent if self.connections[index].is_http2() => self.finish_frames(index),
            Expiry::StreamBody(exchange) => {
                self.end_body_early(exchange, TOO_SLOW, Some(Rejection::REQUEST_TIMEOUT));
            }
            Expiry::StreamKept(exchange) => {
                self.fail_body(exchange, NOT_READ);
                self.exchanges[exchange].keep = Keep::Nothing;
            }
            Expiry::Stalled(exchange) => self.abort_stream(exchange, Reason::CANCEL),
            Expiry::Head | Expiry::Body => self.reject(index, Rejection::REQUEST_TIMEOUT, TOO_SLOW, &[]),
            // The application has its response out and takes nothing of the body: the connection ends without the rest.
            Expiry::Unread => {
                self.end_body(index, NOT_READ, None);
            }
            // Who takes refusals hears of a client that has said nothing.
            Expiry::Silent if self.tells_rejections(index) && self.awaits_first(index) => {
                self.reject(index, Rejection::REQUEST_TIMEOUT, TOO_SLOW, &[]);
            }
            Expiry::Silent => self.end(index),
            Expiry::Handshake if self.connections[index].seal == Seal::Header => self.refuse_header(index),
            Expiry::Handshake => self.end(index),
            Expiry::Disconnected(exchange) => self.break_off(exchange),
            Expiry::Handler(exchange) => self.give_up_handler(exchange),
            Expiry::Write => self.give_up_write(index, transport),
            Expiry::Kept(exchange) => {
                self.exchanges[exchange].keep = Keep::Nothing;
                self.forget_body(exchange);
            }
            Expiry::Tunnel => self.reset(index),
            Expiry::Alarm(exchange) => {
                self.exchanges[exchange].alarm_ms = u64::MAX;
                let id = self.exchange_id(exchange);
                self.events.push(Event::Alarm(id));
            }
        }
        self.unsettle(index);
    }

    fn awaits_first(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        connection.phase == Phase::Open && !connection.has_asked && self.stop_of(connection) == Stop::Not
    }

    /// Bytes that the client has acknowledged since the last look are progress, even when they did not yet
    /// make room for more.
    fn give_up_write(&mut self, index: u32, transport: &impl Transport<L>) {
        let connection = &mut self.connections[index];
        let unacknowledged = transport.unacknowledged_bytes(&connection.link);
        let before = std::mem::replace(&mut connection.unacknowledged, unacknowledged.unwrap_or(0));
        let has_progress = unacknowledged.is_some_and(|bytes| before == 0 || bytes < before);
        if has_progress {
            connection.moments.write_ms = self.now_ms;
        } else {
            // Nothing more is to be delivered: the kernel need not keep the bytes.
            connection.end = End::Reset;
            self.end(index);
        }
    }
}

impl<L> Connections<L> {
    /// Whether the wheel will surely look in time, told without working out when that is: whatever begins now on a
    /// connection that is neither ending nor within a message lasts for the shortest of the configured times, and what
    /// began before was told to the wheel then.
    pub(crate) fn is_looked_at_in_time(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        // That of a handler begins with its request, and counts once its turn to answer has come.
        let is_plain = || self.is_plain(connection) && self.deadlines(connection).handler.is_none();
        connection.look_at_ms <= self.now_ms + self.shortest_ms
            && (is_plain() || self.is_plain_tunnel(connection))
    }

    /// Nothing is special about the connection: it is open, reads requests, and no deadline is other than configured.
    pub(crate) fn is_plain(&self, connection: &Connection<L>) -> bool {
        connection.phase == Phase::Open
            && !connection.is_read_closed()
            && matches!(connection.intake, Intake::Requests)
            && connection.input.is_empty()
            && self.stop_of(connection) == Stop::Not
            && !self.has_own_deadlines
    }

    /// The connection's next deadline, in milliseconds of the engine's clock, and what it is for.
    fn deadline(&self, index: u32) -> Option<(u64, Expiry)> {
        let connection = &self.connections[index];
        let moments = &connection.moments;
        match connection.phase {
            Phase::Ended => None,
            Phase::Lingering => {
                let at_ms = (moments.idle_ms + LINGER_SILENCE_MS).min(moments.head_ms + LINGER_MS);
                Some((at_ms, Expiry::Silent))
            }
            Phase::Open | Phase::Finishing => {
                if let Some(http2) = connection.http2() {
                    let write = self.write_deadline(connection);
                    let frames = self.frames_deadline(connection, http2);
                    return write.into_iter().chain(frames).min_by_key(|(at_ms, _)| *at_ms);
                }
                let candidates = [
                    self.write_deadline(connection),
                    self.read_deadline(connection),
                    self.handler_deadline(connection),
                    self.kept_deadline(connection),
                    self.alarm(connection),
                ];
                candidates.into_iter().flatten().min_by_key(|(at_ms, _)| *at_ms)
            }
        }
    }

    fn write_deadline(&self, connection: &Connection<L>) -> Option<(u64, Expiry)> {
        let stall = milliseconds(self.deadlines(connection).write_stall)?;
        (connection.output.unsent() > 0).then(|| (connection.moments.write_ms + stall, Expiry::Write))
    }

    fn read_deadline(&self, connection: &Connection<L>) -> Option<(u64, Expiry)> {
        let moments = &connection.moments;
        let deadlines = self.deadlines(connection);
        if connection.phase != Phase::Open || connection.is_read_closed() {
            return None;
        }
        match &connection.intake {
            Intake::Body(body) => return self.body_deadline(connection, body),
            Intake::Nothing(_) | Intake::Undecided | Intake::Tunnel(_) | Intake::Frames(_) => return None,
            // What the client does not send while it is not read from is not held against it.
            Intake::Requests if !connection.is_between_requests() && connection.is_read => {
                return Some((moments.head_ms + milliseconds(deadlines.head)?, Expiry::Head));
            }
            Intake::Requests | Intake::HeldBack => {}
        }
        if connection.exchanges > 0 {
            return None;
        }
        if let Some(since_ms) = self.drains(connection) {
            return Some((since_ms.max(moments.idle_ms) + DRAIN_GRACE_MS, Expiry::Silent));
        }
        let before_requests = match connection.seal {
            Seal::Handshake => Some(deadlines.handshake),
            Seal::Header => Some(deadlines.head),
            Seal::None | Seal::Agreed => None,
        };
        if let Some(patience) = before_requests {
            return Some((moments.head_ms + milliseconds(patience)?, Expiry::Handshake));
        }
        let (since_ms, patience) = match connection.has_asked {
            false => (moments.head_ms, deadlines.head),
            true => (moments.idle_ms, deadlines.keep_alive),
        };
        Some((since_ms + milliseconds(patience)?, Expiry::Silent))
    }

    fn body_deadline(&self, connection: &Connection<L>, body: &Body) -> Option<(u64, Expiry)> {
        let moments = &connection.moments;
        let deadlines = self.deadlines(connection);
        let gap = milliseconds(deadlines.body_gap);
        let owner = body.exchange.map(|exchange| &self.exchanges[exchange]);
        if !connection.is_read {
            owner.filter(|exchange| exchange.is_answered)?;
            return Some((moments.body_ms.max(moments.idle_ms) + gap?, Expiry::Unread));
        }
        let waits = |exchange: &&Exchange| exchange.continue_owed && exchange.body == BodyState::Arriving;
        if owner.is_some_and(|exchange| exchange.no_deadlines || waits(&exchange)) {
            return None;
        }
        let rate_min = u64::from(deadlines.body_rate_min);
        let received = body.bytes - body.rate_bytes_base;
        let started_ms = moments.body_started_ms;
        let silent_ms = gap.map(|gap| moments.body_ms + gap);
        let too_slow_ms = gap
            .filter(|_| rate_min > 0)
            .map(|gap| started_ms + gap.max(received * 1000 / rate_min));
        let too_late_ms = milliseconds(deadlines.body_whole).map(|whole| started_ms + whole);
        let first = [silent_ms, too_slow_ms, too_late_ms]
            .into_iter()
            .flatten()
            .min()?;
        Some((first, Expiry::Body))
    }

    /// That of an exchange whose response is out and which lasts for its body, or its tunnel.
    fn kept_deadline(&self, connection: &Connection<L>) -> Option<(u64, Expiry)> {
        let front = connection.front?;
        let kept = &self.exchanges[front];
        if !kept.is_answered || !kept.lasts() {
            return None;
        }
        if matches!(connection.intake, Intake::Tunnel(_)) {
            let has_own = kept.timeout_ms > 0 && !kept.no_deadlines;
            return has_own.then_some((kept.handler_deadline_ms, Expiry::Tunnel));
        }
        if kept.body == BodyState::Arriving {
            return None;
        }
        let gap = milliseconds(self.deadlines(connection).body_gap)?;
        let since_ms = connection.moments.body_ms.max(connection.moments.idle_ms);
        Some((since_ms + gap, Expiry::Kept(front)))
    }

    fn alarm(&self, connection: &Connection<L>) -> Option<(u64, Expiry)> {
        let Intake::Tunnel(tunnel) = connection.intake else {
            return None;
        };
        let at_ms = self.exchanges[tunnel].alarm_ms;
        (at_ms != u64::MAX).then_some((at_ms, Expiry::Alarm(tunnel)))
    }

    /// That of the handler which has to do something first, whoever's turn to answer it is.
    fn handler_deadline(&self, connection: &Connection<L>) -> Option<(u64, Expiry)> {
        let writer = connection.writer?;
        let disconnected = self.disconnected_deadline(connection, writer);
        if self.deadlines(connection).handler.is_none() && !self.has_own_deadlines {
            return disconnected;
        }
        let mut first = disconnected;
        let mut next = Some(writer);
        while let Some(exchange) = next {
            let state = &self.exchanges[exchange];
            next = state.next;
            if let Some(at_ms) = handler_deadline_ms(state)
                && first.is_none_or(|(first_ms, _)| at_ms < first_ms)
            {
                first = Some((at_ms, Expiry::Handler(exchange)));
            }
        }
        first
    }

    fn disconnected_deadline(&self, connection: &Connection<L>, writer: u32) -> Option<(u64, Expiry)> {
        let read_closed_ms = connection.moments.read_closed_ms?;
        let exchange = &self.exchanges[writer];
        let is_streaming =
            exchange.has_begun() && !exchange.is_over() && exchange.response != ResponseState::Tunnel;
        let is_silent = is_streaming && connection.output.unsent() == 0;
        let since_ms = read_closed_ms.max(connection.moments.write_ms);
        is_silent.then_some((since_ms + DISCONNECTED_SILENCE_MS, Expiry::Disconnected(writer)))
    }
}

/// When the exchange's handler is given up: before it has begun to answer, or, with a deadline of its own, in between.
pub(crate) fn handler_deadline_ms(exchange: &Exchange) -> Option<u64> {
    let is_working = !exchange.has_begun() || (exchange.timeout_ms > 0 && !exchange.is_over());
    let counts = is_working && !exchange.no_deadlines && exchange.handler_deadline_ms != u64::MAX;
    counts.then_some(exchange.handler_deadline_ms)
}

/// The shortest time that a connection on which nothing is special may be given.
pub(crate) fn shortest_ms(deadlines: &Deadlines) -> u64 {
    let times = [
        deadlines.handshake,
        deadlines.head,
        deadlines.keep_alive,
        deadlines.write_stall,
    ];
    let shortest = times.into_iter().filter_map(milliseconds).min();
    shortest.unwrap_or(u64::from(u32::MAX))
}

pub(crate) fn milliseconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| duration.as_millis() as u64)
}
