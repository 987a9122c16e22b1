//! From responses to frames.
//!
//! Owns what an answer changes in its stream. Never decides what a response means (`howth_http1::plan_response` does), nor when
//! its body leaves (`stream_send`). Called by: `respond`, `switch`, `exchanges`, for exchanges that are streams.

use howth_engine::{Backpressure, Body, Gone, WriteError};
use howth_http1::{
    Field, Framing, Rejection, ResponseHead, ResponsePlan, is_forwarded, is_trailer, plan_response,
};
use howth_http2::Reason;

use crate::Segment;
use crate::connections::Connections;
use crate::exchange::ResponseState;
use crate::http2::Ending;
use crate::switch::CONTINUE;

/// RFC 9110 section 15.5.6, as for HTTP/1.1.
const ALLOW: Field<'static> = (b"allow", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

impl<L> Connections<L> {
    pub(crate) fn respond_stream(
        &mut self,
        exchange: u32,
        head: &ResponseHead<'_>,
        body: Body<'_>,
    ) -> Result<(), Gone> {
        self.may_begin_stream(exchange)?;
        let Some(plan) = self.plan_stream(exchange, head, Some(body.len())) else {
            return Ok(());
        };
        let has_body = plan.framing != Framing::None && !body.is_empty();
        self.write_head(exchange, head, &plan, !has_body);
        if has_body {
            self.end_response(exchange, Ending::Whole);
            match body {
                Body::Borrowed(bytes) => self.push_stream(exchange, bytes.to_vec().into()),
                Body::Owned(bytes) => self.push_stream(exchange, bytes.into()),
                Body::Shared(bytes) => self.push_stream(exchange, bytes.into()),
                Body::File(file) => self.push_stream_file(exchange, file),
            }
        }
        self.stream_written(exchange);
        Ok(())
    }

    pub(crate) fn start_stream(
        &mut self,
        exchange: u32,
        head: &ResponseHead<'_>,
        length: Option<u64>,
    ) -> Result<(), Gone> {
        self.may_begin_stream(exchange)?;
        let Some(plan) = self.plan_stream(exchange, head, length) else {
            return Ok(());
        };
        self.exchanges[exchange].response = match plan.framing {
            Framing::None => ResponseState::Bodyless,
            Framing::Length(length) => ResponseState::Counted {
                declared: length,
                left: length,
            },
            Framing::Chunked | Framing::UntilClose => ResponseState::Chunked,
        };
        self.write_head(exchange, head, &plan, plan.framing == Framing::None);
        Ok(())
    }

    pub(crate) fn write_stream(&mut self, exchange: u32, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        match self.exchanges[exchange].response {
            ResponseState::Bodyless => return Ok(Backpressure::Ready),
            ResponseState::Counted { declared, left } => {
                let length = chunk.len() as u64;
                let Some(left) = left.checked_sub(length) else {
                    return Err(self.end_stream_mismatch(exchange, declared, declared - left + length));
                };
                self.exchanges[exchange].response = ResponseState::Counted { declared, left };
            }
            ResponseState::Chunked => {}
            _ => return Err(WriteError::Gone(Gone)),
        }
        if self.is_stream_gone(exchange) {
            return Err(WriteError::Gone(Gone));
        }
        if !chunk.is_empty() {
            self.push_stream(exchange, Segment::Owned(chunk.to_vec()));
        }
        self.refresh_timeout(exchange);
        Ok(self.stream_backpressure(exchange))
    }

