//! Requests that the engine refuses, and such that break off.
//!
//! Owns what becomes of a connection whose client breaks a rule, takes too long or leaves in the middle: responses to
//! earlier requests go out, then a refusal where nothing was answered, and nothing more is decoded. Never writes bytes
//! itself. Called by: `receive`, `deadlines`, `settle`, the turn; `order` and `end`, which stop the intake.

use howth_engine::body::failure::BROKE_OFF;
use howth_engine::{Body, Event};
use howth_http1::{Rejection, ResponseHead};
use howth_http2::Reason;

use crate::connection::{Intake, Phase};
use crate::connections::Connections;
use crate::exchange::BodyState;

/// So much of what breaks a rule is shown to the application.
const REJECTED_BYTES_MAX: usize = 16 * 1024;

/// An exchange whose request body will never be whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedBody {
    exchange: u32,
    generation: u32,
    /// The answer, where nothing was answered; `None`: nobody is there to read it.
    answer: Option<Rejection>,
}

impl<L> Connections<L> {
    /// Refuses what the client sends: the answer goes out after those of earlier requests, and is the last. Within a
    /// body, `reason` is what its reader is told.
    /// `bytes`: what came, as far as it is known.
    pub(crate) fn reject(&mut self, index: u32, rejection: Rejection, reason: &'static str, bytes: &[u8]) {
        let is_within_body = self.connections[index].body().is_some();
        // Within a body whose request has its answer already, a second one would be taken for that to another request.
        if !self.end_body(index, reason, Some(rejection)) && !is_within_body {
            self.head.clear();
            let exchange = self.append_exchange(index);
            match self.tells_rejections(index) {
                true => self.tell_rejection(exchange, rejection, bytes),
                false => {
                    self.exchanges[exchange].silent = true;
                    self.answer_with(exchange, rejection);
                }
            }
        }
        self.unsettle(index);
    }

    /// Whether the application answers what breaks a rule on this connection.
    pub(crate) fn tells_rejections(&self, index: u32) -> bool {
        self.listeners[self.connections[index].listener].tells_rejections
    }

    /// The request is the application's no more: that it was not whole is.
    fn reject_instead(&mut self, exchange: u32, rejection: Rejection) {
        let index = self.exchanges[exchange].connection;
        self.abort_from(exchange);
        self.head.clear();
        let rejected = self.append_exchange(index);
        self.tell_rejection(rejected, rejection, &[]);
    }

    fn tell_rejection(&mut self, exchange: u32, rejection: Rejection, bytes: &[u8]) {
        let rejected = &mut self.exchanges[exchange];
        rejected.rejection = Some(rejection);
        rejected.keep_alive = false;
        let bytes = &bytes[..bytes.len().min(REJECTED_BYTES_MAX)];
        rejected.body_bytes.extend_from_slice(bytes);
        self.connections[rejected.connection].held_bytes += bytes.len();
        let id = self.exchange_id(exchange);
        self.events.push(Event::Rejected(id));
    }

    /// Nothing more is decoded, and the body that is arriving, if it is anybody's, will never be whole: its reader is told
    /// `reason`, and `answer` is sent if nothing was answered yet. False: there is no such body.
    pub(crate) fn end_body(&mut self, index: u32, reason: &'static str, answer: Option<Rejection>) -> bool {
        let body = self.connections[index].body_exchange();
        self.connections[index].stop_intake();
        if let Some(body) = body {
            self.end_body_early(body, reason, answer);
        }
        body.is_some()
    }

    /// The client sends nothing more.
    pub fn end_of_stream(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        connection.moments.read_closed_ms = Some(self.now_ms);
        self.unsettle(index);
        let connection = &self.connections[index];
        if connection.phase != Phase::Open {
            return;
        }
        if connection.is_http2() {
            return self.end_of_frames(index);
        }
        let tunnel = match connection.intake {
            Intake::Tunnel(exchange) => Some(exchange),
            _ => None,
        };
        // They are told by the end of what they read.
        let body = connection.body_exchange().or(tunnel);
        let mut next = connection.front;
        while let Some(exchange) = next {
            let state = &self.exchanges[exchange];
            next = state.next;
            if !state.silent && !state.is_over() && body != Some(exchange) {
                let id = self.exchange_id(exchange);
                self.events.push(Event::Disconnected(id));
            }
        }
        match tunnel {
            Some(exchange) => self.end_tunnel(exchange),
            None => self.end_unfinished_body(index),
        }
        self.reject_unfinished_head(index);
    }

