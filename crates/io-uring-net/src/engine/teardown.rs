//! The end of exchanges and connections.
//!
//! A connection ends in named steps: what is owed is sent, our side is shut down and the client's last bytes
//! are lingered over, both sides are shut down, every operation in flight completes, the socket is closed,
//! the slot is released. Closing a socket does not cancel its operations (io_uring_cancelation(7)), so the
//! order matters.

use howth_connection::Outgoing;
use howth_engine::Event;
use howth_engine::body::Keep;
use howth_engine::body::failure::NOT_READ;

use crate::connection::{Connection, Phase, Receive};
use crate::engine::{Core, State};
use crate::exchange::ResponseState;
use crate::kernel::{Errno, Kernel};
use crate::token::{Operation, Token};

impl<K: Kernel> Core<K> {
    pub(super) fn sent(&mut self, token: Token, result: Result<usize, Errno>, mut outgoing: Outgoing) {
        let index = token.index;
        if !self.state.connections.contains(index, token.generation) {
            return;
        }
        let state = &mut self.state;
        let connection = &mut state.connections[index];
        connection.operations -= 1;
        connection.sending = false;
        let sent = match result {
            Ok(sent) => sent,
            Err(Errno(libc::EINTR | libc::EAGAIN)) => 0,
            Err(_) => {
                state.unsettle(index);
                return state.tear(index);
            }
        };
        let mut spent = None;
        outgoing.advance(sent, |segment| spent = Some(segment));
        if let Some(segment) = spent {
            state.spare(segment);
        }
        let connection = &mut state.connections[index];
        connection.output.note_sent(sent);
        connection.moments.write_ms = state.now_ms;
        if sent > 0 {
            connection.unacknowledged = 0;
        }
        if !outgoing.is_empty() && connection.phase < Phase::Tearing {
            self.send(index, outgoing);
        }
        self.state.retire(index);
        self.state.tell_writable(index);
        if !self.state.is_at_rest(index) {
            self.state.unsettle(index);
        }
    }

    pub(super) fn done(&mut self, token: Token) {
        let index = token.index;
        if index == u32::MAX || !self.state.connections.contains(index, token.generation) {
            return;
        }
        self.state.connections[index].operations -= 1;
        if token.operation == Operation::Close {
            // What the connection still holds would stay until its slot is used again.
            self.state.connections[index] = Connection::default();
            self.state.connections.release(index);
        } else {
            self.state.unsettle(index);
        }
    }

    pub(super) fn drain(&mut self) {
        if self.state.draining_ms.is_none() {
            // An engine that was parked has an old clock, and the grace of idle connections begins now.
            self.read_clock();
            self.state.draining_ms = Some(self.state.now_ms);
            self.state.release_none();
            self.unsettle_everything();
        }
    }

    pub(super) fn abort(&mut self) {
        self.drain();
        // Nobody is waited for who would take them, or make room for them.
        self.released.clear();
        self.discard_waiting();
        let open: Vec<u32> = self.state.connections.indices().collect();
        for index in open {
            self.state.tear(index);
        }
    }

    pub(super) fn unsettle_everything(&mut self) {
        let open: Vec<u32> = self.state.connections.indices().collect();
        for index in open {
            self.state.unsettle(index);
        }
    }
}

impl State {
    /// Whether a connection that has sent its responses waits for the next request and nothing has to be done for it.
    fn is_at_rest(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        self.is_plain(connection)
            && connection.exchanges == 0
            && !connection.takes_no_more
            && connection.receive == Receive::Armed
            && !connection.sending
            && !connection.output.is_ready()
            && self.is_looked_at_in_time(index)
    }

    /// Ends the exchanges whose responses were sent whole.
    pub(super) fn retire(&mut self, index: u32) {
        while let Some(front) = self.connections[index].front {
            let exchange = &self.exchanges[front];
            let is_sent = exchange.is_over()
                && self.connections[index].writer != Some(front)
                && exchange.ends_at <= self.connections[index].output.sent();
            if !is_sent {
                return;
            }
            let keep_alive = exchange.keep_alive;
            let is_broken = matches!(exchange.response, ResponseState::Broken { .. });
            let lasts = exchange.lasts() && !is_broken;
            if !std::mem::replace(&mut self.exchanges[front].is_answered, true) {
                self.connections[index].moments.idle_ms = self.now_ms;
                if !self.exchanges[front].silent {
                    let id = self.exchange_id(front);
                    self.events.push(match is_broken {
                        true => Event::Aborted(id),
                        false => Event::Completed(id),
                    });
                }
            }
            if lasts {
                return self.bound_unread(front);
            }
            self.release_front(index);
            let connection = &mut self.connections[index];
            if !keep_alive && connection.phase == Phase::Open {
                connection.phase = Phase::Finishing;
            }
        }
    }

