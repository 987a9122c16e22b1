//! From responses to bytes: encoding, the order of pipelined responses, the end of an exchange.
//!
//! The exchange whose turn it is (the connection's *writer*) is encoded straight into the connection's
//! output; later ones are held until they are the writer. Every response of a turn leaves in one send.

use crate::SEGMENT_BYTES_MIN;
use howth_engine::body::Keep;
use howth_engine::{Backpressure, Event, Gone, WriteError};
use howth_http1::{CHUNK_END, Date, Field, Framing, Rejection, ResponseHead, ResponsePlan};
use howth_http1::{encode_chunk_start, encode_head, encode_last_chunk, plan_response};

use crate::connection::{End, Phase};
use crate::connections::Connections;
use crate::exchange::{BodyState, ResponseState};

/// Output buffers kept for reuse, and the largest that is worth keeping.
const SPARE_MAX: usize = 256;
const SPARE_BYTES_MAX: usize = 16 * 1024;

impl<L> Connections<L> {
    /// Answers with a body of `length` bytes, which `push` appends where there is one on the wire.
    pub(crate) fn respond(
        &mut self,
        exchange: u32,
        head: &ResponseHead<'_>,
        length: usize,
        push: impl FnOnce(&mut Connections<L>, u32),
    ) -> Result<(), Gone> {
        if !self.exchanges[exchange].may_begin() {
            return Err(Gone);
        }
        let Some(plan) = self.plan(exchange, head, Some(length as u64)) else {
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
            ResponseState::Owed | ResponseState::Written | ResponseState::Broken { .. } => {
                return Err(WriteError::Gone);
            }
            ResponseState::Bodyless => return Ok(Backpressure::Ready),
            ResponseState::Chunked if chunk.is_empty() => {}
            ResponseState::Chunked => {
                encode_chunk_start(self.output_of(exchange), chunk.len());
                push(self, exchange, &[chunk, CHUNK_END]);
            }
            ResponseState::UntilClose => push(self, exchange, &[chunk]),
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
            ResponseState::Owed | ResponseState::Written | ResponseState::Broken { .. } => {
                return Err(WriteError::Gone);
            }
            ResponseState::Counted { declared, left } if left > 0 => {
                return Err(self.end_mismatch(exchange, declared, declared - left));
            }
            ResponseState::Chunked => encode_last_chunk(self.output_of(exchange), trailers),
            ResponseState::UntilClose | ResponseState::Counted { .. } | ResponseState::Bodyless => {}
        }
        self.written(exchange);
        Ok(())
    }