    /// Nobody is left to read an answer; an application that takes refusals is told of this one as well.
    fn reject_unfinished_head(&mut self, index: u32) {
        let connection = &self.connections[index];
        let is_within_head =
            matches!(connection.intake, Intake::Requests) && !connection.is_between_requests();
        if is_within_head && self.tells_rejections(index) {
            self.reject(index, Rejection::BROKE_OFF, BROKE_OFF, &[]);
        }
    }

    /// Once the client sends nothing more, a body that is not there as a whole never will be.
    pub(crate) fn end_unfinished_body(&mut self, index: u32) {
        let connection = &self.connections[index];
        if connection.is_read_closed() && matches!(connection.intake, Intake::Body(_)) {
            self.end_body(index, BROKE_OFF, None);
        }
    }

    /// The body is never whole; its reader is told `reason`.
    pub(crate) fn fail_body(&mut self, exchange: u32, reason: &'static str) {
        if self.exchanges[exchange].body == BodyState::Arriving {
            self.exchanges[exchange].body = BodyState::Failed(reason);
            self.tell_body_over(exchange);
        }
    }

    pub(crate) fn end_body_early(&mut self, exchange: u32, reason: &'static str, answer: Option<Rejection>) {
        // The application sees the body fail before the exchange is taken from it.
        self.fail_body(exchange, reason);
        self.failed.push(FailedBody {
            exchange,
            generation: self.exchanges.generation(exchange),
            answer,
        });
    }

    /// Ends the exchanges whose bodies failed in the last turn.
    pub(crate) fn end_failed_bodies(&mut self) {
        while let Some(failed) = self.failed.pop() {
            let exchange = failed.exchange;
            if !self.exchanges.contains(exchange, failed.generation) {
                continue;
            }
            if self.is_stream(exchange) {
                self.end_failed_stream(exchange, failed.answer);
                continue;
            }
            match failed.answer {
                // A response that is given whole still goes out.
                _ if self.exchanges[exchange].is_over() => {}
                _ if self.exchanges[exchange].has_begun() => self.break_off(exchange),
                Some(rejection) if self.tells_rejections(self.exchanges[exchange].connection) => {
                    self.reject_instead(exchange, rejection);
                }
                Some(rejection) => self.answer_instead(exchange, rejection),
                None => self.abort_from(exchange),
            }
        }
    }

    /// Refuses a request that the application has not heard of, and may be tried again soon (RFC 9110 section 10.2.3). The
    /// connection goes on: only this request is one too many.
    pub(crate) fn refuse_one(&mut self, exchange: u32, status: u16, body: &'static [u8]) {
        self.exchanges[exchange].silent = true;
        let head = ResponseHead {
            status,
            reason: None,
            fields: &[(b"content-type", b"text/plain"), (b"retry-after", b"1")],
        };
        // It has not been answered before.
        let _ = match self.is_stream(exchange) {
            true => self.respond_stream(exchange, &head, Body::Borrowed(body)),
            false => self.respond(exchange, &head, body.len() as u64, |connections, exchange| {
                connections.output_of(exchange).extend_from_slice(body);
            }),
        };
    }

    /// The handler took too long: 503, in the place of its response and of all behind it, if that was not begun.
    pub(crate) fn give_up_handler(&mut self, exchange: u32) {
        match (self.is_stream(exchange), self.exchanges[exchange].has_begun()) {
            (false, true) => self.break_off(exchange),
            (false, false) => self.answer_instead(exchange, Rejection::SERVICE_UNAVAILABLE),
            (true, true) => self.break_stream(exchange, Reason::CANCEL),
            (true, false) => self.answer_stream_instead(exchange, Rejection::SERVICE_UNAVAILABLE),
        }
    }

    /// Answers in the place of the application, which has not begun to, and nothing behind that.
    pub(crate) fn answer_instead(&mut self, exchange: u32, rejection: Rejection) {
        let index = self.exchanges[exchange].connection;
        self.abort_after(index, exchange);
        self.connections[index].stop_intake();
        self.take_over(exchange);
        self.answer_with(exchange, rejection);
    }
}
