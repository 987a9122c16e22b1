//! The end of streams, and of connections that speak HTTP/2.
//!
//! Owns when a stream's exchange is over, and how the connection's end is told (RFC 9113 section 6.8). Called by: `settle`,
//! `end`, `refuse`, `stop`, `encoded`, for connections and exchanges that are of this kind.

use howth_engine::Event;
use howth_engine::body::Keep;
use howth_engine::body::failure::BROKE_OFF;
use howth_http1::Rejection;
use howth_http2::{ConnectionError, Reason};

use crate::connection::{End, Phase};
use crate::connections::Connections;
use crate::exchange::BodyState;
use crate::stop::Stop;

impl<L> Connections<L> {
    /// Brings everything forward that a turn can: responses that are out, bodies that have room, the end of the connection.
    pub(crate) fn advance_streams(&mut self, index: u32) {
        self.note_moments(index);
        self.send_streams(index);
        self.retire_streams(index);
        if matches!(
            self.stop_of(&self.connections[index]),
            Stop::Drain { .. } | Stop::Release { .. }
        ) && let Some((http2, out)) = self.connections[index].http2_parts()
        {
            http2.session.shut_down(out);
        }
    }

    /// Ends the exchanges whose responses were sent whole.
    fn retire_streams(&mut self, index: u32) {
        while let Some(http2) = self.connections[index].http2()
            && let Some(&id) = http2.written.front()
        {
            let exchange = http2.session.stream(id).map(|stream| stream.user.exchange);
            if exchange.is_some_and(|exchange| {
                self.exchanges[exchange].ends_at > self.connections[index].output.sent()
            }) {
                break;
            }
            if let Some((http2, _)) = self.connections[index].http2_parts() {
                http2.written.pop_front();
            }
            if let Some(exchange) = exchange {
                self.complete_stream(index, id, exchange);
            }
        }
        self.retire_kept(index);
    }

    fn complete_stream(&mut self, index: u32, id: u32, exchange: u32) {
        let state = &mut self.exchanges[exchange];
        state.is_answered = true;
        let (lasts, silent) = (state.lasts(), state.silent);
        self.connections[index].moments.idle_ms = self.now_ms;
        if !silent {
            let id = self.exchange_id(exchange);
            self.events.push(Event::Completed(id));
        }
        if !lasts {
            return self.release_stream(exchange, Reason::NO_ERROR);
        }
        if let Some((http2, _)) = self.connections[index].http2_parts() {
            http2.kept.push(id);
        }
        self.bound_unread(exchange);
    }

    /// Ends the exchanges that have lasted for their bodies.
    fn retire_kept(&mut self, index: u32) {
        let Some(http2) = self.connections[index]
            .http2()
            .filter(|http2| !http2.kept.is_empty())
        else {
            return;
        };
        let of = |id: &u32| http2.session.stream(*id).map(|stream| stream.user.exchange);
        let over = http2
            .kept
            .iter()
            .filter_map(of)
            .filter(|exchange| !self.exchanges[*exchange].lasts());
        for exchange in over.collect::<Vec<_>>() {
            self.release_stream(exchange, Reason::NO_ERROR);
        }
        if let Some((http2, _)) = self.connections[index].http2_parts() {
            let session = &http2.session;
            http2.kept.retain(|id| session.stream(*id).is_some());
        }
    }

    /// Forgets an exchange and its stream. RFC 9113 section 8.1: a client that still sends the body of what is answered is asked
    /// to stop.
    fn release_stream(&mut self, exchange: u32, reason: Reason) {
        self.forget_body(exchange);
        let state = &mut self.exchanges[exchange];
        let (index, id) = (state.connection, std::mem::take(&mut state.stream));
        if let Some((http2, out)) = self.connections[index].http2_parts() {
            http2.session.reset(id, reason, out);
            http2.has_ended_some = true;
        }
        self.connections[index].exchanges -= 1;
        self.exchanges[exchange].close();
        self.exchanges.release(exchange);
        self.unsettle(index);
    }

