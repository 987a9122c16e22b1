//! The application's side of the seam, over the engine's state.
//!
//! Every method borrows the core for its own length only; the engine holds no borrow while it calls the
//! handler, so JavaScript may call back at any depth.

use std::cell::{Ref, RefCell};

use howth_engine::body::Keep;
use howth_engine::body::failure::GIVEN_UP;
use howth_engine::{Backpressure, BodyRead, ExchangeId, Exchanges, Gone, PeerAddress, WriteError};
use howth_http1::{RequestHead, ResponseHead};

use crate::connection::Phase;
use crate::engine::{Core, State, direct};
use crate::exchange::BodyState;
use crate::kernel::Kernel;

/// The core, shared between the engine and the application of the same thread.
#[derive(Debug)]
pub(super) struct Shared<K: Kernel> {
    pub(super) core: RefCell<Core<K>>,
}

impl<K: Kernel> Shared<K> {
    fn with<R, E: From<Gone>>(
        &self,
        id: ExchangeId,
        act: impl FnOnce(&mut State, u32) -> Result<R, E>,
    ) -> Result<R, E> {
        self.with_kernel(id, |_, state, exchange| act(state, exchange))
    }

    fn with_kernel<R, E: From<Gone>>(
        &self,
        id: ExchangeId,
        act: impl FnOnce(&mut K, &mut State, u32) -> Result<R, E>,
    ) -> Result<R, E> {
        let core = &mut *self.core.borrow_mut();
        if !core.state.exchanges.contains(id.index, id.generation) {
            return Err(Gone.into());
        }
        act(&mut core.kernel, &mut core.state, id.index)
    }
}

impl<K: Kernel> Exchanges for Shared<K> {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.core.borrow(), |core| {
            core.state
                .exchanges
                .get(id.index, id.generation)
                .map(|exchange| &exchange.head)
        })
        .ok()
    }

    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress> {
        let core = self.core.borrow();
        let exchange = core.state.exchanges.get(id.index, id.generation)?;
        let socket = core.state.connections[exchange.connection].socket?;
        core.kernel.peer_address(socket)
    }

    fn is_disconnected(&self, id: ExchangeId) -> bool {
        let core = self.core.borrow();
        let exchange = core.state.exchanges.get(id.index, id.generation);
        exchange.is_some_and(|exchange| core.state.connections[exchange.connection].read_closed)
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        let core = self.core.borrow();
        let exchange = core.state.exchanges.get(id.index, id.generation);
        exchange.is_some_and(|exchange| exchange.body == BodyState::Complete)
    }

    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone> {
        self.with(id, |state, exchange| Ok(state.read_body(exchange, bytes_max)))
    }

    fn read_whole_body(&self, id: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        self.with(id, |state, exchange| Ok(state.read_whole_body(exchange, read)))
    }

    fn keep_body(&self, id: ExchangeId, is_read: bool) -> Result<bool, Gone> {
        self.with(id, |state, exchange| Ok(state.keep_body(exchange, is_read)))
    }

    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |state, exchange| {
            state.forget_body(exchange);
            let cancelled = &mut state.exchanges[exchange];
            cancelled.body_bytes = Vec::new();
            cancelled.keep = Keep::Nothing;
            if cancelled.body == BodyState::Arriving {
                cancelled.body = BodyState::Cancelled;
            }
            let connection = cancelled.connection;
            state.unsettle(connection);
            Ok(())
        })
    }

    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        self.with_kernel(id, |kernel, state, exchange| {
            state.respond(exchange, head, body.len(), |state, exchange| {
                direct::push(kernel, state, exchange, &[body]);
            })
        })
    }

    fn respond_owned(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Vec<u8>) -> Result<(), Gone> {
        self.with(id, |state, exchange| {
            state.respond(exchange, head, body.len(), |state, exchange| {
                state.push_owned(exchange, body);
            })
        })
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.with(id, |state, exchange| state.start(exchange, head, length))
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.with_kernel(id, |kernel, state, exchange| {
            state.write(exchange, chunk, |state, exchange, parts| {
                direct::push(kernel, state, exchange, parts);
            })
        })
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.with(id, |state, exchange| state.finish(exchange, trailers))
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |state, exchange| {
            match &state.exchanges[exchange] {
                // Nothing is left to break off: it may still be on its way.
                failed if failed.is_over() => return Err(Gone),
                failed if failed.has_begun() => state.break_off(exchange),
                _ => state.abort_from(exchange),
            }
            Ok(())
        })
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        self.with(id, |state, exchange| {
            let now_ms = state.now_ms;
            let set = &mut state.exchanges[exchange];
            set.no_deadlines = seconds == 0;
            set.timeout_ms = u64::from(seconds) * 1000;
            set.handler_deadline_ms = if seconds == 0 {
                u64::MAX
            } else {
                now_ms + set.timeout_ms
            };
            let connection = set.connection;
            state.has_own_deadlines = true;
            state.unsettle(connection);
            Ok(())
        })
    }

    fn pending(&self) -> usize {
        self.core.borrow().state.exchanges.occupied()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        let core = self.core.borrow();
        let exchanges = &core.state.exchanges;
        let is_owed = |index: &u32| exchanges[*index].may_begin() && !exchanges[*index].silent;
        exchanges
            .indices()
            .filter(is_owed)
            .map(|index| core.state.exchange_id(index))
            .collect()
    }
}

impl State {
    fn read_body(&mut self, exchange: u32, bytes_max: usize) -> BodyRead {
        self.send_continue(exchange);
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
        let connection = reading.connection;
        self.let_go(connection, taken.len());
        BodyRead::Data(taken)
    }

    /// The application knows how the body ended: the exchange need not last for it.
    fn body_is_read(&mut self, exchange: u32, end: BodyRead) -> BodyRead {
        let read = &mut self.exchanges[exchange];
        if std::mem::take(&mut read.keep) != Keep::Nothing {
            let connection = read.connection;
            self.unsettle(connection);
        }
        end
    }

    fn keep_body(&mut self, exchange: u32, is_read: bool) -> bool {
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
    fn let_go(&mut self, index: u32, bytes: usize) {
        let high = self.options.body_high_watermark_bytes;
        let connection = &mut self.connections[index];
        let was_full = connection.held_bytes >= high;
        connection.held_bytes -= bytes;
        if was_full && connection.held_bytes < high {
            self.unsettle(index);
        }
    }

    /// Like `read_body` of everything; the slot keeps the memory for its next body.
    fn read_whole_body(&mut self, exchange: u32, read: &mut dyn FnMut(&[u8])) -> bool {
        let reading = &mut self.exchanges[exchange];
        if reading.body != BodyState::Complete {
            return false;
        }
        read(&reading.body_bytes);
        let bytes = reading.body_bytes.len();
        let was_kept = std::mem::take(&mut reading.keep) != Keep::Nothing;
        reading.body_bytes.clear();
        let connection = reading.connection;
        self.let_go(connection, bytes);
        if was_kept {
            self.unsettle(connection);
        }
        true
    }
}
