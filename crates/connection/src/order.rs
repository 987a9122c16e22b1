//! The order of responses on their way out.
//!
//! The exchange whose turn it is (the connection's *writer*) is written straight into the connection's output; later
//! ones are held until they are the writer. Every response of a turn leaves in one send. Owns who the writer is. Never
//! encodes. Called by: `respond`, `refuse`, `direct`.

use howth_engine::{FileBody, Sealed};
use howth_http1::Date;

use crate::Segment;
use crate::connection::{End, Phase};
use crate::connections::Connections;
use crate::exchange::ResponseState;
use crate::output::SEGMENT_BYTES_MIN;

/// Output buffers kept for reuse, and the largest that is worth keeping.
const SPARE_MAX: usize = 256;
const SPARE_BYTES_MAX: usize = 16 * 1024;

/// The same of memory for sealed bytes: no more than a batch of them needs.
const SPARE_SEALED_MAX: usize = 24;
const SPARE_SEALED_BYTES_MAX: usize = 128 * 1024;

impl<L> Connections<L> {
    /// Where the exchange's bytes go now.
    pub(crate) fn output_of(&mut self, exchange: u32) -> &mut Vec<u8> {
        self.output_and_date(exchange).0
    }

    /// Where the exchange's bytes go now, and the date that heads carry.
    pub(crate) fn output_and_date(&mut self, exchange: u32) -> (&mut Vec<u8>, &Date) {
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
    pub(crate) fn push_kept(&mut self, exchange: u32, body: impl Into<Segment>) {
        let body = body.into();
        let index = self.exchanges[exchange].connection;
        let connection = &mut self.connections[index];
        if body.len() >= SEGMENT_BYTES_MIN && connection.writer == Some(exchange) {
            connection.output.push_segment(body);
        } else {
            self.output_of(exchange).extend_from_slice(&body);
        }
    }

    /// Appends a body that lies in a file: the last that is written of its response.
    pub(crate) fn push_file(&mut self, exchange: u32, file: FileBody) {
        if file.length == 0 {
            return;
        }
        let state = &mut self.exchanges[exchange];
        let connection = &mut self.connections[state.connection];
        match connection.writer == Some(exchange) {
            true => connection.output.push_file(file),
            false => state.held_file = Some(Box::new(file)),
        }
    }

    /// The response is complete as far as the application is concerned.
    pub(crate) fn written(&mut self, exchange: u32) {
        let by_close = self.exchanges[exchange].ends_by_close();
        self.exchanges[exchange].response = ResponseState::Written { by_close };
        self.touch_output(exchange);
        let index = self.exchanges[exchange].connection;
        if self.connections[index].writer == Some(exchange) {
            self.advance_writer(index);
        }
    }

    pub(crate) fn note_beginning(&mut self, exchange: u32) {
        let state = &self.exchanges[exchange];
        let connection = &self.connections[state.connection];
        let begins_at = match connection.writer == Some(exchange) {
            true => connection.output.queued(),
            false => state.held.len() as u64,
        };
        self.exchanges[exchange].begins_at = begins_at;
    }

    /// Nothing more is written to the client but what was for this exchange and those before it.
    pub(crate) fn end_with(&mut self, exchange: u32, response: ResponseState) {
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
            if let Some(file) = exchange.held_file.take() {
                connection.output.push_file(*file);
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
    pub(crate) fn touch_output(&mut self, exchange: u32) {
        self.unsettle(self.exchanges[exchange].connection);
    }

    /// Keeps a buffer for the next response.
    pub(crate) fn spare(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= SPARE_BYTES_MAX && self.spare.len() < SPARE_MAX {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Keeps memory for the next bytes that are sealed.
    pub(crate) fn spare_sealed(&mut self, mut sealed: Box<Sealed>) {
        if sealed.capacity() <= SPARE_SEALED_BYTES_MAX && self.spare_sealed.len() < SPARE_SEALED_MAX {
            sealed.clear();
            self.spare_sealed.push(sealed);
        }
    }
}
