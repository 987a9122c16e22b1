//! From received bytes to events.
//!
//! Bytes are decoded where the driver has them; only what cannot be decoded yet (part of a head, requests beyond the
//! pipeline's bound) is copied to the connection. Owns when a connection is decoded, and how far. Never judges bytes:
//! `howth_http1` does. Called by: the driver.

use howth_engine::body::failure::MALFORMED;
use howth_engine::{Event, stopwatch};
use howth_http1::{BodyLength, Decoded, Trailers, Version};

use crate::connection::{Body, Intake, Phase, Silence};
use crate::connections::Connections;
use crate::exchange::BodyState;
use crate::layer::Seal;

impl<L> Connections<L> {
    /// The client has sent `bytes`. A driver that has stopped receiving because of them, or beside them, unsettles the
    /// connection itself.
    #[inline]
    pub fn received(&mut self, index: u32, bytes: &[u8]) {
        self.connections[index].received_bytes += bytes.len() as u64;
        self.take(index, bytes);
        if !self.only_waits_for_answers(index) {
            self.unsettle(index);
        }
    }

    fn take(&mut self, index: u32, bytes: &[u8]) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        if connection.phase != Phase::Open {
            return self.arrived_in_vain(index, bytes.len());
        }
        match connection.intake {
            Intake::Requests | Intake::HeldBack | Intake::Body(_) | Intake::Nothing(_) => {}
            Intake::Undecided => return connection.input.extend_from_slice(bytes),
            Intake::Tunnel(exchange) => return self.receive_tunnel(index, exchange, bytes),
            Intake::Frames(_) => return self.take_frames(index, bytes),
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

    /// The client has sent bytes that are dropped, whatever they are.
    pub(crate) fn arrived_in_vain(&mut self, index: u32, bytes: usize) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        match connection.phase {
            Phase::Lingering => {
                connection.moments.idle_ms = now_ms;
                connection.discarded_bytes += bytes as u64;
                if connection.discarded_bytes > self.options.drain_bytes_max {
                    self.end(index);
                }
            }
            Phase::Open | Phase::Finishing => connection.discard(bytes),
            Phase::Ended => {}
        }
    }

    /// Like [`received`](Self::received), of bytes that may be kept: those of a body that nothing waits before become it.
    ///
    /// # Panics
    /// When they are more than [`body_room`](Self::body_room) has allowed.
    pub fn received_owned(&mut self, index: u32, bytes: Vec<u8>) {
        let connection = &mut self.connections[index];
        let free = connection
            .body_exchange()
            .filter(|&body| self.exchanges[body].body == BodyState::Arriving)
            .filter(|&body| self.exchanges[body].body_bytes.is_empty());
        let (Phase::Open, Some(exchange), true) = (connection.phase, free, connection.input.is_empty())
        else {
            return self.received(index, &bytes);
        };
        if self.exchanges[exchange].head.body() == BodyLength::Chunked {
            return self.received(index, &bytes);
        }
        // Whole, because no more than the rest of the body was asked for; the decoder counts.
        let step = connection.decoder.decode(
            &bytes,
            &self.listeners[connection.listener].limits,
            &mut self.head,
        );
        assert!(
            step.is_ok_and(|step| step.consumed == bytes.len()),
            "more was received than the body has"
        );
        connection.moments.body_ms = self.now_ms;
        connection.received_bytes += bytes.len() as u64;
        if let Intake::Body(body) = &mut connection.intake {
            body.bytes += bytes.len() as u64;
        }
        connection.held_bytes += bytes.len();
        self.exchanges[exchange].body_bytes = bytes;
        self.exchanges[exchange].continue_owed = false;
        self.tell_body_readable(exchange);
        // The end, if this was the last of it.
        self.decode(index, &[]);
        self.unsettle(index);
    }

    /// How many bytes of the body being read there is room for; of a body of known length never any behind its end.
    pub fn body_room(&self, index: u32) -> usize {
        let connection = &self.connections[index];
        let Some(exchange) = connection.body_exchange() else {
            return 0;
        };
        let high = self.options.body_high_watermark_bytes;
        let room = high.saturating_sub(connection.held_bytes);
        match self.exchanges[exchange].head.body() {
            BodyLength::Known(length) => {
                let to_come = length.saturating_sub(connection.body_bytes());
                room.min(usize::try_from(to_come).unwrap_or(usize::MAX))
            }
            _ => room,
        }
    }

    /// Whether nothing is to be done for the connection before the application has answered, or taken what has come.
    #[inline]
    fn only_waits_for_answers(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        let waits = || {
            self.is_plain(connection)
                && connection.exchanges > 0
                && connection.exchanges < self.options.pipeline_max
                && self.listeners[connection.listener].deadlines.handler.is_none()
        };
        connection.is_read
            && connection.held_bytes < self.options.body_high_watermark_bytes
            && (waits() || self.is_plain_tunnel(connection))
    }

