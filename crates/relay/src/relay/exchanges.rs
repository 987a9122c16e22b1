//! The application's view of all its exchanges: the engine's own, and remote requests.
//!
//! What it does to one of the engine's own is passed on; what it does to a remote request becomes a [`Message`] to the
//! remote request's origin. Owns the backpressure of remote requests' streams. Never sends a message: that waits until
//! it is fetched. Called by: the application.

use std::cell::Ref;
use std::sync::Arc;

use howth_engine::{
    Backpressure, Body, BodyRead, ExchangeId, Exchanges, Gone, InterimError, ListenerId, PeerAddress, Place,
    TlsFacts, UpgradeError, WriteError,
};
use howth_http1::{RequestHead, ResponseHead, Trailers, encode_interim};

use super::{HIGH_WATERMARK_BYTES, Relay, is_remote};
use crate::message::{Message, ResponseParts};
use crate::remote_requests::{Origin, RemoteRequest, Response, declared};

/// Chunks that wait to be sent are put together up to this length, so that many small ones are few messages.
const CHUNK_BYTES: usize = 64 * 1024;

impl Exchanges for Relay {
    howth_engine::pass_on!(
        own:
        add_fields, connection_tls_facts, set_alarm, connection, watch_connection, connection_address,
        connection_bytes_read, end_connection, start_encoded, finish_encoded, rejection, listeners,
    );

    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        if !is_remote(id) {
            return self.own.head(id);
        }
        Ref::filter_map(self.remote_requests.borrow(), |remote_requests| {
            remote_requests.get(id).map(|remote_request| &remote_request.head)
        })
        .ok()
    }

    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress> {
        if !is_remote(id) {
            return self.own.peer_address(id);
        }
        self.remote_requests.borrow().get(id)?.peer_address.clone()
    }

    fn is_secure(&self, id: ExchangeId) -> bool {
        if !is_remote(id) {
            return self.own.is_secure(id);
        }
        let remote_requests = self.remote_requests.borrow();
        remote_requests
            .get(id)
            .is_some_and(|remote_request| remote_request.is_secure)
    }

    fn tls_facts(&self, id: ExchangeId) -> Option<Arc<TlsFacts>> {
        if !is_remote(id) {
            return self.own.tls_facts(id);
        }
        self.remote_requests.borrow().get(id)?.tls_facts.clone()
    }

    fn is_disconnected(&self, id: ExchangeId) -> bool {
        if !is_remote(id) {
            return self.own.is_disconnected(id);
        }
        self.remote_requests
            .borrow()
            .get(id)
            .is_some_and(|remote_request| remote_request.has_left)
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        if !is_remote(id) {
            return self.own.is_body_complete(id);
        }
        self.remote_requests.borrow().get(id).is_some()
    }

    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone> {
        if !is_remote(id) {
            return self.own.read_body(id, bytes_max);
        }
        let mut remote_requests = self.remote_requests.borrow_mut();
        Ok(remote_requests.get_mut(id).ok_or(Gone)?.read_body(bytes_max))
    }

    fn read_whole_body(&self, id: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        if !is_remote(id) {
            return self.own.read_whole_body(id, read);
        }
        let body = self.read_body(id, usize::MAX)?;
        read(match &body {
            BodyRead::Data(bytes) => bytes,
            BodyRead::End | BodyRead::Pending | BodyRead::Failed(_) => &[],
        });
        Ok(true)
    }

    fn keep_body(&self, id: ExchangeId, is_read: bool) -> Result<bool, Gone> {
        // A remote request's body is here whole, for as long as the remote request.
        match is_remote(id) {
            true => self.remote_requests.borrow().get(id).map(|_| false).ok_or(Gone),
            false => self.own.keep_body(id, is_read),
        }
    }

    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone> {
        if !is_remote(id) {
            return self.own.cancel_body(id);
        }
        self.remote_requests
            .borrow_mut()
            .get_mut(id)
            .ok_or(Gone)?
            .cancel_body();
        Ok(())
    }

    fn trailers(&self, id: ExchangeId) -> Option<Ref<'_, Trailers>> {
        if !is_remote(id) {
            return self.own.trailers(id);
        }
        Ref::filter_map(self.remote_requests.borrow(), |remote_requests| {
            remote_requests
                .get(id)
                .map(|remote_request| &remote_request.trailers)
        })
        .ok()
    }

    fn inform(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), InterimError> {
        if !is_remote(id) {
            return self.own.inform(id, head);
        }
        // The origin's engine judges it again, and nobody would hear of that.
        encode_interim(&mut Vec::new(), head)?;
        self.remote_request(id, |remote_request| {
            if remote_request.response != Response::Owed {
                return Err(Gone);
            }
            Ok(Message::Inform {
                id: remote_request.origin.id,
                head: head.into(),
            })
        })?;
        Ok(())
    }

    fn place(&self, id: ExchangeId) -> Option<Place> {
        match is_remote(id) {
            true => Some(self.remote_requests.borrow().get(id)?.place),
            false => self.own.place(id),
        }
    }

    fn listener(&self, id: ExchangeId) -> Option<ListenerId> {
        match is_remote(id) {
            true => self.listeners().listener_in(self.place(id)?),
            false => self.own.listener(id),
        }
    }

    fn stays_open(&self, id: ExchangeId) -> bool {
        !is_remote(id) && self.own.stays_open(id)
    }

    fn upgrade_encoded(&self, id: ExchangeId) -> Result<(), UpgradeError> {
        match is_remote(id) {
            true => Err(UpgradeError::Elsewhere),
            false => self.own.upgrade_encoded(id),
        }
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        match is_remote(id) {
            true => Err(UpgradeError::Elsewhere),
            false => self.own.upgrade(id, head),
        }
    }

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        if !is_remote(id) {
            return self.own.respond_with(id, head, body);
        }
        self.remote_request(id, |remote_request| {
            remote_request.begin(Response::Whole)?;
            Ok(Message::Respond {
                id: remote_request.origin.id,
                head: head.into(),
                body: body.into_owned(),
            })
        })
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        if !is_remote(id) {
            return self.own.start(id, head, length);
        }
        self.remote_request(id, |remote_request| {
            remote_request.begin(Response::Begun)?;
            remote_request.declared = declared(&remote_request.head, head, length);
            Ok(Message::Start {
                id: remote_request.origin.id,
                head: ResponseParts::from(head),
                length,
            })
        })
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        match is_remote(id) {
            true => self.write_remote_request(id, chunk),
            false => self.own.write(id, chunk),
        }
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        if !is_remote(id) {
            return self.own.finish(id, trailers);
        }
        let mut mismatch = Ok(());
        self.remote_request(id, |remote_request| {
            if remote_request.response != Response::Begun {
                return Err(Gone);
            }
            remote_request.response = Response::Whole;
            // The origin's engine finds the same, and does what is to be done.
            mismatch = remote_request.check_length(|declared, given| given == declared);
            Ok(Message::Finish {
                id: remote_request.origin.id,
                trailers: trailers
                    .iter()
                    .map(|(name, value)| (name.to_vec(), value.to_vec()))
                    .collect(),
            })
        })?;
        mismatch
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        if !is_remote(id) {
            return self.own.fail(id);
        }
        self.remote_request(id, |remote_request| {
            remote_request.response = Response::Whole;
            Ok(Message::Fail {
                id: remote_request.origin.id,
            })
        })
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        if !is_remote(id) {
            return self.own.set_timeout(id, seconds);
        }
        self.remote_request(id, |remote_request| {
            Ok(Message::SetTimeout {
                id: remote_request.origin.id,
                seconds,
            })
        })
    }

    fn unsent_bytes(&self, id: ExchangeId) -> u64 {
        if !is_remote(id) {
            return self.own.unsent_bytes(id);
        }
        let remote_requests = self.remote_requests.borrow();
        remote_requests
            .get(id)
            .map_or(0, |remote_request| remote_request.unacknowledged as u64)
    }

    fn pending(&self) -> usize {
        let remote_requests = self.remote_requests.borrow();
        self.own.pending() + remote_requests.len() - remote_requests.of(self.core).len()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        let forwarded = self.forwarded.borrow();
        let mut owed = self.own.owed();
        owed.retain(|id| !forwarded.contains(*id));
        owed.extend(self.remote_requests.borrow().owed());
        owed
    }
}

