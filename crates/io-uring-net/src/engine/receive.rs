//! From received bytes to events.
//!
//! Bytes are decoded where the kernel put them; only what cannot be decoded yet (part of a head, requests
//! beyond the pipeline's bound) is copied to the connection.

use howth_engine::body::failure::MALFORMED;
use howth_engine::{Event, stopwatch};
use howth_http1::{BodyLength, Decoded};

use crate::connection::{Phase, Receive};
use crate::engine::{Core, State};
use crate::exchange::BodyState;
use crate::kernel::{Errno, Kernel, Lease};
use crate::token::Token;

impl<K: Kernel> Core<K> {
    pub(super) fn received(&mut self, token: Token, result: Result<Option<Lease>, Errno>, more: bool) {
        let index = token.index;
        if !self.state.connections.contains(index, token.generation) {
            // The connection is gone, but the buffer is ours to give back.
            if let Ok(Some(lease)) = result {
                self.kernel.release(lease);
            }
            return;
        }
        if !more {
            let connection = &mut self.state.connections[index];
            connection.receive = Receive::Off;
            connection.operations -= 1;
        }
        match result {
            Ok(Some(lease)) => {
                self.state.ingest(index, self.kernel.bytes(&lease));
                self.kernel.release(lease);
                if more && self.state.only_waits_for_answers(index) {
                    return;
                }
            }
            Ok(None) => self.state.end_of_stream(index),
            // The buffers of this turn are given back by its end; settling arms the receive again.
            Err(Errno(libc::ENOBUFS)) => {
                self.state.counters.buffers_exhausted += 1;
                self.state.connections[index].paused = true;
            }
            Err(Errno(libc::ECANCELED)) => {}
            Err(_) => self.state.tear_later(index),
        }
        self.state.unsettle(index);
    }

    /// A poll has ended: takes what has arrived of a large body, no more than the application is to hold.
    pub(super) fn readable(&mut self, token: Token) {
        let index = token.index;
        if !self.state.connections.contains(index, token.generation) {
            return;
        }
        let connection = &mut self.state.connections[index];
        let was_cancelled = connection.receive == Receive::Cancelling;
        connection.receive = Receive::Off;
        connection.operations -= 1;
        self.state.unsettle(index);
        let (false, Some(socket)) = (was_cancelled, self.state.connections[index].socket) else {
            return;
        };
        let room = self.state.room_for_body(index);
        if room == 0 {
            return;
        }
        match self.kernel.receive_now(socket, room) {
            Ok(bytes) if bytes.is_empty() => self.state.end_of_stream(index),
            Ok(bytes) => self.state.ingest_owned(index, bytes),
            Err(Errno(libc::EAGAIN | libc::EINTR)) => {}
            Err(_) => self.state.tear_later(index),
        }
    }
}

impl State {
    /// How many bytes of the body being read there is room for; of a body of known length never any behind its end.
    fn room_for_body(&self, index: u32) -> usize {
        let connection = &self.connections[index];
        let Some(body) = connection.body else { return 0 };
        let exchange = &self.exchanges[body];
        let high = self.options.body_high_watermark_bytes;
        let room = high.saturating_sub(connection.held_bytes);
        match exchange.head.body() {
            BodyLength::Known(length) => {
                let to_come = length.saturating_sub(connection.body_bytes);
                room.min(usize::try_from(to_come).unwrap_or(usize::MAX))
            }
            _ => room,
        }
    }

    /// Like [`ingest`](Self::ingest), of bytes that may be kept: those of a body that nothing waits before become it.
    fn ingest_owned(&mut self, index: u32, bytes: Vec<u8>) {
        let connection = &mut self.connections[index];
        let free = connection
            .body
            .filter(|&body| self.exchanges[body].body_bytes.is_empty());
        let (Phase::Open, Some(body), true) = (connection.phase, free, connection.input.is_empty()) else {
            return self.ingest(index, &bytes);
        };
        if self.exchanges[body].head.body() == BodyLength::Chunked {
            return self.ingest(index, &bytes);
        }
        // Whole, because no more than the rest of the body was asked for; the decoder counts.
        let step = connection
            .decoder
            .decode(&bytes, &self.options.limits, &mut self.head);
        assert!(
            step.is_ok_and(|step| step.consumed == bytes.len()),
            "more was received than the body has"
        );
        connection.moments.body_ms = self.now_ms;
        connection.body_bytes += bytes.len() as u64;
        connection.held_bytes += bytes.len();
        self.exchanges[body].body_bytes = bytes;
        self.exchanges[body].continue_owed = false;
        self.tell_body_readable(body);
        // The end, if this was the last of it.
        self.decode(index, &[]);
    }

