//! What an application may do with exchanges whose responses are compressed.
//!
//! Owns nothing: what answers goes to `whole` and `streams`, the rest to the engine. Called by: the application.

use howth_engine::{Backpressure, Body, ExchangeId, Exchanges, Gone, InterimError, UpgradeError, WriteError};
use howth_http1::ResponseHead;

use super::CompressedExchanges;

impl Exchanges for CompressedExchanges {
    howth_engine::pass_on!(
        own:
        add_fields, head, peer_address, is_secure, tls_facts, connection_tls_facts, is_disconnected, is_body_complete,
        read_body, read_whole_body, keep_body, cancel_body, trailers, set_timeout, set_alarm, connection,
        watch_connection, listener, place, connection_address, connection_bytes_read, end_connection,
        stays_open, finish_encoded, rejection, listeners, pending,
    );

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

    fn unsent_bytes(&self, id: ExchangeId) -> u64 {
        self.own.unsent_bytes(id) + self.waiting_bytes(id)
    }

    fn start_encoded(&self, id: ExchangeId) -> Result<(), Gone> {
        match self.is_answered(id) {
            true => Err(Gone),
            false => self.own.start_encoded(id),
        }
    }

    fn upgrade_encoded(&self, id: ExchangeId) -> Result<(), UpgradeError> {
        match self.is_answered(id) {
            true => Err(Gone.into()),
            false => self.own.upgrade_encoded(id),
        }
    }

    fn owed(&self) -> Vec<ExchangeId> {
        let mut owed = self.own.owed();
        owed.retain(|id| !self.is_answered(*id));
        owed
    }
}