    /// Decodes what the connection has kept.
    pub(crate) fn decode_input(&mut self, index: u32) {
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
            let limits = &self.listeners[connection.listener].limits;
            let decode = || {
                let decoder = &mut connection.decoder;
                decoder.decode(&input[done..], limits, &mut self.head)
            };
            let step = match stopwatch::timed(decode) {
                Ok(step) => step,
                Err(_) if self.is_preface(index, &input[done..]) => {
                    return done + self.take_preface(index, &input[done..]);
                }
                Err(_) if self.is_of_no_protocol(index, &input[done..]) => {
                    self.end(index);
                    return input.len();
                }
                Err(rejection) => {
                    self.reject(index, rejection, MALFORMED, &input[done..]);
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
        match connection.intake {
            Intake::Nothing(_) if is_stopped => {
                connection.discard(input.len() - done);
                return input.len();
            }
            Intake::Requests if is_stopped => connection.intake = Intake::HeldBack,
            Intake::HeldBack if !is_stopped => connection.intake = Intake::Requests,
            _ => {}
        }
        done
    }

    /// A pipeline that is full is decoded no further, but the body of its last request is.
    fn may_decode(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        match connection.intake {
            Intake::Requests | Intake::HeldBack => {
                connection.exchanges < self.options.pipeline_max || !connection.decoder.is_between_messages()
            }
            Intake::Body(_) => true,
            Intake::Nothing(_) | Intake::Undecided | Intake::Tunnel(_) | Intake::Frames(_) => false,
        }
    }

    fn request(&mut self, index: u32) {
        let exchange = self.append_exchange(index);
        let releases_all = self.is_released(&self.connections[index]);
        let connection = &mut self.connections[index];
        connection.has_asked = true;
        connection.is_leaving = releases_all && connection.seal == Seal::None;
        connection.moments.head_ms = self.now_ms;
        // RFC 9112 section 9.6: no request behind one that closes the connection is processed.
        let facts = self.exchanges[exchange].facts;
        let last = (!facts.keep_alive).then_some(match facts.version {
            // Then it has sent `connection: close`, and sends no more.
            Version::Http11 | Version::Http2 => Silence::Announced,
            Version::Http10 => Silence::Unknown,
        });
        if self.exchanges[exchange].body == BodyState::Arriving {
            connection.intake = Intake::Body(Body {
                exchange: Some(exchange),
                bytes: 0,
                rate_bytes_base: 0,
                last,
            });
            connection.discarded_bytes = 0;
            connection.moments.body_ms = self.now_ms;
            connection.moments.body_started_ms = self.now_ms;
        } else if self.exchanges[exchange].asks_to_switch() {
            connection.intake = Intake::Undecided;
        } else if let Some(silence) = last {
            connection.intake = Intake::Nothing(silence);
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

    /// Makes an exchange of `self.head`, as the newest of its connection.
    pub(crate) fn append_exchange(&mut self, index: u32) -> u32 {
        let exchange = self.exchanges.occupy();
        let listener = self.connections[index].listener;
        let handler_deadline_ms = match self.listeners[listener].deadlines.handler {
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
        let Intake::Body(body) = &mut connection.intake else {
            unreachable!("the decoder is in a body, and the connection is not");
        };
        body.bytes += bytes.len() as u64;
        let owner = body.exchange;
        if let Some(exchange) = owner {
            // A client that sends without waiting needs no 100 (RFC 9110 section 10.1.1).
            self.exchanges[exchange].continue_owed = false;
        }
        let wanted = owner.filter(|&exchange| self.exchanges[exchange].body == BodyState::Arriving);
        let Some(exchange) = wanted else {
            connection.discarded_bytes += bytes.len() as u64;
            if connection.discarded_bytes > self.options.drain_bytes_max {
                self.give_up_body(index);
            }
            return;
        };
        let reading = &mut self.exchanges[exchange];
        if reading.body_bytes.capacity() == 0
            && let BodyLength::Known(length) = reading.head.body()
        {
            reading
                .body_bytes
                .reserve(length.min(self.options.body_high_watermark_bytes as u64) as usize);
        }
        reading.body_bytes.extend_from_slice(bytes);
        self.connections[index].held_bytes += bytes.len();
        self.tell_body_readable(exchange);
    }

    fn body_end(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        connection.moments.head_ms = self.now_ms;
        connection.moments.idle_ms = self.now_ms;
        let trailers = connection.decoder.take_trailers();
        let Intake::Body(body) = &connection.intake else {
            unreachable!("a body ends that was not read");
        };
        let owner = body.exchange;
        connection.intake = match body.last {
            Some(silence) => Intake::Nothing(silence),
            None => Intake::Requests,
        };
        if let Some(exchange) = owner {
            let ended = &mut self.exchanges[exchange];
            ended.trailers = trailers.map_or_else(Trailers::new, Trailers::from);
            if ended.body == BodyState::Arriving {
                ended.body = BodyState::Complete;
                ended.continue_owed = false;
                self.tell_body_over(exchange);
            } else if ended.body == BodyState::Cancelled {
                ended.body = BodyState::Complete;
            }
        }
    }

    /// Tells of the end of a body, for which one that was kept is looked at even if nobody waits for it.
    pub(crate) fn tell_body_over(&mut self, exchange: u32) {
        let over = &mut self.exchanges[exchange];
        over.body_awaited |= over.is_answered && over.lasts();
        self.tell_body_readable(exchange);
    }

    pub(crate) fn tell_body_readable(&mut self, exchange: u32) {
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
