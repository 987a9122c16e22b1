//! What a connection wants of its driver.
//!
//! Everything else only changes state and marks the connection unsettled; here it is compared, once a turn, with what
//! the driver was told last. Owns how a connection moves from phase to phase, and when its client is read from. Never
//! does what is wanted. Called by: the driver, for each connection that is unsettled.

use howth_http1::BodyLength;

use crate::Outgoing;
use crate::Segment;
use crate::connection::{End, Intake, Phase, Silence};
use crate::connections::Connections;
use crate::exchange::BodyState;
use crate::layer::Seal;

/// A body is large when so much of it is to come, or has come of one whose length nobody knows: then a change of the
/// way it is received pays. Measured on loopback; below it is lost in what the change costs.
const LARGE_BODY_BYTES: u64 = 256 * 1024;

/// No more is received behind a request that asks for another protocol before it is answered.
const UNDECIDED_BYTES_MAX: usize = 64 * 1024;

/// What a connection wants of its driver until it is settled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// That it goes on.
    Open(Receive),
    /// That its sending side is shut down, and the other goes on.
    HalfClosed(Receive),
    /// That both sides are shut down and, once the driver has nothing under way on it, that it is
    /// [closed](Connections::close).
    End(End),
    /// That it is closed here and its socket given up to another engine, once the driver has nothing under way on it; what
    /// comes until then is received here, and may make it stay. `has_asked`: a request was read on it.
    Leave {
        /// A request was read on it.
        has_asked: bool,
    },
}

/// What is to be received of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    /// Nothing.
    Nothing,
    /// Whatever comes.
    Bytes,
    /// Whatever comes, which is a large body that the application wants: [`Connections::body_room`] says how much of it,
    /// [`Connections::received_owned`] takes it without a copy.
    Body,
}

impl<L> Connections<L> {
    /// The next connection that is to be settled.
    #[inline]
    pub fn next_unsettled(&mut self) -> Option<u32> {
        while let Some(index) = self.unsettled.pop() {
            // One that was closed meanwhile wants nothing.
            let is_open = self.connections.is_occupied(index);
            if is_open && std::mem::take(&mut self.connections[index].is_unsettled) {
                return Some(index);
            }
        }
        // What was sent directly has had its turn.
        self.sent_directly = 0;
        None
    }

    /// Says what a connection wants. The driver asks for its [`output`](Self::output) first, and then this.
    pub fn settle(&mut self, index: u32) -> Wanted {
        self.advance_phase(index);
        if self.leaves(index) {
            let has_asked = self.connections[index].has_asked;
            self.note_reading(index, false);
            return Wanted::Leave { has_asked };
        }
        let wanted = match self.connections[index].phase {
            Phase::Open if self.has_sent_its_last(index) => Wanted::HalfClosed(self.wanted_receive(index)),
            Phase::Open | Phase::Finishing => Wanted::Open(self.wanted_receive(index)),
            Phase::Lingering => {
                self.note_ending(self.connections[index].listener);
                Wanted::HalfClosed(match self.connections[index].is_read_closed() {
                    true => Receive::Nothing,
                    false => Receive::Bytes,
                })
            }
            Phase::Ended => Wanted::End(self.connections[index].end),
        };
        let is_read = matches!(
            wanted,
            Wanted::Open(Receive::Bytes | Receive::Body) | Wanted::HalfClosed(Receive::Bytes | Receive::Body)
        );
        self.note_reading(index, is_read);
        self.schedule(index);
        wanted
    }

