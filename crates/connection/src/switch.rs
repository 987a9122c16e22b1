//! Responses that end no exchange: interim ones, and those by which a connection becomes a tunnel.
//!
//! A request that asks for another protocol is answered before anything behind it is decoded: what the client has sent
//! by then is either more requests or the tunnel's first bytes. A tunnel is the request's body and its response,
//! without framing and each with an end of its own. Owns the change of a connection into a tunnel. Never decides what a
//! head may hold: `howth_http1` does. Called by: the application, through [`Shared`](crate::Shared); `receive`.

use howth_engine::body::Keep;
use howth_engine::{Gone, InterimError, UpgradeError};
use howth_http1::{BodyLength, ResponseHead, Version, encode_interim, encode_switch};

use crate::connection::{Connection, Intake, Phase};
use crate::connections::Connections;
use crate::exchange::{BodyState, ResponseState};

/// RFC 9110 section 15.2.1.
pub(crate) const CONTINUE: u16 = 100;

impl<L> Connections<L> {
    /// Sends an interim response.
    pub(crate) fn inform(&mut self, exchange: u32, head: &ResponseHead<'_>) -> Result<(), InterimError> {
        let informed = &self.exchanges[exchange];
        if !informed.may_begin() {
            return Err(Gone.into());
        }
        let mut encoded = Vec::new();
        encode_interim(&mut encoded, head)?;
        // RFC 9110 section 15.2: a client of HTTP/1.0 gets none.
        if informed.facts.version == Version::Http10 {
            return Ok(());
        }
        if head.status == CONTINUE {
            self.send_continue(exchange);
        } else if self.is_stream(exchange) {
            self.inform_stream(exchange, head);
        } else if self.waiting_bytes(exchange) < self.options.write_high_watermark_bytes as u64 {
            self.output_of(exchange).extend_from_slice(&encoded);
            self.touch_output(exchange);
        }
        Ok(())
    }

    /// Changes the protocol: from now on the exchange is a tunnel.
    pub(crate) fn upgrade(&mut self, exchange: u32, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        self.may_switch(exchange)?;
        let switched = &self.exchanges[exchange];
        let facts = switched.facts;
        let mut encoded = Vec::new();
        encode_switch(&mut encoded, facts, switched.head.upgrade(), head, &self.date)?;
        self.output_of(exchange).extend_from_slice(&encoded);
        // What was set for the request is not for the tunnel.
        let switched = &mut self.exchanges[exchange];
        switched.timeout_ms = 0;
        switched.handler_deadline_ms = u64::MAX;
        self.become_tunnel(exchange);
        Ok(())
    }

    /// Changes the protocol; the application encodes what it says to that.
    pub(crate) fn upgrade_encoded(&mut self, exchange: u32) -> Result<(), UpgradeError> {
        self.may_switch(exchange)?;
        self.become_tunnel(exchange);
        Ok(())
    }

    fn may_switch(&self, exchange: u32) -> Result<(), UpgradeError> {
        let switched = &self.exchanges[exchange];
        if !switched.may_begin() {
            return Err(Gone.into());
        }
        if !switched.asks_to_switch() {
            return Err(UpgradeError::NotAsked);
        }
        // With a body the bytes behind it were taken for requests.
        if !matches!(switched.head.body(), BodyLength::None | BodyLength::Known(0)) {
            return Err(UpgradeError::HasBody);
        }
        match self.is_undecided(exchange) {
            true => Ok(()),
            // A response before it, which waits for its turn, ends the connection.
            false => Err(Gone.into()),
        }
    }

    fn become_tunnel(&mut self, exchange: u32) {
        let index = self.exchanges[exchange].connection;
        let tunnel = &mut self.exchanges[exchange];
        tunnel.response = ResponseState::Tunnel;
        tunnel.keep_alive = false;
        tunnel.body = BodyState::Arriving;
        // It lasts until the client's side has ended, too.
        tunnel.keep = Keep::Read;
        let connection = &mut self.connections[index];
        connection.intake = Intake::Tunnel(exchange);
        // A tunnel does not leave for another engine.
        connection.is_leaving = false;
        let first = std::mem::take(&mut connection.input);
        if !first.is_empty() {
            self.receive_tunnel(index, exchange, &first);
        }
        if self.connections[index].is_read_closed() {
            self.end_tunnel(exchange);
        }
        self.touch_output(exchange);
    }

    /// The request is answered in the protocol it came in: what follows it are requests.
    pub(crate) fn decline_switch(&mut self, exchange: u32) {
        if self.is_undecided(exchange) {
            let index = self.exchanges[exchange].connection;
            // RFC 9112 section 9.6: no request behind one that closes the connection is processed.
            match self.exchanges[exchange].facts.keep_alive {
                true => self.connections[index].intake = Intake::HeldBack,
                false => self.connections[index].take_no_more(),
            }
            self.unsettle(index);
        }
    }

    /// Has the application told of a tunnel in so many milliseconds, be our side of it ended or not.
    pub(crate) fn set_alarm(&mut self, exchange: u32, in_ms: Option<u64>) -> Result<(), Gone> {
        if !self.carries_tunnel(exchange) {
            return Err(Gone);
        }
        let tunnel = &mut self.exchanges[exchange];
        tunnel.alarm_ms = in_ms.map_or(u64::MAX, |in_ms| self.now_ms.saturating_add(in_ms));
        let connection = tunnel.connection;
        self.schedule_within(connection, u64::MAX);
        Ok(())
    }

    fn is_undecided(&self, exchange: u32) -> bool {
        let connection = &self.connections[self.exchanges[exchange].connection];
        matches!(connection.intake, Intake::Undecided) && connection.back == Some(exchange)
    }

    /// Bytes of a tunnel have come.
    pub(crate) fn receive_tunnel(&mut self, index: u32, exchange: u32, bytes: &[u8]) {
        let tunnel = &mut self.exchanges[exchange];
        if tunnel.body == BodyState::Arriving {
            tunnel.body_bytes.extend_from_slice(bytes);
            self.connections[index].held_bytes += bytes.len();
            self.refresh_timeout(exchange);
            self.tell_body_readable(exchange);
        }
    }

    /// The client has ended its side of a tunnel.
    pub(crate) fn end_tunnel(&mut self, exchange: u32) {
        let tunnel = &mut self.exchanges[exchange];
        match tunnel.body {
            BodyState::Arriving => {
                tunnel.body = BodyState::Complete;
                self.tell_body_over(exchange);
            }
            BodyState::Cancelled => tunnel.body = BodyState::Complete,
            BodyState::Complete | BodyState::Failed(_) => {}
        }
    }

    /// Whether an exchange is a tunnel of which our side has ended.
    pub(crate) fn is_half_closed_tunnel(&self, exchange: u32) -> bool {
        self.carries_tunnel(exchange) && self.exchanges[exchange].is_over()
    }

    /// Nothing is special about a tunnel: both of its sides are open, and it has no deadline but that of its writes and an
    /// alarm, which the wheel was told of when it was set.
    pub(crate) fn is_plain_tunnel(&self, connection: &Connection<L>) -> bool {
        let Intake::Tunnel(tunnel) = connection.intake else {
            return false;
        };
        connection.phase == Phase::Open
            && !connection.is_read_closed()
            && !self.has_own_deadlines
            && !self.exchanges[tunnel].is_over()
    }

    fn carries_tunnel(&self, exchange: u32) -> bool {
        let connection = self.exchanges[exchange].connection;
        matches!(self.connections[connection].intake, Intake::Tunnel(own) if own == exchange)
    }
}
