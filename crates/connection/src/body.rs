//! Request bodies on their way to the application.
//!
//! Owns what a read gives, and what becomes of a body that outlasts its response. Never decodes a body, nor ends one:
//! `receive` and `refuse` do. Called by: the application, through [`Shared`](crate::Shared).

use howth_engine::BodyRead;
use howth_engine::body::Keep;
use howth_engine::body::failure::GIVEN_UP;

use crate::connection::Phase;
use crate::connections::Connections;
use crate::exchange::BodyState;

impl<L> Connections<L> {
    pub(crate) fn read_body(&mut self, exchange: u32, bytes_max: usize) -> BodyRead {
        self.send_continue(exchange);
        if self.exchanges[exchange].coded.is_some() {
            return self.read_coded_body(exchange, bytes_max);
        }
        let reading = &mut self.exchanges[exchange];
        if reading.body_bytes.is_empty() {
            return match reading.body {
                BodyState::Complete => self.body_is_read(exchange, BodyRead::End),
                BodyState::Cancelled => BodyRead::Failed(GIVEN_UP),
                BodyState::Failed(reason) => self.body_is_read(exchange, BodyRead::Failed(reason)),
                BodyState::Arriving => {
                    reading.body_awaited = true;
                    BodyRead::Pending
                }
            };
        }
        let taken = if reading.body_bytes.len() <= bytes_max {
            std::mem::take(&mut reading.body_bytes)
        } else {
            let rest = reading.body_bytes.split_off(bytes_max);
            std::mem::replace(&mut reading.body_bytes, rest)
        };
        self.let_go(exchange, taken.len());
        BodyRead::Data(taken)
    }

    /// The application knows how the body ended: the exchange need not last for it.
    pub(crate) fn body_is_read(&mut self, exchange: u32, end: BodyRead) -> BodyRead {
        let read = &mut self.exchanges[exchange];
        if std::mem::take(&mut read.keep) != Keep::Nothing {
            let connection = read.connection;
            self.unsettle(connection);
        }
        end
    }

    pub(crate) fn keep_body(&mut self, exchange: u32, is_read: bool) -> bool {
        let keeping = &self.exchanges[exchange];
        let is_over = !matches!(keeping.body, BodyState::Arriving | BodyState::Complete);
        // Whoever reads once is not taken for one who does not.
        let is_read = is_read || keeping.keep == Keep::Read;
        let is_too_long = keeping.body == BodyState::Arriving && self.is_too_long_to_drain(exchange);
        // What arrives on a connection that is ending already is not decoded.
        let is_ending = self.connections[keeping.connection].phase != Phase::Open;
        if is_over || is_ending || keeping.continue_owed || (is_too_long && !is_read) {
            return false;
        }
        self.exchanges[exchange].keep = if is_read { Keep::Read } else { Keep::Perhaps };
        true
    }

    /// The application has taken body bytes; perhaps there is room again.
    pub(crate) fn let_go(&mut self, exchange: u32, bytes: usize) {
        let taken = &self.exchanges[exchange];
        let index = taken.connection;
        if taken.stream != 0 {
            self.release_window(exchange, bytes, true);
        }
        let high = self.options.body_high_watermark_bytes;
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        // Somebody takes what was kept.
        connection.moments.body_ms = now_ms.max(connection.moments.body_ms);
        let was_full = connection.held_bytes >= high;
        connection.held_bytes -= bytes;
        if was_full && connection.held_bytes < high {
            self.unsettle(index);
        }
    }

    /// Like `read_body` of everything; the slot keeps the memory for its next body.
    pub(crate) fn read_whole_body(&mut self, exchange: u32, read: &mut dyn FnMut(&[u8])) -> bool {
        let reading = &mut self.exchanges[exchange];
        if reading.body != BodyState::Complete || reading.coded.is_some() {
            return false;
        }
        read(&reading.body_bytes);
        let bytes = reading.body_bytes.len();
        let was_kept = std::mem::take(&mut reading.keep) != Keep::Nothing;
        reading.body_bytes.clear();
        let connection = reading.connection;
        self.let_go(exchange, bytes);
        if was_kept {
            self.unsettle(connection);
        }
        true
    }

    /// Nobody wants what has come and what comes of the body.
    pub(crate) fn cancel_body(&mut self, exchange: u32) {
        self.forget_body(exchange);
        let cancelled = &mut self.exchanges[exchange];
        cancelled.body_bytes = Vec::new();
        cancelled.coded = None;
        cancelled.keep = Keep::Nothing;
        if cancelled.body == BodyState::Arriving {
            cancelled.body = BodyState::Cancelled;
        }
        let connection = cancelled.connection;
        self.unsettle(connection);
    }
}