    /// Brings forward what is decoded and answered, and gives the bytes that are to be sent, in order, behind those given
    /// before; none while the transport has not taken all of those.
    #[inline]
    pub fn output(&mut self, index: u32) -> Option<Outgoing> {
        // A response may have become whole after all its bytes were sent.
        self.retire(index);
        self.tell_writable(index);
        if self.connections[index].phase == Phase::Open {
            self.resume_decoding(index);
        }
        if self.connections[index].is_http2() {
            self.advance_streams(index);
        }
        let connection = &mut self.connections[index];
        let output = &connection.output;
        if connection.phase > Phase::Finishing || output.is_in_flight() || !output.is_ready() {
            return None;
        }
        connection.moments.write_ms = self.now_ms;
        connection.unacknowledged = 0;
        let mut outgoing = connection.output.take();
        // Before a reset they leave by themselves: it would overtake them.
        let is_all = !connection.output.is_ready() && !outgoing.has_file();
        let ends = is_all && connection.phase == Phase::Finishing && connection.writer.is_none();
        if ends && connection.end == End::Plain {
            outgoing.mark_last();
        }
        Some(outgoing)
    }

    /// The transport has taken so many bytes of those it was given.
    #[inline]
    pub fn sent(&mut self, index: u32, bytes: usize) {
        let connection = &mut self.connections[index];
        connection.output.note_sent(bytes);
        connection.moments.write_ms = self.now_ms;
        if bytes > 0 {
            connection.unacknowledged = 0;
        }
        self.retire(index);
        self.tell_writable(index);
        if !self.is_at_rest(index) {
            self.unsettle(index);
        }
    }

    /// Whether bytes that the transport was given are still to be sent.
    #[inline]
    pub fn is_sending(&self, index: u32) -> bool {
        self.connections[index].phase < Phase::Ended
    }

    /// Keeps the memory of what was sent for the next response.
    #[inline]
    pub fn reuse(&mut self, spent: Segment) {
        match spent {
            Segment::Owned(buffer) => self.spare(buffer),
            Segment::Sealed(sealed) => self.spare_sealed(sealed),
            Segment::Shared(_) => {}
        }
    }