    /// Holds no more of an answered request's body than a body may have in memory, if nobody reads it.
    fn bound_unread(&mut self, exchange: u32) {
        let kept = &self.exchanges[exchange];
        if kept.keep == Keep::Perhaps && kept.body_bytes.len() >= self.options.body_high_watermark_bytes {
            self.fail_body(exchange, NOT_READ);
        }
    }

    fn release_front(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        let Some(front) = connection.front else { return };
        connection.front = self.exchanges[front].next;
        connection.exchanges -= 1;
        if connection.front.is_none() {
            connection.back = None;
            connection.writer = None;
        }
        if connection.body == Some(front) {
            connection.body = None;
        }
        self.forget_body(front);
        self.exchanges[front].close();
        self.exchanges.release(front);
    }

    /// Aborts an exchange of whose response nothing was written, and every one behind it. Those before it are still
    /// answered, and then the connection ends.
    pub(super) fn abort_from(&mut self, exchange: u32) {
        let index = self.exchanges[exchange].connection;
        let connection = &mut self.connections[index];
        if connection.writer == Some(exchange) {
            connection.writer = None;
        }
        let mut before = connection.front.filter(|front| *front != exchange);
        while let Some(earlier) = before.filter(|earlier| self.exchanges[*earlier].next != Some(exchange)) {
            before = self.exchanges[earlier].next;
        }
        match before {
            Some(before) => self.abort_after(index, before),
            None => {
                connection.front = None;
                connection.back = None;
                self.abort_chain(index, Some(exchange));
            }
        }
        self.stop_intake(index);
        self.unsettle(index);
    }

    /// Aborts every exchange behind `last`.
    pub(super) fn abort_after(&mut self, index: u32, last: u32) {
        let next = self.exchanges[last].next.take();
        self.connections[index].back = Some(last);
        self.abort_chain(index, next);
    }

    fn abort_chain(&mut self, index: u32, mut next: Option<u32>) {
        while let Some(exchange) = next {
            next = self.exchanges[exchange].next;
            self.abort_exchange(index, exchange);
        }
    }

    /// Lets go of what waits of a request body.
    pub(super) fn forget_body(&mut self, exchange: u32) {
        let forgotten = &mut self.exchanges[exchange];
        self.connections[forgotten.connection].held_bytes -= forgotten.body_bytes.len();
        forgotten.body_bytes.clear();
    }

    fn abort_exchange(&mut self, index: u32, exchange: u32) {
        let connection = &mut self.connections[index];
        connection.exchanges -= 1;
        if connection.body == Some(exchange) {
            connection.body = None;
        }
        if !self.exchanges[exchange].silent {
            let id = self.exchange_id(exchange);
            self.events.push(Event::Aborted(id));
        }
        self.forget_body(exchange);
        self.exchanges[exchange].close();
        self.exchanges.release(exchange);
    }

    /// Ends a connection once the application has seen the events of this turn: a request that is told of is
    /// readable while it is told.
    pub(super) fn tear_later(&mut self, index: u32) {
        self.doomed.push((index, self.connections.generation(index)));
    }

    /// Ends the connections that were to be ended after the last turn's events.
    pub(super) fn tear_doomed(&mut self) {
        while let Some((index, generation)) = self.doomed.pop() {
            if self.connections.contains(index, generation) {
                self.tear(index);
            }
        }
    }

    /// Ends a connection without further ado.
    pub(super) fn tear(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        if connection.phase >= Phase::Tearing {
            return;
        }
        connection.phase = Phase::Tearing;
        connection.input = Vec::new();
        // A plain end would look like the end of a body that is ended by the close.
        connection.must_reset |= connection
            .writer
            .is_some_and(|writer| self.exchanges[writer].response == ResponseState::UntilClose);
        let next = connection.front.take();
        connection.writer = None;
        connection.back = None;
        self.abort_chain(index, next);
        self.unsettle(index);
    }
}
