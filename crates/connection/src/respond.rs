//! From responses to bytes: what an application may give, and how it is encoded.
//!
//! Owns what an answer changes in its exchange. Never decides framing (`howth_http1::plan_response` does), nor where
//! the bytes go (`order`). Called by: the application, through [`Shared`](crate::Shared); `refuse`.

use howth_engine::body::Keep;
use howth_engine::{Backpressure, Event, Gone, WriteError};
use howth_http1::{CHUNK_END, Field, Framing, Rejection, ResponseHead, ResponsePlan};
use howth_http1::{encode_chunk_start, encode_head, encode_last_chunk, plan_response};

use crate::connection::End;
use crate::connections::Connections;
use crate::exchange::{BodyState, ResponseState};
use crate::switch::CONTINUE;

impl<L> Connections<L> {
    /// Answers with a body of `length` bytes, which `push` appends where there is one on the wire.
    pub(crate) fn respond(
        &mut self,
        exchange: u32,
        head: &ResponseHead<'_>,
        length: u64,
        push: impl FnOnce(&mut Connections<L>, u32),
    ) -> Result<(), Gone> {
        if !self.exchanges[exchange].may_begin() {
            return Err(Gone);
        }
        let Some(plan) = self.plan(exchange, head, Some(length)) else {
            return Ok(());
        };
        self.encode_head(exchange, head, &plan);
        if plan.framing != Framing::None {
            push(self, exchange);
        }
        self.written(exchange);
        Ok(())
    }

    pub(crate) fn start(
        &mut self,
        exchange: u32,
        head: &ResponseHead<'_>,
        length: Option<u64>,
    ) -> Result<(), Gone> {
        if !self.exchanges[exchange].may_begin() {
            return Err(Gone);
        }
        let Some(plan) = self.plan(exchange, head, length) else {
            return Ok(());
        };
        self.note_beginning(exchange);
        self.encode_head(exchange, head, &plan);
        self.exchanges[exchange].response = match plan.framing {
            Framing::None => ResponseState::Bodyless,
            Framing::Length(length) => ResponseState::Counted {
                declared: length,
                left: length,
            },
            Framing::Chunked => ResponseState::Chunked,
            Framing::UntilClose => ResponseState::UntilClose,
        };
        self.touch_output(exchange);
        Ok(())
    }

    /// Goes on with a response by `chunk`, which `push` appends in one piece or several.
    pub(crate) fn write(
        &mut self,
        exchange: u32,
        chunk: &[u8],
        push: impl FnOnce(&mut Connections<L>, u32, &[&[u8]]),
    ) -> Result<Backpressure, WriteError> {
        match self.exchanges[exchange].response {
            ResponseState::Owed | ResponseState::Written { .. } | ResponseState::Broken { .. } => {
                return Err(WriteError::Gone(Gone));
            }
            ResponseState::Bodyless => return Ok(Backpressure::Ready),
            ResponseState::Chunked if chunk.is_empty() => {}
            ResponseState::Chunked => {
                encode_chunk_start(self.output_of(exchange), chunk.len());
                push(self, exchange, &[chunk, CHUNK_END]);
            }
            ResponseState::UntilClose | ResponseState::Encoded | ResponseState::Tunnel => {
                push(self, exchange, &[chunk]);
            }
            ResponseState::Counted { declared, left } => {
                let length = chunk.len() as u64;
                let Some(left) = left.checked_sub(length) else {
                    return Err(self.end_mismatch(exchange, declared, declared - left + length));
                };
                self.exchanges[exchange].response = ResponseState::Counted { declared, left };
                push(self, exchange, &[chunk]);
            }
        }
        self.refresh_timeout(exchange);
        self.touch_output(exchange);
        Ok(self.backpressure(exchange))
    }