    /// Breaks a response off, or the connection where none was begun.
    pub(crate) fn fail(&mut self, exchange: u32) -> Result<(), Gone> {
        match &self.exchanges[exchange] {
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

    /// Whether a response stream should pause.
    ///
    /// What went to the kernel directly, of all connections, counts as waiting until the turn is over: a stream whose
    /// client keeps up would otherwise never pause, and the core serve nobody else.
    pub(crate) fn backpressure(&mut self, exchange: u32) -> Backpressure {
        let waiting = self.waiting_bytes(exchange) + self.sent_directly;
        if waiting < self.options.write_high_watermark_bytes as u64 {
            return Backpressure::Ready;
        }
        self.exchanges[exchange].writable_awaited = true;
        Backpressure::Full
    }

    fn waiting_bytes(&self, exchange: u32) -> u64 {
        let index = self.exchanges[exchange].connection;
        let connection = &self.connections[index];
        match connection.writer == Some(exchange) {
            true => connection.output.unsent(),
            // It waits for those before it anyway: together they hold no more than one alone.
            false => self.unsent_bytes(index),
        }
    }

    /// Response bytes that the connection holds: those whose turn has come, and those that wait for it.
    pub(crate) fn unsent_bytes(&self, index: u32) -> u64 {
        let connection = &self.connections[index];
        let mut bytes = connection.output.unsent();
        let mut next = connection.writer;
        while let Some(exchange) = next {
            bytes += self.exchanges[exchange].held.len() as u64;
            next = self.exchanges[exchange].next;
        }
        bytes
    }

    /// Tells a paused writer to go on once half of the watermark is free.
    pub(crate) fn tell_writable(&mut self, index: u32) {
        let Some(writer) = self.connections[index].writer else {
            return;
        };
        if self.exchanges[writer].writable_awaited
            && self.waiting_bytes(writer) <= self.options.write_high_watermark_bytes as u64 / 2
        {
            self.exchanges[writer].writable_awaited = false;
            let id = self.exchange_id(writer);
            self.events.push(Event::Writable(id));
        }
    }

    /// What the application's response means on the wire; an invalid one is answered with 500 instead.
    fn plan(&mut self, exchange: u32, head: &ResponseHead<'_>, length: Option<u64>) -> Option<ResponsePlan> {
        let state = &self.exchanges[exchange];
        let is_arriving = matches!(state.body, BodyState::Arriving | BodyState::Cancelled);
        let unread = is_arriving && state.keep != Keep::Read && self.is_too_long_to_drain(exchange);
        let closing = self.is_draining() || state.continue_owed || unread || !state.keep_alive;
        match plan_response(state.facts, head, length, closing) {
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

    /// Whether more is to come of the body than is read of one that nobody wants.
    pub(crate) fn is_too_long_to_drain(&self, exchange: u32) -> bool {
        let state = &self.exchanges[exchange];
        let connection = &self.connections[state.connection];
        match state.head.body() {
            howth_http1::BodyLength::Known(length) => {
                length.saturating_sub(connection.body_bytes()) > self.options.drain_bytes_max
            }
            _ => false,
        }
    }

    fn encode_head(&mut self, exchange: u32, head: &ResponseHead<'_>, plan: &ResponsePlan) {
        let facts = self.exchanges[exchange].facts;
        let (output, date) = self.output_and_date(exchange);
        encode_head(output, facts, head, plan, date);
    }

    /// Where the exchange's bytes go now.
    pub(crate) fn output_of(&mut self, exchange: u32) -> &mut Vec<u8> {
        self.output_and_date(exchange).0
    }

    /// Where the exchange's bytes go now, and the date that heads carry.
    fn output_and_date(&mut self, exchange: u32) -> (&mut Vec<u8>, &Date) {
        let state = &mut self.exchanges[exchange];
        let connection = &mut self.connections[state.connection];
        let output = match connection.writer == Some(exchange) {
            true => {
                if connection.output.tail.capacity() == 0 {
                    connection.output.tail = self.spare.pop().unwrap_or_default();
                }
                &mut connection.output.tail
            }
            false => &mut state.held,
        };
        (output, &self.date)
    }

    /// Appends a body that is the engine's to keep: a large one is not copied.
    pub(crate) fn push_owned(&mut self, exchange: u32, body: Vec<u8>) {
        let index = self.exchanges[exchange].connection;
        let connection = &mut self.connections[index];
        if body.len() >= SEGMENT_BYTES_MIN && connection.writer == Some(exchange) {
            connection.output.push_segment(body);
        } else {
            self.output_of(exchange).extend_from_slice(&body);
        }
    }

    /// Sends `100 Continue` if the client waits for it and nothing else was said.
    pub(crate) fn send_continue(&mut self, exchange: u32) {
        let state = &mut self.exchanges[exchange];
        if !std::mem::take(&mut state.continue_owed) || state.has_begun() {
            return;
        }
        self.output_of(exchange).extend_from_slice(howth_http1::CONTINUE);
        self.touch_output(exchange);
    }

    /// The response is complete as far as the application is concerned.
    fn written(&mut self, exchange: u32) {
        self.exchanges[exchange].response = ResponseState::Written;
        self.touch_output(exchange);
        let index = self.exchanges[exchange].connection;
        if self.connections[index].writer == Some(exchange) {
            self.advance_writer(index);
        }
    }

    fn note_beginning(&mut self, exchange: u32) {
        let state = &self.exchanges[exchange];
        let connection = &self.connections[state.connection];
        let begins_at = match connection.writer == Some(exchange) {
            true => connection.output.queued(),
            false => state.held.len() as u64,
        };
        self.exchanges[exchange].begins_at = begins_at;
    }

    /// Breaks a response off that was begun. What was written of it goes out, and then the connection ends, in a way that
    /// no client can take for the end of the body.
    pub(crate) fn break_off(&mut self, exchange: u32) {
        let end = match self.exchanges[exchange].response {
            ResponseState::UntilClose => End::Reset,
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

    /// Nothing more is written to the client but what was for this exchange and those before it.
    fn end_with(&mut self, exchange: u32, response: ResponseState) {
        let index = self.exchanges[exchange].connection;
        self.exchanges[exchange].response = response;
        self.exchanges[exchange].keep_alive = false;
        self.abort_after(index, exchange);
        self.connections[index].stop_intake();
        self.touch_output(exchange);
        if self.connections[index].writer == Some(exchange) {
            self.advance_writer(index);
        }
    }

    /// Moves the right to write on to the first response that is not complete.
    fn advance_writer(&mut self, index: u32) {
        while let Some(writer) = self.connections[index].writer {
            let connection = &mut self.connections[index];
            let exchange = &mut self.exchanges[writer];
            if !exchange.held.is_empty() {
                exchange.begins_at += connection.output.queued();
                if exchange.held.len() >= SEGMENT_BYTES_MIN {
                    connection.output.push_segment(std::mem::take(&mut exchange.held));
                } else {
                    connection.output.tail.append(&mut exchange.held);
                }
            }
            if !exchange.is_over() {
                self.tell_writable(index);
                return;
            }
            if exchange.response == (ResponseState::Broken { end: End::Reset }) {
                connection.end = End::Reset;
            }
            exchange.ends_at = connection.output.queued();
            connection.writer = exchange.next;
            if !exchange.keep_alive {
                connection.take_no_more();
                // A body that is still wanted is received first; retiring the exchange goes on from there.
                if !exchange.lasts() {
                    connection.phase = Phase::Finishing;
                }
                connection.writer = None;
                self.abort_after(index, writer);
                return;
            }
        }
    }

    /// The send side has something new.
    fn touch_output(&mut self, exchange: u32) {
        self.unsettle(self.exchanges[exchange].connection);
    }

    fn refresh_timeout(&mut self, exchange: u32) {
        let state = &mut self.exchanges[exchange];
        if state.timeout_ms > 0 {
            state.handler_deadline_ms = self.now_ms + state.timeout_ms;
        }
    }

    /// Keeps a buffer for the next response.
    pub(crate) fn spare(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= SPARE_BYTES_MAX && self.spare.len() < SPARE_MAX {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}