impl Relay {
    /// Changes a remote request, and posts what comes of it to its origin.
    fn remote_request(
        &self,
        id: ExchangeId,
        change: impl FnOnce(&mut RemoteRequest) -> Result<Message, Gone>,
    ) -> Result<(), Gone> {
        let mut remote_requests = self.remote_requests.borrow_mut();
        let remote_request = remote_requests.get_mut(id).ok_or(Gone)?;
        let origin = remote_request.origin.core;
        let message = change(remote_request)?;
        drop(remote_requests);
        self.post(origin, message);
        Ok(())
    }

    fn write_remote_request(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        let mut remote_requests = self.remote_requests.borrow_mut();
        let remote_request = remote_requests.get_mut(id).ok_or(Gone)?;
        if remote_request.response != Response::Begun {
            return Err(WriteError::Gone(Gone));
        }
        let origin = remote_request.origin;
        remote_request.given += chunk.len() as u64;
        let within = remote_request.check_length(|declared, given| given <= declared);
        if within.is_err() {
            remote_request.response = Response::Whole;
        }
        remote_request.unacknowledged += chunk.len();
        remote_request.is_full |= remote_request.unacknowledged >= HIGH_WATERMARK_BYTES;
        drop(remote_requests);
        self.post_chunk(origin, chunk);
        within?;
        // The origin is this core, perhaps, and has taken the chunk already.
        let remote_requests = self.remote_requests.borrow();
        let is_full = remote_requests
            .get(id)
            .is_some_and(|remote_request| remote_request.is_full);
        Ok(if is_full {
            Backpressure::Full
        } else {
            Backpressure::Ready
        })
    }

    fn post_chunk(&self, origin: Origin, chunk: &[u8]) {
        if let Some((to, Message::Write { id, chunk: last })) = self.outgoing.borrow_mut().back_mut()
            && (*to, *id) == (origin.core, origin.id)
            && last.len() + chunk.len() <= CHUNK_BYTES
        {
            last.extend_from_slice(chunk);
            return;
        }
        let message = Message::Write {
            id: origin.id,
            chunk: chunk.to_vec(),
        };
        self.post(origin.core, message);
    }
}