    pub(crate) fn finish_stream(&mut self, exchange: u32, trailers: &[Field<'_>]) -> Result<(), WriteError> {
        match self.exchanges[exchange].response {
            ResponseState::Bodyless => {
                self.stream_written(exchange);
                return Ok(());
            }
            ResponseState::Counted { declared, left } if left > 0 => {
                return Err(self.end_stream_mismatch(exchange, declared, declared - left));
            }
            ResponseState::Counted { .. } | ResponseState::Chunked => {}
            _ => return Err(WriteError::Gone(Gone)),
        }
        let sent = trailers.iter().filter(|(name, value)| is_trailer(name, value));
        let sent: Vec<_> = sent
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect();
        let ending = if sent.is_empty() {
            Ending::Whole
        } else {
            Ending::Trailers(sent)
        };
        self.end_response(exchange, ending);
        self.stream_is_ready(exchange);
        self.stream_written(exchange);
        Ok(())
    }

    /// Breaks a response off; what of it the client has room for goes out before (RFC 9113 section 5.4.2).
    pub(crate) fn fail_stream(&mut self, exchange: u32) -> Result<(), Gone> {
        if self.exchanges[exchange].is_over() {
            return Err(Gone);
        }
        self.break_stream(exchange, Reason::INTERNAL_ERROR);
        Ok(())
    }

    /// Sends an interim response; its head was found to be in order. That for which the client waits is never left out.
    pub(crate) fn inform_stream(&mut self, exchange: u32, head: &ResponseHead<'_>) {
        let index = self.exchanges[exchange].connection;
        let has_room = self.unsent_bytes(index) < self.options.write_high_watermark_bytes as u64;
        if self.is_stream_gone(exchange) || !(has_room || head.status == CONTINUE) {
            return;
        }
        let stream = self.exchanges[exchange].stream;
        if let Some((http2, out)) = self.connections[index].http2_parts() {
            let fields = head.fields.iter().copied().filter(|(name, _)| is_forwarded(name));
            http2.session.headers(stream, head.status, fields, false, out);
        }
        self.unsettle(index);
    }

    /// Answers for the application, or for nobody.
    pub(crate) fn answer_stream(&mut self, exchange: u32, rejection: Rejection) {
        self.counters.refused += 1;
        let type_of = (&b"content-type"[..], &b"text/plain"[..]);
        let fields: &[Field<'_>] = match rejection.status {
            405 => &[ALLOW, type_of],
            _ => &[type_of],
        };
        let head = ResponseHead {
            status: rejection.status,
            reason: None,
            fields,
        };
        let body = rejection.body().as_bytes();
        let facts = self.exchanges[exchange].facts;
        if let Ok(plan) = plan_response(facts, &head, Some(body.len() as u64), false) {
            let has_body = plan.framing != Framing::None;
            self.write_head(exchange, &head, &plan, !has_body);
            if has_body {
                self.end_response(exchange, Ending::Whole);
                self.push_stream(exchange, Segment::Owned(body.to_vec()));
            }
        }
        self.stream_written(exchange);
    }

    fn may_begin_stream(&self, exchange: u32) -> Result<(), Gone> {
        match self.exchanges[exchange].may_begin() && !self.is_stream_gone(exchange) {
            true => Ok(()),
            false => Err(Gone),
        }
    }

    /// Whether the stream was reset, of which the application has not been told yet.
    pub(crate) fn is_stream_gone(&self, exchange: u32) -> bool {
        let state = &self.exchanges[exchange];
        let http2 = self.connections[state.connection].http2();
        let stream = http2.and_then(|http2| http2.session.stream(state.stream));
        stream.is_none_or(|stream| stream.is_reset())
    }

    fn plan_stream(
        &mut self,
        exchange: u32,
        head: &ResponseHead<'_>,
        length: Option<u64>,
    ) -> Option<ResponsePlan> {
        match plan_response(self.exchanges[exchange].facts, head, length, false) {
            Ok(plan) => Some(plan),
            Err(_) => {
                self.answer_stream_instead(exchange, Rejection::INTERNAL_SERVER_ERROR);
                None
            }
        }
    }

    fn write_head(&mut self, exchange: u32, head: &ResponseHead<'_>, plan: &ResponsePlan, end: bool) {
        let state = &self.exchanges[exchange];
        let (index, stream) = (state.connection, state.stream);
        let added = self.take_added(exchange);
        let fields = added.fields(head);
        let mut digits = itoa::Buffer::new();
        let length = plan
            .content_length
            .map(|bytes| (&b"content-length"[..], digits.format(bytes).as_bytes()));
        let has_date = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"date"));
        let date = (!has_date).then(|| (&b"date"[..], self.date.as_bytes()));
        let own = fields.iter().copied().filter(|(name, _)| is_forwarded(name));
        let connection = &mut self.connections[index];
        if connection.output.tail.capacity() == 0 {
            connection.output.tail = self.spare.pop().unwrap_or_default();
        }
        if let Some((http2, out)) = connection.http2_parts() {
            http2
                .session
                .headers(stream, head.status, own.chain(date).chain(length), end, out);
            if end {
                http2.written.push_back(stream);
            }
        }
        if end {
            self.note_end(exchange);
        }
        self.unsettle(index);
    }

    fn end_response(&mut self, exchange: u32, ending: Ending) {
        if let Some(sending) = self.sending_mut(exchange) {
            sending.ending = ending;
        }
    }

    /// The response is complete as far as the application is concerned.
    fn stream_written(&mut self, exchange: u32) {
        self.exchanges[exchange].response = ResponseState::Written { by_close: false };
        self.touch_output(exchange);
    }

    /// The response is not as long as its head says, which has gone out.
    fn end_stream_mismatch(&mut self, exchange: u32, declared: u64, given: u64) -> WriteError {
        self.break_stream(exchange, Reason::INTERNAL_ERROR);
        WriteError::Length { declared, given }
    }
}