    /// Whether receiving goes on as it is and nothing else is to be done before the application has answered.
    fn only_waits_for_answers(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        self.is_plain(connection)
            && connection.exchanges > 0
            && connection.exchanges < self.options.pipeline_max
            && connection.receive == Receive::Armed
            && !connection.takes_no_more
            && !connection.held_back
            && connection.held_bytes < self.options.body_high_watermark_bytes.max(1)
            && self.options.deadlines.handler.is_none()
    }

    fn ingest(&mut self, index: u32, bytes: &[u8]) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        match connection.phase {
            Phase::Open => {}
            Phase::Lingering => {
                connection.moments.idle_ms = now_ms;
                connection.discarded_bytes += bytes.len() as u64;
                if connection.discarded_bytes > self.options.drain_bytes_max {
                    self.tear(index);
                }
                return;
            }
            Phase::Finishing | Phase::Tearing | Phase::Closing => return,
        }
        if connection.is_between_requests() {
            connection.moments.head_ms = now_ms;
        }
        if connection.input.is_empty() {
            let decoded = self.decode(index, bytes);
            let connection = &mut self.connections[index];
            if connection.phase == Phase::Open && decoded < bytes.len() {
                connection.input.extend_from_slice(&bytes[decoded..]);
            }
        } else {
            connection.input.extend_from_slice(bytes);
            self.decode_input(index);
        }
    }

    /// Decodes what the connection has kept.
    pub(super) fn decode_input(&mut self, index: u32) {
        let mut input = std::mem::take(&mut self.connections[index].input);
        let decoded = self.decode(index, &input);
        let connection = &mut self.connections[index];
        if connection.phase == Phase::Open && decoded < input.len() {
            input.drain(..decoded);
            connection.input = input;
        }
    }

    /// Decodes until more bytes are needed or the connection takes no more; returns how many bytes are done.
    fn decode(&mut self, index: u32, input: &[u8]) -> usize {
        let mut done = 0;
        while self.connections[index].phase == Phase::Open && self.may_decode(index) {
            let connection = &mut self.connections[index];
            let decode = || {
                let decoder = &mut connection.decoder;
                decoder.decode(&input[done..], &self.options.limits, &mut self.head)
            };
            let step = match stopwatch::timed(decode) {
                Ok(step) => step,
                Err(rejection) => {
                    self.reject(index, rejection, MALFORMED);
                    return input.len();
                }
            };
            let start = done;
            done += step.consumed;
            match step.decoded {
                Decoded::NeedMore => break,
                Decoded::Head => self.request(index),
                Decoded::Body(range) => self.body(index, &input[start + range.start..start + range.end]),
                Decoded::End => self.body_end(index),
            }
        }
        let is_stopped = done < input.len() && !self.may_decode(index);
        let connection = &mut self.connections[index];
        if connection.takes_no_more && is_stopped {
            connection.is_last = false;
            connection.discarded_bytes += (input.len() - done) as u64;
            return input.len();
        }
        connection.held_back = is_stopped;
        done
    }

    /// A pipeline that is full is decoded no further, but the body of its last request is.
    fn may_decode(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        let may_begin = connection.exchanges < self.options.pipeline_max && !connection.takes_no_more;
        may_begin || !connection.decoder.is_between_messages()
    }

    fn request(&mut self, index: u32) {
        let exchange = self.append_exchange(index);
        let connection = &mut self.connections[index];
        connection.has_asked = true;
        connection.is_leaving = self.releases_all;
        // RFC 9112 section 9.6: no request behind one that closes the connection is processed.
        connection.takes_no_more = !self.exchanges[exchange].facts.keep_alive;
        connection.is_last = connection.takes_no_more;
        connection.moments.head_ms = self.now_ms;
        if self.exchanges[exchange].body == BodyState::Arriving {
            connection.body = Some(exchange);
            connection.reading_body = true;
            connection.body_bytes = 0;
            connection.discarded_bytes = 0;
            connection.rate_bytes_base = 0;
            connection.moments.body_ms = self.now_ms;
            connection.moments.body_started_ms = self.now_ms;
        }
        self.counters.requests += 1;
        let id = self.exchange_id(exchange);
        self.events.push(Event::Request(id));
        if self.connections[index].read_closed {
            self.events.push(Event::Disconnected(id));
        }
    }

    /// Makes an exchange of `self.head`, as the newest of its connection.
    pub(super) fn append_exchange(&mut self, index: u32) -> u32 {
        let exchange = self.exchanges.occupy();
        let handler_deadline_ms = match self.options.deadlines.handler {
            Some(handler) => self.now_ms + handler.as_millis() as u64,
            None => u64::MAX,
        };
        std::mem::swap(&mut self.exchanges[exchange].head, &mut self.head);
        self.exchanges[exchange].open(index, handler_deadline_ms);
        let connection = &mut self.connections[index];
        match connection.back {
            Some(back) => self.exchanges[back].next = Some(exchange),
            None => connection.front = Some(exchange),
        }
        connection.writer.get_or_insert(exchange);
        connection.back = Some(exchange);
        connection.exchanges += 1;
        exchange
    }

    fn body(&mut self, index: u32, bytes: &[u8]) {
        let connection = &mut self.connections[index];
        connection.moments.body_ms = self.now_ms;
        connection.body_bytes += bytes.len() as u64;
        if let Some(body) = connection.body {
            // A client that sends without waiting needs no 100 (RFC 9110 section 10.1.1).
            self.exchanges[body].continue_owed = false;
        }
        let wanted = connection
            .body
            .filter(|&body| self.exchanges[body].body == BodyState::Arriving);
        let Some(body) = wanted else {
            connection.discarded_bytes += bytes.len() as u64;
            if connection.discarded_bytes > self.options.drain_bytes_max {
                self.give_up_body(index);
            }
            return;
        };
        let exchange = &mut self.exchanges[body];
        if exchange.body_bytes.capacity() == 0
            && let BodyLength::Known(length) = exchange.head.body()
        {
            exchange
                .body_bytes
                .reserve(length.min(self.options.body_high_watermark_bytes as u64) as usize);
        }
        exchange.body_bytes.extend_from_slice(bytes);
        self.connections[index].held_bytes += bytes.len();
        self.tell_body_readable(body);
    }

    fn body_end(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        connection.moments.head_ms = self.now_ms;
        connection.moments.idle_ms = self.now_ms;
        connection.reading_body = false;
        // Request trailers are checked by the decoder and then dropped: no Web API shows them.
        drop(connection.decoder.take_trailers());
        if let Some(body) = connection.body.take() {
            let exchange = &mut self.exchanges[body];
            if exchange.body == BodyState::Arriving {
                exchange.body = BodyState::Complete;
                exchange.continue_owed = false;
                self.tell_body_over(body);
            } else if exchange.body == BodyState::Cancelled {
                exchange.body = BodyState::Complete;
            }
        }
    }

    /// Tells of the end of a body, for which one that was kept is looked at even if nobody waits for it.
    pub(super) fn tell_body_over(&mut self, exchange: u32) {
        let over = &mut self.exchanges[exchange];
        over.body_awaited |= over.is_answered && over.lasts();
        self.tell_body_readable(exchange);
    }

    pub(super) fn tell_body_readable(&mut self, exchange: u32) {
        if std::mem::take(&mut self.exchanges[exchange].body_awaited) {
            let id = self.exchange_id(exchange);
            self.events.push(Event::BodyReadable(id));
        }
    }

    /// Too much arrives of a body that nobody wants: the connection ends after what is owed on it, and is
    /// not read from until then.
    fn give_up_body(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        match connection.back {
            Some(back) => self.exchanges[back].keep_alive = false,
            None => connection.phase = Phase::Finishing,
        }
    }
}
