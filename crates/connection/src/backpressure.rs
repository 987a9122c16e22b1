//! How much of responses waits, and who is told to pause and to go on.
//!
//! Owns the two watermarks. Never queues bytes. Called by: `respond`, for each part of a stream; `settle`, when bytes were
//! sent.

use howth_engine::{Backpressure, Event};

use crate::connections::Connections;

impl<L> Connections<L> {
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

    pub(crate) fn waiting_bytes(&self, exchange: u32) -> u64 {
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
            // Its silence so far was ours.
            self.connections[index].moments.write_ms = self.now_ms;
            let id = self.exchange_id(writer);
            self.events.push(Event::Writable(id));
        }
    }
}
