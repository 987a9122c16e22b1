//! The engine's exchanges, with an eye on the status of each response.
//!
//! Every method is passed on. Owns nothing but what to look at. Called by: the application, where requests are logged.

use std::rc::Rc;

use howth_engine::{Backpressure, Body, ExchangeId, Exchanges, Gone, UpgradeError, WriteError};
use howth_http1::ResponseHead;

use super::RequestLog;

/// The exchanges of a core whose requests are logged.
pub(crate) struct LoggedExchanges {
    own: Rc<dyn Exchanges>,
    log: Rc<RequestLog>,
}

impl LoggedExchanges {
    pub(super) fn new(own: Rc<dyn Exchanges>, log: Rc<RequestLog>) -> Self {
        LoggedExchanges { own, log }
    }
}

impl Exchanges for LoggedExchanges {
    howth_engine::pass_on!(
        own:
        add_fields, head, peer_address, is_secure, tls_facts, connection_tls_facts, is_disconnected, is_body_complete,
        read_body, read_whole_body, keep_body, cancel_body, trailers, inform, fail, set_timeout, set_alarm,
        unsent_bytes, connection, watch_connection, listener, place, connection_address,
        connection_bytes_read, end_connection, stays_open, start_encoded, finish_encoded, rejection,
        upgrade_encoded, listeners, pending, owed,
    );

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.log.note_status(id, head.status);
        self.own.respond_with(id, head, body)
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.log.note_status(id, head.status);
        self.own.start(id, head, length)
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        self.own.upgrade(id, head)?;
        self.log.note_status(id, head.status);
        Ok(())
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.log.note_encoded(id, chunk);
        self.own.write(id, chunk)
    }

    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        self.log.note_status(id, head.status);
        self.own.respond(id, head, body)
    }

    fn refuse(&self, id: ExchangeId) {
        self.log.note_status(id, 503);
        self.own.refuse(id);
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.own.finish(id, trailers)
    }
}
