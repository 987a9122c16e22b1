//! The application's side of the seam, over the connections of a core.
//!
//! Every method borrows the driver for its own length only; a driver holds no borrow while it calls the handler, so
//! JavaScript may call back at any depth. Owns that borrow alone. Never decides anything: `Connections` does. Called
//! by: the application.

use std::cell::{Ref, RefCell};
use std::sync::Arc;

use howth_engine::{
    AddedFields, Backpressure, Body, BodyRead, ConnectionEnd, ConnectionId, Deadlines, ExchangeId, Exchanges,
    Gone, InterimError, ListenerId, Listeners, PeerAddress, Place, TlsFacts, UpgradeError, WriteError,
};
use howth_http1::{Limits, Rejection, RequestHead, ResponseHead, Trailers};

use crate::connections::Connections;
use crate::exchange::Exchange;
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

impl<D: Driver> Shared<D> {
    fn listener_of(&self, id: ExchangeId) -> Option<(ListenerId, Place)> {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let exchange = connections.exchanges.get(id.index, id.generation)?;
        Some(connections.listener(connections.listener_of(exchange.connection)))
    }

    fn with_connections<R>(&self, act: impl FnOnce(&mut Connections<D::Link>) -> R) -> R {
        let driver = &mut *self.0.borrow_mut();
        let result = act(driver.parts().1);
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
        let connection = connections.exchanges.get(id.index, id.generation)?.connection;
        let peer = connections.remembered_peer(&transport, connection)?;
        let told = connections.told(id.index, &peer);
        Some(told.map_or(peer, |told| told.client))
    }

    fn is_secure(&self, id: ExchangeId) -> bool {
        let driver = &mut *self.0.borrow_mut();
        let (transport, connections) = driver.parts();
        let Some(exchange) = connections.exchanges.get(id.index, id.generation) else {
            return false;
        };
        let is_sealed = connections.is_sealed(exchange.connection);
        if connections.options.clients.trusted_proxies.is_none() {
            return is_sealed;
        }
        let peer = connections.peer(&transport, exchange.connection);
        let told = peer.and_then(|peer| connections.told(id.index, &peer));
        told.and_then(|told| told.is_secure).unwrap_or(is_sealed)
    }

    fn tls_facts(&self, id: ExchangeId) -> Option<Arc<TlsFacts>> {
        let driver = &mut *self.0.borrow_mut();
        let (transport, connections) = driver.parts();
        let exchange = connections.exchanges.get(id.index, id.generation)?;
        transport.tls_facts(connections.link(exchange.connection))
    }

