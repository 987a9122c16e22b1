//! Comparing what a connection wants with what the kernel was asked, and asking for the difference.
//!
//! Everything else in the engine only changes state and marks the connection unsettled; this is the one
//! place that queues operations on connections, so their number in flight is counted in one place too.

use howth_connection::Outgoing;
use howth_http1::BodyLength;

use crate::connection::{Phase, Receive};
use crate::engine::{Core, State};
use crate::exchange::BodyState;
use crate::kernel::{Kernel, Socket};
use crate::token::{Operation, Token};

/// A body is large when so much of it is to come, or has come of one whose length nobody knows: then a change of the
/// way it is received pays. Measured on loopback; below it is lost in what the change costs.
const LARGE_BODY_BYTES: u64 = 256 * 1024;

impl<K: Kernel> Core<K> {
    pub(super) fn settle_all(&mut self) {
        self.state.sent_directly = 0;
        while let Some(index) = self.state.unsettled.pop() {
            self.state.connections[index].unsettled = false;
            self.settle(index);
        }
    }

    fn settle(&mut self, index: u32) {
        // A response may have become whole after all its bytes were sent.
        self.state.retire(index);
        self.state.tell_writable(index);
        if self.state.connections[index].phase == Phase::Open {
            self.state.resume_decoding(index);
        }
        let connection = &mut self.state.connections[index];
        if connection.phase <= Phase::Finishing && !connection.sending && connection.output.is_ready() {
            let outgoing = connection.output.take();
            connection.moments.write_ms = self.state.now_ms;
            connection.unacknowledged = 0;
            self.send(index, outgoing);
        }
        self.state.advance_phase(index);
        if self.pass_on(index) {
            return;
        }
        match self.state.connections[index].phase {
            Phase::Open | Phase::Finishing => {}
            Phase::Lingering => self.shut_down(index, false),
            Phase::Tearing => {
                self.end_both_sides(index);
                if self.state.connections[index].operations == 0 {
                    self.close(index);
                }
            }
            Phase::Closing => return,
        }
        self.settle_receive(index);
        self.schedule(index);
    }

    pub(super) fn send(&mut self, index: u32, outgoing: Outgoing) {
        let token = self.begin(index, Operation::Send);
        let connection = &mut self.state.connections[index];
        connection.sending = true;
        if let Some(socket) = connection.socket {
            self.kernel.send(socket, token, outgoing);
            self.state.counters.sends += 1;
        }
    }

    fn settle_receive(&mut self, index: u32) {
        let wanted = self.state.wants_receive(index);
        let direct = wanted && self.state.receives_directly(index);
        let connection = &mut self.state.connections[index];
        let Some(socket) = connection.socket else { return };
        let in_flight = match connection.receive {
            Receive::Off if wanted => {
                let resumes = std::mem::take(&mut connection.paused);
                if resumes {
                    self.state.restart_body_clock(index);
                }
                return self.begin_receive(index, socket, direct);
            }
            Receive::Off | Receive::Cancelling => {
                connection.paused |= !wanted;
                return;
            }
            Receive::Armed if wanted && !direct => return,
            Receive::Polled if direct => return,
            Receive::Armed => Operation::Receive,
            Receive::Polled => Operation::Readable,
        };
        connection.receive = Receive::Cancelling;
        connection.paused |= !wanted;
        let target = self.token(index, in_flight);
        let token = self.begin(index, Operation::Cancel);
        self.kernel.cancel(target, token);
    }

    fn begin_receive(&mut self, index: u32, socket: Socket, direct: bool) {
        let (operation, receive) = match direct {
            true => (Operation::Readable, Receive::Polled),
            false => (Operation::Receive, Receive::Armed),
        };
        let token = self.begin(index, operation);
        match direct {
            true => self.kernel.poll_readable(socket, token),
            false => self.kernel.receive(socket, token),
        }
        self.state.connections[index].receive = receive;
    }

    /// Makes every operation in flight complete: by shutting the socket down, which tells the client of the end,
    /// or by cancelling them, where the end is to be a reset.
    fn end_both_sides(&mut self, index: u32) {
        let connection = &mut self.state.connections[index];
        if connection.read_closed && connection.shut_down && !connection.must_reset {
            // Both have ended already, and with them whatever was in flight.
            return;
        }
        if !connection.must_reset {
            return self.shut_down(index, true);
        }
        let Some(socket) = connection.socket.filter(|_| !connection.shut_down_both) else {
            return;
        };
        connection.shut_down_both = true;
        let is_sending = connection.sending;
        self.kernel.reset_on_close(socket);
        if is_sending {
            let target = self.token(index, Operation::Send);
            let token = self.begin(index, Operation::Cancel);
            self.kernel.cancel(target, token);
        }
    }

