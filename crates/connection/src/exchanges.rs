//! The application's side of the seam, over the connections of a core.
//!
//! Every method borrows the driver for its own length only; a driver holds no borrow while it calls the handler, so
//! JavaScript may call back at any depth. Never decides anything: `Connections` does. Called by: the application.

use std::cell::{Ref, RefCell};

use howth_engine::{
    Backpressure, Body, BodyRead, ExchangeId, Exchanges, Gone, InterimError, PeerAddress, UpgradeError,
    WriteError,
};
use howth_http1::{RequestHead, ResponseHead, Trailers};

use crate::connections::Connections;
use crate::exchange::BodyState;
use crate::{Driver, Transport, direct};

/// A driver, shared between its engine and the application of the same thread.
#[derive(Debug)]
pub struct Shared<D>(pub RefCell<D>);

impl<D: Driver> Shared<D> {
    #[inline]
    fn with<R, E: From<Gone>>(
        &self,
        id: ExchangeId,
        act: impl FnOnce(&mut Connections<D::Link>, u32) -> Result<R, E>,
    ) -> Result<R, E> {
        self.with_transport(id, |_, connections, exchange| act(connections, exchange))
    }

    #[inline]
    fn with_transport<R, E: From<Gone>>(
        &self,
        id: ExchangeId,
        act: impl FnOnce(&mut D::Transport<'_>, &mut Connections<D::Link>, u32) -> Result<R, E>,
    ) -> Result<R, E> {
        let driver = &mut *self.0.borrow_mut();
        let (mut transport, connections) = driver.parts();
        if !connections.exchanges.contains(id.index, id.generation) {
            return Err(Gone.into());
        }
        let result = act(&mut transport, connections, id.index);
        drop(transport);
        driver.changed();
        result
    }
}

impl<D: Driver> Exchanges for Shared<D> {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.0.borrow(), |driver| {
            let exchange = driver.connections().exchanges.get(id.index, id.generation);
            exchange.map(|exchange| &exchange.head)
        })
        .ok()
    }

    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress> {
        let driver = &mut *self.0.borrow_mut();
        let (transport, connections) = driver.parts();
        let exchange = connections.exchanges.get(id.index, id.generation)?;
        transport.peer_address(connections.link(exchange.connection))
    }

    fn is_disconnected(&self, id: ExchangeId) -> bool {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let exchange = connections.exchanges.get(id.index, id.generation);
        exchange.is_some_and(|exchange| connections.connections[exchange.connection].is_read_closed())
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        let driver = self.0.borrow();
        let exchange = driver.connections().exchanges.get(id.index, id.generation);
        exchange.is_some_and(|exchange| exchange.body == BodyState::Complete)
    }

    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone> {
        self.with(id, |connections, exchange| {
            Ok(connections.read_body(exchange, bytes_max))
        })
    }

    fn read_whole_body(&self, id: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        self.with(id, |connections, exchange| {
            Ok(connections.read_whole_body(exchange, read))
        })
    }

    fn keep_body(&self, id: ExchangeId, is_read: bool) -> Result<bool, Gone> {
        self.with(id, |connections, exchange| {
            Ok(connections.keep_body(exchange, is_read))
        })
    }

    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            connections.cancel_body(exchange);
            Ok(())
        })
    }

    fn trailers(&self, id: ExchangeId) -> Option<Ref<'_, Trailers>> {
        Ref::filter_map(self.0.borrow(), |driver| {
            let exchange = driver.connections().exchanges.get(id.index, id.generation);
            exchange.map(|exchange| &exchange.trailers)
        })
        .ok()
    }

    fn inform(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), InterimError> {
        self.with(id, |connections, exchange| connections.inform(exchange, head))
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        self.with(id, |connections, exchange| connections.upgrade(exchange, head))
    }

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.with_transport(id, |transport, connections, exchange| {
            connections.respond(exchange, head, body.len(), |connections, exchange| match body {
                Body::Borrowed(bytes) => direct::push(transport, connections, exchange, &[bytes]),
                Body::Owned(bytes) => connections.push_kept(exchange, bytes),
                Body::Shared(bytes) => connections.push_kept(exchange, bytes),
            })
        })
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            connections.start(exchange, head, length)
        })
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.with_transport(id, |transport, connections, exchange| {
            connections.write(exchange, chunk, |connections, exchange, parts| {
                direct::push(transport, connections, exchange, parts);
            })
        })
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.with(id, |connections, exchange| connections.finish(exchange, trailers))
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |connections, exchange| connections.fail(exchange))
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            connections.set_timeout(exchange, seconds);
            Ok(())
        })
    }

    fn pending(&self) -> usize {
        self.0.borrow().connections().exchanges.occupied()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        self.0.borrow().connections().owed()
    }
}