    pub(crate) fn finish(&mut self, exchange: u32, trailers: &[Field<'_>]) -> Result<(), WriteError> {
        match self.exchanges[exchange].response {
            ResponseState::Owed | ResponseState::Written { .. } | ResponseState::Broken { .. } => {
                return Err(WriteError::Gone(Gone));
            }
            ResponseState::Counted { declared, left } if left > 0 => {
                return Err(self.end_mismatch(exchange, declared, declared - left));
            }
            ResponseState::Chunked => encode_last_chunk(self.output_of(exchange), trailers),
            ResponseState::UntilClose
            | ResponseState::Encoded
            | ResponseState::Tunnel
            | ResponseState::Counted { .. }
            | ResponseState::Bodyless => {}
        }
        self.written(exchange);
        Ok(())
    }

    /// Breaks a response off, or the connection where none was begun.
    pub(crate) fn fail(&mut self, exchange: u32) -> Result<(), Gone> {
        let index = self.exchanges[exchange].connection;
        match &self.exchanges[exchange] {
            // Our side of a tunnel has ended; the other goes on.
            _ if self.is_half_closed_tunnel(exchange) => self.reset(index),
            // Nothing is left to break off: it may still be on its way.
            failed if failed.is_over() => return Err(Gone),
            failed if failed.has_begun() => self.break_off(exchange),
            _ => self.abort_from(exchange),
        }
        Ok(())
    }

    /// Answers for the application, or for nobody; the last response of the connection.
    pub(crate) fn answer_with(&mut self, exchange: u32, rejection: Rejection) {
        self.counters.refused += 1;
        self.exchanges[exchange].keep_alive = false;
        let (output, date) = self.output_and_date(exchange);
        rejection.encode(date, output);
        self.written(exchange);
    }

    /// Takes an exchange away from the application, which is told that it was aborted.
    pub(crate) fn take_over(&mut self, exchange: u32) {
        if !self.exchanges[exchange].silent {
            let id = self.exchange_id(exchange);
            self.events.push(Event::Aborted(id));
        }
        self.exchanges.renew(exchange);
        let taken = &mut self.exchanges[exchange];
        taken.silent = true;
        taken.continue_owed = false;
        taken.body_awaited = false;
        taken.keep = Keep::Nothing;
        if taken.body == BodyState::Arriving {
            taken.body = BodyState::Cancelled;
        }
        self.forget_body(exchange);
    }

    /// What the application's response means on the wire; an invalid one is answered with 500 instead.
    fn plan(&mut self, exchange: u32, head: &ResponseHead<'_>, length: Option<u64>) -> Option<ResponsePlan> {
        self.decline_switch(exchange);
        let closing = !self.stays_open(exchange);
        match plan_response(self.exchanges[exchange].facts, head, length, closing) {
            Ok(plan) => {
                let state = &mut self.exchanges[exchange];
                state.keep_alive = plan.keep_alive;
                // RFC 9112 section 9.6: no request behind a response that closes the connection is processed.
                if !plan.keep_alive {
                    self.connections[state.connection].take_no_more();
                }
                Some(plan)
            }
            Err(_) => {
                self.answer_instead(exchange, Rejection::INTERNAL_SERVER_ERROR);
                None
            }
        }
    }

    /// Whether the connection may stay open behind a response that is given now.
    pub(crate) fn stays_open(&self, exchange: u32) -> bool {
        let state = &self.exchanges[exchange];
        let is_arriving = matches!(state.body, BodyState::Arriving | BodyState::Cancelled);
        let unread = is_arriving && state.keep != Keep::Read && self.is_too_long_to_drain(exchange);
        let drains = self.drains(&self.connections[state.connection]).is_some();
        let closing = drains || state.continue_owed || unread;
        state.keep_alive && !closing
    }

    /// Whether more is to come of the body than is read of one that nobody wants.
    pub(crate) fn is_too_long_to_drain(&self, exchange: u32) -> bool {
        let state = &self.exchanges[exchange];
        let connection = &self.connections[state.connection];
        let received = match state.stream {
            0 => connection.body_bytes(),
            _ => self.stream_body_bytes(exchange),
        };
        match state.head.body() {
            howth_http1::BodyLength::Known(length) => {
                length.saturating_sub(received) > self.options.drain_bytes_max
            }
            _ => false,
        }
    }

    fn encode_head(&mut self, exchange: u32, head: &ResponseHead<'_>, plan: &ResponsePlan) {
        let facts = self.exchanges[exchange].facts;
        let added = self.take_added(exchange);
        let fields = added.fields(head);
        let head = &ResponseHead {
            fields: &fields,
            ..*head
        };
        let (output, date) = self.output_and_date(exchange);
        encode_head(output, facts, head, plan, date);
    }

    /// Sends `100 Continue` if the client waits for it and nothing else was said.
    pub(crate) fn send_continue(&mut self, exchange: u32) {
        let state = &mut self.exchanges[exchange];
        if !std::mem::take(&mut state.continue_owed) {
            return;
        }
        let (connection, is_stream, has_begun) = (state.connection, state.stream != 0, state.has_begun());
        let head = ResponseHead {
            status: CONTINUE,
            reason: None,
            fields: &[],
        };
        match is_stream {
            _ if has_begun => {}
            true => self.inform_stream(exchange, &head),
            false => {
                self.output_of(exchange).extend_from_slice(howth_http1::CONTINUE);
                self.touch_output(exchange);
            }
        }
        // What the client did not send before is not held against it.
        match is_stream {
            true => self.wait_for_body_anew(exchange),
            false => self.read_anew(connection),
        }
    }

    /// Breaks a response off that was begun. What was written of it goes out, and then the connection ends, in a way that
    /// no client can take for the end of the body.
    pub(crate) fn break_off(&mut self, exchange: u32) {
        let end = match self.exchanges[exchange].response {
            ResponseState::UntilClose | ResponseState::Encoded | ResponseState::Tunnel => End::Reset,
            _ => End::Plain,
        };
        self.end_with(exchange, ResponseState::Broken { end });
    }

    /// The response is not as long as its head says: 500 instead, where the client has seen nothing of it.
    fn end_mismatch(&mut self, exchange: u32, declared: u64, given: u64) -> WriteError {
        let state = &mut self.exchanges[exchange];
        let connection = &mut self.connections[state.connection];
        let is_unseen = match connection.writer == Some(exchange) {
            true => connection.output.retract(state.begins_at),
            false => {
                state.held.truncate(state.begins_at as usize);
                true
            }
        };
        if is_unseen {
            self.counters.refused += 1;
            let (output, date) = self.output_and_date(exchange);
            Rejection::INTERNAL_SERVER_ERROR.encode(date, output);
        }
        self.end_with(exchange, ResponseState::Broken { end: End::Plain });
        WriteError::Length { declared, given }
    }

    pub(crate) fn refresh_timeout(&mut self, exchange: u32) {
        let state = &mut self.exchanges[exchange];
        if state.timeout_ms > 0 {
            state.handler_deadline_ms = self.now_ms + state.timeout_ms;
        }
    }
}
