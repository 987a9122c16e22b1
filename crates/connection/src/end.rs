//! The end of exchanges and connections.
//!
//! Owns when an exchange is over, what becomes of those behind one that breaks off, and the end of a connection without
//! further ado. An orderly end goes through the phases of `settle`. Never tells the client why: `refuse` does. Called
//! by: the driver, the modules beside.

use howth_engine::Event;
use howth_engine::body::Keep;
use howth_engine::body::failure::NOT_READ;

use crate::connection::{End, Phase};
use crate::connections::Connections;
use crate::exchange::ResponseState;

impl<L> Connections<L> {
    /// Ends the exchanges whose responses were sent whole.
    pub(crate) fn retire(&mut self, index: u32) {
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
    pub(crate) fn bound_unread(&mut self, exchange: u32) {
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
        connection.disown_body(front);
        self.forget_body(front);
        self.exchanges[front].close();
        self.exchanges.release(front);
    }

    /// Aborts an exchange of whose response nothing was written, and every one behind it. Those before it are still
    /// answered, and then the connection ends.
    pub(crate) fn abort_from(&mut self, exchange: u32) {
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
        self.connections[index].stop_intake();
        self.unsettle(index);
    }

    /// Aborts every exchange behind `last`.
    pub(crate) fn abort_after(&mut self, index: u32, last: u32) {
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
    pub(crate) fn forget_body(&mut self, exchange: u32) {
        let forgotten = &mut self.exchanges[exchange];
        let bytes = forgotten.body_bytes.len();
        self.connections[forgotten.connection].held_bytes -= bytes;
        forgotten.body_bytes.clear();
        if forgotten.stream != 0 {
            self.release_window(exchange, bytes, false);
        }
    }

    fn abort_exchange(&mut self, index: u32, exchange: u32) {
        let connection = &mut self.connections[index];
        connection.exchanges -= 1;
        connection.disown_body(exchange);
        if !self.exchanges[exchange].silent {
            let id = self.exchange_id(exchange);
            self.events.push(Event::Aborted(id));
        }
        self.forget_body(exchange);
        self.exchanges[exchange].close();
        self.exchanges.release(exchange);
    }

    /// The transport has failed: ends the connection once the application has seen the events of this turn, since a request
    /// that is told of is readable while it is told.
    pub fn broken(&mut self, index: u32) {
        self.doomed.push((index, self.connections.generation(index)));
        self.unsettle(index);
    }

    /// Ends the connections that were to be ended after the last turn's events.
    pub(crate) fn end_doomed(&mut self) {
        while let Some((index, generation)) = self.doomed.pop() {
            if self.connections.contains(index, generation) {
                self.end(index);
            }
        }
    }

    /// Ends a connection without further ado.
    pub fn end(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        if connection.phase == Phase::Ended {
            return;
        }
        connection.phase = Phase::Ended;
        connection.input = Vec::new();
        // A plain end would look like the end of the response.
        if let Some(front) = connection.front
            && self.exchanges[front].ends_by_close()
        {
            connection.end = End::Reset;
        }
        let next = connection.front.take();
        connection.writer = None;
        connection.back = None;
        self.abort_chain(index, next);
        self.abort_streams(index);
        self.unsettle(index);
    }

    /// Ends a connection by a reset.
    pub(crate) fn reset(&mut self, index: u32) {
        self.connections[index].end = End::Reset;
        self.end(index);
    }
}