    /// The driver could not receive what the client has sent: its silence is ours.
    pub fn not_received(&mut self, index: u32) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        connection.is_read = false;
        connection.moments.idle_ms = now_ms;
        if connection.is_between_requests() {
            connection.moments.head_ms = now_ms;
        }
        self.unsettle(index);
    }

    /// What the client has not sent so far is not held against it.
    pub(crate) fn read_anew(&mut self, index: u32) {
        self.connections[index].is_read = false;
        self.unsettle(index);
    }

    /// Whether a connection that has sent its responses waits for the next request, or a tunnel for either side, and nothing has
    /// to be done for it.
    #[inline]
    fn is_at_rest(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        let waits = match connection.exchanges {
            0 => self.is_plain(connection),
            _ => self.is_plain_tunnel(connection),
        };
        waits && connection.is_read && connection.output.unsent() == 0 && self.is_looked_at_in_time(index)
    }

    /// Goes on with requests that were kept because the pipeline was full.
    fn resume_decoding(&mut self, index: u32) {
        let connection = &self.connections[index];
        if matches!(connection.intake, Intake::HeldBack) && connection.exchanges < self.options.pipeline_max {
            self.decode_input(index);
            self.end_unfinished_body(index);
        }
    }

    /// Moves the phase on where nothing is left to do in it.
    fn advance_phase(&mut self, index: u32) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        let is_over = connection.exchanges == 0;
        if connection.phase == Phase::Open && is_over && connection.takes_no_more() {
            connection.phase = Phase::Finishing;
        }
        let is_sent = connection.output.unsent() == 0;
        // What is under way of what seals it would be lost with the end of the socket.
        let has_last_word = connection.seal == Seal::Agreed && connection.end == End::Plain;
        match connection.phase {
            Phase::Open | Phase::Finishing
                if connection.is_read_closed() && is_over && is_sent && has_last_word =>
            {
                connection.moments.idle_ms = now_ms;
                connection.moments.head_ms = now_ms;
                connection.has_last_word = true;
                connection.phase = Phase::Lingering;
            }
            Phase::Open if connection.is_read_closed() && is_over && is_sent => {
                connection.phase = Phase::Ended
            }
            Phase::Finishing if is_over && is_sent => {
                connection.moments.idle_ms = now_ms;
                connection.moments.head_ms = now_ms;
                connection.discarded_bytes = 0;
                connection.input = Vec::new();
                // RFC 9112 section 9.6: the client's last bytes are lingered over, where there may be any. Whether it has kept to
                // what it announced is known only of one that was read from.
                let is_silent =
                    connection.is_read && matches!(connection.intake, Intake::Nothing(Silence::Announced));
                let ends = connection.is_read_closed() || is_silent || connection.end == End::Reset;
                connection.has_last_word = has_last_word && !ends;
                connection.phase = if ends { Phase::Ended } else { Phase::Lingering };
            }
            Phase::Lingering if connection.is_read_closed() && !connection.has_last_word => {
                connection.phase = Phase::Ended
            }
            _ => {}
        }
    }

    /// Whether the connection's last response is out, and it lasts for the request's body, or the other side of a tunnel.
    fn has_sent_its_last(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        let front = connection.front.map(|front| &self.exchanges[front]);
        front.is_some_and(|front| front.is_answered && !front.keep_alive) && connection.output.unsent() == 0
    }

    fn wanted_receive(&self, index: u32) -> Receive {
        match self.wants_bytes(index) {
            false => Receive::Nothing,
            true if self.receives_large_body(index) => Receive::Body,
            true => Receive::Bytes,
        }
    }

    /// Whether more bytes of the client are welcome.
    fn wants_bytes(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        if connection.is_read_closed() || self.is_read_elsewhere(connection) {
            return false;
        }
        // One that is about to end is read from as long as that costs nothing.
        if connection.phase == Phase::Finishing {
            return connection.is_read && connection.discarded_bytes <= self.options.drain_bytes_max;
        }
        let takes_bytes = match &connection.intake {
            Intake::Requests | Intake::Nothing(_) => connection.exchanges < self.options.pipeline_max,
            Intake::HeldBack => false,
            Intake::Undecided => connection.input.len() < UNDECIDED_BYTES_MAX,
            Intake::Tunnel(_) => true,
            // What comes of bodies has windows of its own.
            Intake::Frames(_) => return self.has_room_for_answers(index),
            Intake::Body(body) => body.exchange.is_some() || connection.exchanges < self.options.pipeline_max,
        };
        takes_bytes
            && connection.held_bytes < self.options.body_high_watermark_bytes
            && connection.discarded_bytes <= self.options.drain_bytes_max
            && self.has_room_for_answers(index)
    }

    /// Whether a client takes so much of what it is sent that more of its may be read.
    fn has_room_for_answers(&self, index: u32) -> bool {
        self.unsent_bytes(index) < 4 * self.options.write_high_watermark_bytes as u64
    }

    /// Whether what arrives now is a large body that somebody wants, or the greater part of one.
    fn receives_large_body(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        let Some(exchange) = connection
            .body_exchange()
            .filter(|_| connection.phase == Phase::Open)
        else {
            return false;
        };
        let reading = &self.exchanges[exchange];
        let bytes = connection.body_bytes();
        let is_large = match reading.head.body() {
            BodyLength::Known(length) => length.saturating_sub(bytes) >= LARGE_BODY_BYTES,
            BodyLength::Chunked => bytes >= LARGE_BODY_BYTES,
            BodyLength::None => false,
        };
        is_large && reading.body == BodyState::Arriving
    }

    /// Notes whether the client is read from. If it was not for a while, its silence was ours.
    fn note_reading(&mut self, index: u32, is_read: bool) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        let was_read = std::mem::replace(&mut connection.is_read, is_read);
        if is_read && !was_read {
            connection.moments.head_ms = now_ms;
            connection.moments.body_ms = now_ms;
            connection.moments.body_started_ms = now_ms;
            if let Intake::Body(body) = &mut connection.intake {
                body.rate_bytes_base = body.bytes;
            }
            self.wait_for_bodies_anew(index);
        }
    }
}
