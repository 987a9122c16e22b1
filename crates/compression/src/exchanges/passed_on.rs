//! What an application may do with exchanges whose responses are compressed.
//!
//! Owns nothing: what answers goes to `whole` and `streams`, the rest to the engine. Called by: the application.

use std::cell::Ref;
use std::sync::Arc;

use howth_engine::{
    Backpressure, Body, BodyRead, ConnectionEnd, ConnectionId, ExchangeId, Exchanges, Gone, InterimError,
    ListenerId, Listeners, PeerAddress, Place, TlsFacts, UpgradeError, WriteError,
};
use howth_http1::{Rejection, RequestHead, ResponseHead, Trailers};

use super::CompressedExchanges;

impl Exchanges for CompressedExchanges {
    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.respond_whole(id, head, body)
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.start_stream(id, head, length)
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        match self.is_answered(id) {
            true => Err(Gone.into()),
            false => self.own.upgrade(id, head),
        }
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.write_part(id, chunk)
    }

    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        self.respond_whole(id, head, Body::Borrowed(body))
    }

    fn refuse(&self, id: ExchangeId) {
        // What was answered already is on its way.
        if !self.is_answered(id) {
            self.forget_stream(id);
            self.own.refuse(id);
        }
    }

    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        self.own.head(id)
    }

    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress> {
        self.own.peer_address(id)
    }

    fn is_secure(&self, id: ExchangeId) -> bool {
        self.own.is_secure(id)
    }

    fn tls_facts(&self, id: ExchangeId) -> Option<Arc<TlsFacts>> {
        self.own.tls_facts(id)
    }

    fn connection_tls_facts(&self, id: ConnectionId) -> Option<Arc<TlsFacts>> {
        self.own.connection_tls_facts(id)
    }

    fn is_disconnected(&self, id: ExchangeId) -> bool {
        self.own.is_disconnected(id)
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        self.own.is_body_complete(id)
    }

    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone> {
        self.own.read_body(id, bytes_max)
    }

    fn read_whole_body(&self, id: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        self.own.read_whole_body(id, read)
    }

    fn keep_body(&self, id: ExchangeId, is_read: bool) -> Result<bool, Gone> {
        self.own.keep_body(id, is_read)
    }

    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone> {
        self.own.cancel_body(id)
    }

    fn trailers(&self, id: ExchangeId) -> Option<Ref<'_, Trailers>> {
        self.own.trailers(id)
    }

    fn inform(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), InterimError> {
        match self.is_answered(id) {
            true => Err(Gone.into()),
            false => self.own.inform(id, head),
        }
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.finish_stream(id, trailers)
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        if self.is_answered(id) {
            return Err(Gone);
        }
        self.forget_stream(id);
        self.own.fail(id)
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        self.own.set_timeout(id, seconds)
    }

    fn set_alarm(&self, id: ExchangeId, in_ms: Option<u64>) -> Result<(), Gone> {
        self.own.set_alarm(id, in_ms)
    }

    fn unsent_bytes(&self, id: ExchangeId) -> u64 {
        self.own.unsent_bytes(id) + self.waiting_bytes(id)
    }

    fn connection(&self, id: ExchangeId) -> Option<ConnectionId> {
        self.own.connection(id)
    }

    fn place(&self, id: ExchangeId) -> Option<Place> {
        self.own.place(id)
    }

    fn listener(&self, id: ExchangeId) -> Option<ListenerId> {
        self.own.listener(id)
    }

    fn listeners(&self) -> &dyn Listeners {
        self.own.listeners()
    }

    fn watch_connection(&self, id: ConnectionId) -> Result<(), Gone> {
        self.own.watch_connection(id)
    }

    fn connection_address(&self, id: ConnectionId) -> Option<PeerAddress> {
        self.own.connection_address(id)
    }

    fn connection_bytes_read(&self, id: ConnectionId) -> Option<u64> {
        self.own.connection_bytes_read(id)
    }

    fn end_connection(&self, id: ConnectionId, end: ConnectionEnd) -> Result<(), Gone> {
        self.own.end_connection(id, end)
    }

    fn stays_open(&self, id: ExchangeId) -> bool {
        self.own.stays_open(id)
    }

    fn start_encoded(&self, id: ExchangeId) -> Result<(), Gone> {
        match self.is_answered(id) {
            true => Err(Gone),
            false => self.own.start_encoded(id),
        }
    }

    fn finish_encoded(&self, id: ExchangeId, keep_alive: bool) -> Result<(), Gone> {
        self.own.finish_encoded(id, keep_alive)
    }

    fn rejection(&self, id: ExchangeId) -> Option<Rejection> {
        self.own.rejection(id)
    }

    fn upgrade_encoded(&self, id: ExchangeId) -> Result<(), UpgradeError> {
        match self.is_answered(id) {
            true => Err(Gone.into()),
            false => self.own.upgrade_encoded(id),
        }
    }

    fn pending(&self) -> usize {
        self.own.pending()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        let mut owed = self.own.owed();
        owed.retain(|id| !self.is_answered(*id));
        owed
    }
}
