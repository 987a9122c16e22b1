//! Responses that the application encodes itself, and what it does with the connection below them.
//!
//! Such an application has a way of its own to say where a response ends and whether the connection stays open: here its
//! bytes are put in order, bounded and sent like any response's. Never looks at them. Called by: the application, through
//! [`Shared`](crate::Shared).

use howth_engine::{ConnectionEnd, ConnectionId, Gone, ListenerId};

use crate::connection::{Intake, Phase};
use crate::connections::Connections;
use crate::exchange::ResponseState;

impl<L> Connections<L> {
    pub(crate) fn start_encoded(&mut self, exchange: u32) -> Result<(), Gone> {
        // What an application encodes is HTTP/1.1.
        if !self.exchanges[exchange].may_begin() || self.is_stream(exchange) {
            return Err(Gone);
        }
        self.decline_switch(exchange);
        self.note_beginning(exchange);
        self.exchanges[exchange].response = ResponseState::Encoded;
        Ok(())
    }

    pub(crate) fn finish_encoded(&mut self, exchange: u32, keep_alive: bool) -> Result<(), Gone> {
        if self.exchanges[exchange].response != ResponseState::Encoded {
            return Err(Gone);
        }
        self.exchanges[exchange].keep_alive = keep_alive && self.stays_open(exchange);
        self.written(exchange);
        Ok(())
    }

    /// The slot of a connection that is open.
    fn slot(&self, id: ConnectionId) -> Result<u32, Gone> {
        match self.connections.contains(id.index, id.generation) {
            true => Ok(id.index),
            false => Err(Gone),
        }
    }

    pub(crate) fn watch_connection(&mut self, id: ConnectionId) -> Result<(), Gone> {
        let index = self.slot(id)?;
        self.connections[index].is_watched = true;
        Ok(())
    }

    pub(crate) fn end_connection(&mut self, id: ConnectionId, end: ConnectionEnd) -> Result<(), Gone> {
        let index = self.slot(id)?;
        self.end_one(index, end);
        Ok(())
    }

    pub(crate) fn end_connections(&mut self, listener: ListenerId, end: ConnectionEnd) {
        let Some(listener) = self.listener_slot(listener) else {
            return;
        };
        for index in self.slots_of(listener) {
            let connection = &self.connections[index];
            let is_idle =
                connection.has_asked && connection.is_between_requests() && self.has_answered_all(index);
            // What has changed its protocol is nobody's request any more.
            let is_tunnel = matches!(connection.intake, Intake::Tunnel(_));
            if !is_tunnel && (is_idle || end != ConnectionEnd::InOrder) {
                self.end_one(index, end);
            }
        }
    }

    /// Whether no request waits for the end of its response, which may be on its way.
    fn has_answered_all(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        if connection.is_http2() {
            return connection.exchanges == 0;
        }
        let mut next = connection.front;
        while let Some(exchange) = next.filter(|&exchange| self.exchanges[exchange].is_over()) {
            next = self.exchanges[exchange].next;
        }
        next.is_none()
    }

    fn end_one(&mut self, index: u32, end: ConnectionEnd) {
        let is_http2 = self.connections[index].is_http2();
        match end {
            ConnectionEnd::InOrder if is_http2 => self.finish_frames(index),
            ConnectionEnd::AtOnce if is_http2 => self.break_frames(index),
            ConnectionEnd::InOrder => self.finish_connection(index),
            ConnectionEnd::AtOnce => self.break_connection(index),
            ConnectionEnd::Reset => self.reset(index),
        }
    }

    /// Ends a connection behind what was written: of the responses whose turn it is, and no others.
    fn break_connection(&mut self, index: u32) {
        let mut last = None;
        let mut next = self.connections[index].front;
        while let Some(exchange) = next.filter(|&exchange| self.exchanges[exchange].has_begun()) {
            last = Some(exchange);
            next = self.exchanges[exchange].next;
        }
        match (last, next) {
            (None, None) => self.finish_connection(index),
            (None, Some(first)) => self.abort_from(first),
            (Some(last), _) => self.break_behind(index, last),
        }
    }

    /// Ends a connection behind a response that was begun.
    fn break_behind(&mut self, index: u32, last: u32) {
        self.abort_after(index, last);
        if self.exchanges[last].response == ResponseState::Tunnel {
            return self.finish_connection(index);
        }
        self.connections[index].stop_intake();
        self.cancel_body(last);
        self.exchanges[last].keep_alive = false;
        if self.exchanges[last].response == ResponseState::Encoded {
            self.written(last);
        } else if !self.exchanges[last].is_over() {
            self.break_off(last);
        }
        self.unsettle(index);
    }

    /// Ends a connection once what was asked on it is answered; a tunnel once what was written to it is sent.
    fn finish_connection(&mut self, index: u32) {
        if let Intake::Tunnel(tunnel) = self.connections[index].intake {
            self.cancel_body(tunnel);
            if !self.exchanges[tunnel].is_over() {
                self.written(tunnel);
            }
        }
        let connection = &mut self.connections[index];
        match connection.back {
            Some(back) => {
                connection.take_no_more();
                self.exchanges[back].keep_alive = false;
            }
            None => {
                connection.stop_intake();
                connection.phase = connection.phase.max(Phase::Finishing);
            }
        }
        self.unsettle(index);
    }
}