    fn shut_down(&mut self, index: u32, both: bool) {
        let connection = &self.state.connections[index];
        let done = if both {
            connection.shut_down_both
        } else {
            connection.shut_down
        };
        let (false, Some(socket)) = (done, connection.socket) else {
            return;
        };
        self.kernel.shutdown(socket, both);
        let connection = &mut self.state.connections[index];
        connection.shut_down = true;
        connection.shut_down_both |= both;
    }

    fn close(&mut self, index: u32) {
        let token = self.begin(index, Operation::Close);
        let connection = &mut self.state.connections[index];
        connection.phase = Phase::Closing;
        if let Some(socket) = connection.socket {
            self.kernel.close(socket, token);
        }
    }

    fn begin(&mut self, index: u32, operation: Operation) -> Token {
        self.state.connections[index].operations += 1;
        self.token(index, operation)
    }

    fn token(&self, index: u32, operation: Operation) -> Token {
        Token {
            operation,
            index,
            generation: self.state.connections.generation(index),
        }
    }
}

impl State {
    /// Goes on with requests that were kept because the pipeline was full.
    fn resume_decoding(&mut self, index: u32) {
        let connection = &self.connections[index];
        if connection.held_back && connection.exchanges < self.options.pipeline_max {
            self.decode_input(index);
            self.end_unfinished_body(index);
        }
    }

    /// Moves the phase on where nothing is left to do in it.
    fn advance_phase(&mut self, index: u32) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        let is_sent = !connection.sending && !connection.output.is_ready();
        if connection.phase == Phase::Open && connection.takes_no_more && connection.exchanges == 0 {
            connection.phase = Phase::Finishing;
        }
        match connection.phase {
            Phase::Open if connection.read_closed && connection.exchanges == 0 && is_sent => {
                connection.phase = Phase::Tearing;
            }
            Phase::Finishing if is_sent && connection.exchanges == 0 => {
                connection.moments.idle_ms = now_ms;
                connection.moments.head_ms = now_ms;
                connection.discarded_bytes = 0;
                connection.input = Vec::new();
                // RFC 9112 section 9.6: the client's last bytes are lingered over, where there may be any.
                let is_silent = connection.is_last && !connection.reading_body;
                connection.phase = if connection.read_closed || is_silent || connection.must_reset {
                    Phase::Tearing
                } else {
                    Phase::Lingering
                };
            }
            Phase::Lingering if connection.read_closed => connection.phase = Phase::Tearing,
            _ => {}
        }
    }

    /// Whether more bytes of the client are welcome.
    fn wants_receive(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        if connection.read_closed || self.is_read_elsewhere(connection) {
            return false;
        }
        match connection.phase {
            Phase::Open => {
                connection.held_bytes < self.options.body_high_watermark_bytes.max(1)
                    && !connection.held_back
                    && connection.discarded_bytes <= self.options.drain_bytes_max
                    && (connection.exchanges < self.options.pipeline_max || connection.body.is_some())
                    && self.unsent_bytes(index) < 4 * self.options.write_high_watermark_bytes as u64
            }
            Phase::Finishing => matches!(connection.receive, Receive::Armed | Receive::Polled),
            Phase::Lingering => true,
            Phase::Tearing | Phase::Closing => false,
        }
    }

    /// Whether what arrives now is a large body that somebody wants, or the greater part of one.
    fn receives_directly(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        let Some(body) = connection.body.filter(|_| connection.phase == Phase::Open) else {
            return false;
        };
        let exchange = &self.exchanges[body];
        let is_large = match exchange.head.body() {
            BodyLength::Known(length) => length.saturating_sub(connection.body_bytes) >= LARGE_BODY_BYTES,
            BodyLength::Chunked => connection.body_bytes >= LARGE_BODY_BYTES,
            BodyLength::None => false,
        };
        is_large && exchange.body == BodyState::Arriving
    }

    /// The client was not read from for a while: its silence was ours.
    fn restart_body_clock(&mut self, index: u32) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        connection.moments.body_ms = now_ms;
        connection.moments.body_started_ms = now_ms;
        connection.rate_bytes_base = connection.body_bytes;
    }
}