    fn connection_tls_facts(&self, id: ConnectionId) -> Option<Arc<TlsFacts>> {
        let driver = &mut *self.0.borrow_mut();
        let (transport, connections) = driver.parts();
        let is_open = connections.contains(id.index, id.generation);
        is_open
            .then(|| transport.tls_facts(connections.link(id.index)))
            .flatten()
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
        exchange.is_some_and(Exchange::has_whole_body)
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

    fn add_fields(&self, id: ExchangeId, fields: &Arc<AddedFields>) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            connections.exchanges[exchange].added.push(fields.clone());
            Ok(())
        })
    }

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.with_transport(id, |transport, connections, exchange| {
            if connections.is_stream(exchange) {
                return connections.respond_stream(exchange, head, body);
            }
            connections.respond(exchange, head, body.len(), |connections, exchange| match body {
                Body::Borrowed(bytes) => direct::push(transport, connections, exchange, &[bytes]),
                Body::Owned(bytes) => connections.push_kept(exchange, bytes),
                Body::Shared(bytes) => connections.push_kept(exchange, bytes),
                Body::File(file) => connections.push_file(exchange, file),
            })
        })
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            match connections.is_stream(exchange) {
                true => connections.start_stream(exchange, head, length),
                false => connections.start(exchange, head, length),
            }
        })
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.with_transport(id, |transport, connections, exchange| {
            if connections.is_stream(exchange) {
                return connections.write_stream(exchange, chunk);
            }
            connections.write(exchange, chunk, |connections, exchange, parts| {
                direct::push(transport, connections, exchange, parts);
            })
        })
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.with(id, |connections, exchange| {
            match connections.is_stream(exchange) {
                true => connections.finish_stream(exchange, trailers),
                false => connections.finish(exchange, trailers),
            }
        })
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            match connections.is_stream(exchange) {
                true => connections.fail_stream(exchange),
                false => connections.fail(exchange),
            }
        })
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            connections.set_timeout(exchange, seconds);
            Ok(())
        })
    }

    fn set_alarm(&self, id: ExchangeId, in_ms: Option<u64>) -> Result<(), Gone> {
        self.with(id, |connections, exchange| connections.set_alarm(exchange, in_ms))
    }

    fn unsent_bytes(&self, id: ExchangeId) -> u64 {
        let driver = self.0.borrow();
        let connections = driver.connections();
        match connections.exchanges.contains(id.index, id.generation) {
            true if connections.is_stream(id.index) => connections.stream_waiting_bytes(id.index),
            true => connections.waiting_bytes(id.index),
            false => 0,
        }
    }

    fn connection(&self, id: ExchangeId) -> Option<ConnectionId> {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let exchange = connections.exchanges.get(id.index, id.generation)?;
        Some(connections.connection_id(exchange.connection))
    }

    fn watch_connection(&self, id: ConnectionId) -> Result<(), Gone> {
        self.with_connections(|connections| connections.watch_connection(id))
    }

    fn listener(&self, id: ExchangeId) -> Option<ListenerId> {
        self.listener_of(id).map(|(listener, _)| listener)
    }

    fn place(&self, id: ExchangeId) -> Option<Place> {
        self.listener_of(id).map(|(_, place)| place)
    }

    fn connection_address(&self, id: ConnectionId) -> Option<PeerAddress> {
        let driver = &mut *self.0.borrow_mut();
        let (transport, connections) = driver.parts();
        let is_open = connections.contains(id.index, id.generation);
        is_open.then(|| connections.peer(&transport, id.index)).flatten()
    }

    fn connection_bytes_read(&self, id: ConnectionId) -> Option<u64> {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let is_open = connections.contains(id.index, id.generation);
        is_open.then(|| connections.connections[id.index].received_bytes)
    }

    fn end_connection(&self, id: ConnectionId, end: ConnectionEnd) -> Result<(), Gone> {
        self.with_connections(|connections| connections.end_connection(id, end))
    }

    fn stays_open(&self, id: ExchangeId) -> bool {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let exchange = connections.exchanges.get(id.index, id.generation);
        exchange.is_some() && connections.stays_open(id.index)
    }

    fn start_encoded(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |connections, exchange| connections.start_encoded(exchange))
    }

    fn finish_encoded(&self, id: ExchangeId, keep_alive: bool) -> Result<(), Gone> {
        self.with(id, |connections, exchange| {
            connections.finish_encoded(exchange, keep_alive)
        })
    }

    fn rejection(&self, id: ExchangeId) -> Option<Rejection> {
        let driver = self.0.borrow();
        let exchange = driver.connections().exchanges.get(id.index, id.generation);
        exchange.and_then(|exchange| exchange.rejection)
    }

    fn upgrade_encoded(&self, id: ExchangeId) -> Result<(), UpgradeError> {
        self.with(id, |connections, exchange| connections.upgrade_encoded(exchange))
    }

    fn listeners(&self) -> &dyn Listeners {
        self
    }

    fn pending(&self) -> usize {
        self.0.borrow().connections().exchanges.occupied()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        self.0.borrow().connections().owed()
    }
}

impl<D: Driver> Listeners for Shared<D> {
    fn listener_in(&self, place: Place) -> Option<ListenerId> {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let slot = connections.slot_in(place)?;
        Some(connections.listener(slot).0)
    }

    fn tell_opened(&self, listener: ListenerId) {
        self.with_connections(|connections| {
            connections.change_listener(listener, |listening| listening.tells_opened = true);
        });
    }

    fn end_connections(&self, listener: ListenerId, end: ConnectionEnd) {
        self.with_connections(|connections| connections.end_connections(listener, end));
    }

    fn take_refusals(&self, listener: ListenerId) {
        self.with_connections(|connections| {
            connections.change_listener(listener, |listening| {
                listening.limits.takes_connect = true;
                listening.limits.takes_expectations = true;
                listening.tells_rejections = true;
                // It encodes its answers itself, in HTTP/1.1.
                listening.takes_http2 = false;
            });
        });
    }

    fn change_limits(&self, listener: ListenerId, change: &mut dyn FnMut(&mut Limits)) {
        self.with_connections(|connections| {
            connections.change_listener(listener, |listening| change(&mut listening.limits));
        });
    }

    fn set_deadlines(&self, listener: ListenerId, deadlines: &Deadlines) {
        self.with_connections(|connections| connections.set_deadlines(listener, deadlines));
    }

    fn deadlines(&self, listener: ListenerId) -> Deadlines {
        let driver = self.0.borrow();
        let connections = driver.connections();
        match connections.listener_slot(listener) {
            Some(slot) => connections.listeners[slot].deadlines.clone(),
            None => connections.options.deadlines.clone(),
        }
    }

    fn connections(&self, listener: ListenerId) -> usize {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let slot = connections.listener_slot(listener);
        slot.map_or(0, |slot| connections.listeners[slot].connections as usize)
    }

    fn pending(&self, listener: ListenerId) -> usize {
        let driver = self.0.borrow();
        let connections = driver.connections();
        let Some(slot) = connections.listener_slot(listener) else {
            return 0;
        };
        let is_its = |exchange: &u32| {
            let connection = connections.exchanges[*exchange].connection;
            connections.connections[connection].listener == slot
        };
        connections.exchanges.indices().filter(is_its).count()
    }
}