    /// Takes an exchange from the application, and ends its stream.
    pub(crate) fn abort_stream(&mut self, exchange: u32, reason: Reason) {
        if !self.exchanges[exchange].silent {
            let id = self.exchange_id(exchange);
            self.events.push(Event::Aborted(id));
        }
        self.release_stream(exchange, reason);
    }

    /// Breaks off a response, behind what of it there is room for.
    pub(crate) fn break_stream(&mut self, exchange: u32, reason: Reason) {
        let index = self.exchanges[exchange].connection;
        self.send_streams(index);
        self.abort_stream(exchange, reason);
    }

    /// Answers in the place of the application, which has not begun to.
    pub(crate) fn answer_stream_instead(&mut self, exchange: u32, rejection: Rejection) {
        self.take_over(exchange);
        self.answer_stream(exchange, rejection);
    }

    /// What becomes of an exchange whose request's body is never whole, or whose stream is over, once the application has seen
    /// that.
    pub(crate) fn end_failed_stream(&mut self, exchange: u32, answer: Option<Rejection>) {
        let is_gone = self.is_stream_gone(exchange);
        let state = &mut self.exchanges[exchange];
        let is_sent = state.is_over() && !is_gone;
        match answer {
            // A response that is given whole still goes out.
            _ if is_sent => state.keep = Keep::Nothing,
            Some(rejection) if !is_gone && !state.has_begun() => {
                self.answer_stream_instead(exchange, rejection)
            }
            _ => self.abort_stream(exchange, Reason::CANCEL),
        }
    }

    /// No response is given any more to what is not answered whole: the application is told after what it is told now.
    pub(crate) fn end_streams(&mut self, index: u32) {
        for exchange in self.stream_exchanges(index) {
            self.end_body_early(exchange, BROKE_OFF, None);
        }
        self.unsettle(index);
    }

    pub(crate) fn stream_exchanges(&self, index: u32) -> Vec<u32> {
        let http2 = self.connections[index].http2();
        let streams = http2.map_or(&[][..], |http2| http2.session.streams());
        streams.iter().map(|stream| stream.user.exchange).collect()
    }

    /// Aborts all exchanges of a connection that has ended.
    pub(crate) fn abort_streams(&mut self, index: u32) {
        for exchange in self.stream_exchanges(index) {
            self.abort_stream(exchange, Reason::CANCEL);
        }
    }

    /// The client sends nothing more: bodies that are not whole never will be.
    pub(crate) fn end_of_frames(&mut self, index: u32) {
        for exchange in self.stream_exchanges(index) {
            let state = &self.exchanges[exchange];
            if state.body == BodyState::Arriving {
                self.end_body_early(exchange, BROKE_OFF, None);
            } else if !state.silent && !state.is_over() {
                let id = self.exchange_id(exchange);
                self.events.push(Event::Disconnected(id));
            }
        }
    }

    /// Ends a connection once what was asked on it is answered.
    pub(crate) fn finish_frames(&mut self, index: u32) {
        if let Some((http2, out)) = self.connections[index].http2_parts() {
            http2.session.shut_down_now(out);
        }
        self.unsettle(index);
    }

    /// Ends a connection behind what was written.
    pub(crate) fn break_frames(&mut self, index: u32) {
        if let Some((http2, out)) = self.connections[index].http2_parts() {
            http2.is_failed = true;
            let error = ConnectionError {
                reason: Reason::NO_ERROR,
                what: "",
            };
            http2.session.fail(error, out);
        }
        self.end_streams(index);
    }

    /// Ends a connection whose client has let a deadline pass.
    pub(crate) fn give_up_frames(&mut self, index: u32) {
        self.break_frames(index);
        let connection = &mut self.connections[index];
        if connection.exchanges == 0 {
            connection.phase = connection.phase.max(Phase::Finishing);
            connection.end = End::Plain;
        }
    }
}
