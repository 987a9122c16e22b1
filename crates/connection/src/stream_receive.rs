//! From frames to exchanges.
//!
//! Owns what becomes of each event of a session. Never judges frames: `howth_http2` does; nor heads: `howth_http1` does.
//! Called by: `receive`.

use howth_engine::Event;
use howth_engine::body::failure::{BROKE_OFF, MALFORMED};
use howth_http1::{BodyLength, Decoder, Rejection, RequestHead, RequestStart, Trailers, is_trailer};
use howth_http2::{ConnectionError, Event as Found, FieldBlock, PREFACE, Reason, RequestParts};

use crate::connection::Phase;
use crate::connections::Connections;
use crate::exchange::BodyState;

impl<L> Connections<L> {
    /// The client has sent `bytes`.
    pub(crate) fn take_frames(&mut self, index: u32, bytes: &[u8]) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        let is_between = connection.input.is_empty();
        let is_within_head = connection
            .http2()
            .is_some_and(|http2| http2.session.is_within_head());
        if is_between && !is_within_head {
            connection.moments.head_ms = now_ms;
        }
        if is_between {
            let done = self.read_frames(index, bytes);
            self.keep_input(index, &bytes[done..]);
        } else {
            connection.input.extend_from_slice(bytes);
            let mut input = std::mem::take(&mut connection.input);
            let done = self.read_frames(index, &input);
            if self.connections[index].phase == Phase::Open {
                input.drain(..done);
                self.connections[index].input = input;
            }
        }
        self.unsettle(index);
    }

    /// What no request is, is or begins the preface: gives how much of it is done.
    pub(crate) fn take_preface(&mut self, index: u32, input: &[u8]) -> usize {
        let connection = &mut self.connections[index];
        connection.decoder = Decoder::new();
        if input.len() < PREFACE.len() {
            return 0;
        }
        self.speak_http2(index);
        self.read_frames(index, input)
    }

    fn keep_input(&mut self, index: u32, rest: &[u8]) {
        let connection = &mut self.connections[index];
        if connection.phase == Phase::Open {
            connection.input.extend_from_slice(rest);
        }
    }

    /// Reads until more bytes are needed; gives how many are done.
    fn read_frames(&mut self, index: u32, input: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let Some(limits) = &self.options.http2 else {
                return input.len();
            };
            let connection = &mut self.connections[index];
            let is_open = connection.phase == Phase::Open;
            let Some((http2, out)) = connection
                .http2_parts()
                .filter(|(http2, _)| is_open && !http2.is_failed)
            else {
                connection.discard(input.len() - done);
                return input.len();
            };
            let bytes = &input[done..];
            let step = http2
                .session
                .receive(bytes, limits, &mut self.block, out, self.now_ms);
            let step = match step {
                Ok(step) => step,
                Err(error) => {
                    self.fail_connection(index, error);
                    return input.len();
                }
            };
            done += step.consumed;
            match step.event {
                Found::NeedMore => return done,
                Found::Nothing => {}
                Found::Request { stream, end } => self.begin_stream(index, stream, end),
                Found::Data {
                    stream,
                    bytes: range,
                    end,
                } => self.stream_data(index, stream, &bytes[range], end),
                Found::Trailers { stream } => self.stream_trailers(index, stream),
                Found::Reset { stream, by_client } => self.stream_is_reset(index, stream, by_client),
                Found::Window { stream } => self.window_opened(index, stream),
            }
        }
    }

    /// A request has come: an exchange, or an answer that refuses it.
    fn begin_stream(&mut self, index: u32, stream: u32, end: bool) {
        let limits = &self.listeners[self.connections[index].listener].limits;
        let rejection = assemble(&self.block, &mut self.head, end, limits).err();
        let body = self.head.body();
        self.connections[index].has_asked = true;
        // RFC 9113 section 8.1.1: it says that it has a body, and has ended without one.
        if end && matches!(body, BodyLength::Known(1..)) {
            if let Some((http2, out)) = self.connections[index].http2_parts() {
                http2.session.reset(stream, Reason::PROTOCOL_ERROR, out);
            }
            return;
        }
        let exchange = self.occupy_stream(index, stream);
        let now_ms = self.now_ms;
        if let Some((http2, _)) = self.connections[index].http2_parts()
            && let Some(own) = http2.session.stream_mut(stream)
        {
            own.user.exchange = exchange;
            (own.user.body_ms, own.user.body_started_ms) = (now_ms, now_ms);
            if let BodyLength::Known(bytes) = body {
                own.expect_content(bytes);
            }
        }
        if let Some(rejection) = rejection {
            let refused = &mut self.exchanges[exchange];
            refused.silent = true;
            // RFC 9110 section 9.3.2: also where nothing else of the head counts.
            refused.facts.is_head = self.block.iter().any(|field| field == (b":method", b"HEAD"));
            return self.answer_stream(exchange, rejection);
        }
        self.name_request(exchange);
        if !self.count_request(exchange) || !self.note_coding(exchange) {
            return;
        }
        self.counters.requests += 1;
        let id = self.exchange_id(exchange);
        self.events.push(Event::Request(id));
        if self.connections[index].is_read_closed() {
            self.events.push(Event::Disconnected(id));
        }
    }

    fn occupy_stream(&mut self, index: u32, stream: u32) -> u32 {
        let exchange = self.exchanges.occupy();
        let handler_deadline_ms = match self.deadlines(&self.connections[index]).handler {
            Some(handler) => self.now_ms + handler.as_millis() as u64,
            None => u64::MAX,
        };
        std::mem::swap(&mut self.exchanges[exchange].head, &mut self.head);
        self.exchanges[exchange].open(index, handler_deadline_ms);
        self.exchanges[exchange].stream = stream;
        self.connections[index].exchanges += 1;
        exchange
    }

    fn exchange_of(&self, index: u32, stream: u32) -> Option<u32> {
        let http2 = self.connections[index].http2()?;
        http2.session.stream(stream).map(|stream| stream.user.exchange)
    }

    fn stream_data(&mut self, index: u32, stream: u32, bytes: &[u8], end: bool) {
        let Some(exchange) = self.exchange_of(index, stream) else {
            return;
        };
        let now_ms = self.now_ms;
        let length = bytes.len();
        let listener = self.connections[index].listener;
        let body_bytes_max = self.listeners[listener].limits.body_bytes_max;
        let Some(sending) = self.sending_mut(exchange) else {
            return;
        };
        sending.body_bytes += length as u64;
        sending.body_ms = now_ms;
        let is_too_large = sending.body_bytes > body_bytes_max;
        let reading = &mut self.exchanges[exchange];
        reading.continue_owed = false;
        if reading.body != BodyState::Arriving {
            self.drop_data(exchange, length);
        } else if is_too_large {
            self.drop_data(exchange, length);
            self.end_body_early(exchange, MALFORMED, Some(Rejection::CONTENT_TOO_LARGE));
        } else if length > 0 {
            reading.body_bytes.extend_from_slice(bytes);
            self.connections[index].held_bytes += length;
            self.tell_body_readable(exchange);
        }
        if end {
            self.end_stream_body(exchange);
        }
    }

    /// Nobody wants what has come. So much of it may come again as is drained of a body, and no more.
    fn drop_data(&mut self, exchange: u32, bytes: usize) {
        let Some(sending) = self.sending_mut(exchange) else {
            return;
        };
        sending.dropped_bytes += bytes as u64;
        let is_drained = sending.dropped_bytes <= self.options.drain_bytes_max;
        self.release_window(exchange, bytes, is_drained);
    }

    fn stream_trailers(&mut self, index: u32, stream: u32) {
        let Some(exchange) = self.exchange_of(index, stream) else {
            return;
        };
        self.exchanges[exchange].trailers = trailers(&self.block);
        self.end_stream_body(exchange);
    }

    fn end_stream_body(&mut self, exchange: u32) {
        let ended = &mut self.exchanges[exchange];
        match ended.body {
            BodyState::Arriving => {
                ended.body = BodyState::Complete;
                ended.continue_owed = false;
                self.tell_body_over(exchange);
            }
            BodyState::Cancelled => ended.body = BodyState::Complete,
            BodyState::Complete | BodyState::Failed(_) => {}
        }
    }

    /// The application sees what it was told of in this turn before the exchange is taken from it.
    fn stream_is_reset(&mut self, index: u32, stream: u32, by_client: bool) {
        if let Some(exchange) = self.exchange_of(index, stream) {
            self.end_body_early(exchange, if by_client { BROKE_OFF } else { MALFORMED }, None);
        }
    }

    /// The client has broken a rule behind which nothing can be trusted.
    fn fail_connection(&mut self, index: u32, error: ConnectionError) {
        if let Some((http2, out)) = self.connections[index].http2_parts() {
            http2.is_failed = true;
            http2.session.fail(error, out);
        }
        self.counters.refused += 1;
        self.end_streams(index);
    }
}

/// The head of the request whose fields are in the block.
fn assemble(
    block: &FieldBlock,
    head: &mut RequestHead,
    end: bool,
    limits: &howth_http1::Limits,
) -> Result<(), Rejection> {
    let parts = RequestParts::read(block).filter(|_| !block.is_too_large());
    let parts = parts.ok_or(Rejection::HEAD_TOO_LARGE)?;
    let start = RequestStart {
        method: parts.method,
        target: parts.path.or(parts.authority).unwrap_or_default(),
        authority: parts.authority,
        has_body: !end,
    };
    head.assemble(start, block.iter().skip(parts.pseudo_fields), limits)
}

/// What may be believed of a trailer section (RFC 9110 section 6.5.1).
fn trailers(block: &FieldBlock) -> Trailers {
    let believed = block.iter().filter(|(name, value)| is_trailer(name, value));
    let owned = believed.map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    owned.collect()
}
