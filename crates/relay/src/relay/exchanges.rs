//! The application's view of all its exchanges: the engine's own, and guests.
//!
//! What it does to one of the engine's own is passed on; what it does to a guest becomes a [`Message`] to the guest's
//! home. Owns the backpressure of guests' streams. Called by: the application.

use std::cell::Ref;

use howth_engine::{Backpressure, BodyRead, ExchangeId, Exchanges, Gone, PeerAddress, WriteError};
use howth_http1::{Framing, RequestFacts, RequestHead, ResponseHead, plan_response};

use super::{HIGH_WATERMARK_BYTES, Relay, is_guest};
use crate::guests::{Guest, Home, Response};
use crate::message::{Message, ResponseParts};

/// Chunks that wait to be sent are put together up to this length, so that many small ones are few messages.
const CHUNK_BYTES: usize = 64 * 1024;

impl Exchanges for Relay {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        if !is_guest(id) {
            return self.own.head(id);
        }
        Ref::filter_map(self.guests.borrow(), |guests| {
            guests.get(id).map(|guest| &guest.head)
        })
        .ok()
    }

    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress> {
        if !is_guest(id) {
            return self.own.peer_address(id);
        }
        self.guests.borrow().get(id)?.peer_address.clone()
    }

    fn is_disconnected(&self, id: ExchangeId) -> bool {
        if !is_guest(id) {
            return self.own.is_disconnected(id);
        }
        self.guests.borrow().get(id).is_some_and(|guest| guest.has_left)
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        if !is_guest(id) {
            return self.own.is_body_complete(id);
        }
        self.guests.borrow().get(id).is_some()
    }

    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone> {
        if !is_guest(id) {
            return self.own.read_body(id, bytes_max);
        }
        let mut guests = self.guests.borrow_mut();
        Ok(guests.get_mut(id).ok_or(Gone)?.read_body(bytes_max))
    }

    fn read_whole_body(&self, id: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        if !is_guest(id) {
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
        // A guest's body is here whole, for as long as the guest.
        match is_guest(id) {
            true => self.guests.borrow().get(id).map(|_| false).ok_or(Gone),
            false => self.own.keep_body(id, is_read),
        }
    }

    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone> {
        if !is_guest(id) {
            return self.own.cancel_body(id);
        }
        self.guests.borrow_mut().get_mut(id).ok_or(Gone)?.cancel_body();
        Ok(())
    }

    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        if !is_guest(id) {
            return self.own.respond(id, head, body);
        }
        self.respond_guest(id, head, body.to_vec())
    }

    fn respond_owned(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Vec<u8>) -> Result<(), Gone> {
        if !is_guest(id) {
            return self.own.respond_owned(id, head, body);
        }
        self.respond_guest(id, head, body)
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        if !is_guest(id) {
            return self.own.start(id, head, length);
        }
        self.guest(id, |guest| {
            guest.begin(Response::Begun)?;
            guest.declared = declared(&guest.head, head, length);
            Ok(Message::Start {
                id: guest.home.id,
                head: ResponseParts::from(head),
                length,
            })
        })
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        match is_guest(id) {
            true => self.write_guest(id, chunk),
            false => self.own.write(id, chunk),
        }
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        if !is_guest(id) {
            return self.own.finish(id, trailers);
        }
        let mut mismatch = Ok(());
        self.guest(id, |guest| {
            if guest.response != Response::Begun {
                return Err(Gone);
            }
            guest.response = Response::Whole;
            // The home's engine finds the same, and does what is to be done.
            mismatch = guest.check_length(|declared, given| given == declared);
            Ok(Message::Finish {
                id: guest.home.id,
                trailers: trailers
                    .iter()
                    .map(|(name, value)| (name.to_vec(), value.to_vec()))
                    .collect(),
            })
        })?;
        mismatch
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        if !is_guest(id) {
            return self.own.fail(id);
        }
        self.guest(id, |guest| {
            guest.response = Response::Whole;
            Ok(Message::Fail { id: guest.home.id })
        })
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        if !is_guest(id) {
            return self.own.set_timeout(id, seconds);
        }
        self.guest(id, |guest| {
            Ok(Message::SetTimeout {
                id: guest.home.id,
                seconds,
            })
        })
    }

    fn pending(&self) -> usize {
        let guests = self.guests.borrow();
        self.own.pending() + guests.len() - guests.of(self.core).len()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        let abroad = self.abroad.borrow();
        let mut owed = self.own.owed();
        owed.retain(|id| !abroad.contains(*id));
        owed.extend(self.guests.borrow().owed());
        owed
    }
}

impl Relay {
    /// Changes a guest, and posts what comes of it to its home.
    fn guest(
        &self,
        id: ExchangeId,
        change: impl FnOnce(&mut Guest) -> Result<Message, Gone>,
    ) -> Result<(), Gone> {
        let mut guests = self.guests.borrow_mut();
        let guest = guests.get_mut(id).ok_or(Gone)?;
        let home = guest.home.core;
        let message = change(guest)?;
        drop(guests);
        self.post(home, message);
        Ok(())
    }

    fn respond_guest(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Vec<u8>) -> Result<(), Gone> {
        self.guest(id, |guest| {
            guest.begin(Response::Whole)?;
            Ok(Message::Respond {
                id: guest.home.id,
                head: head.into(),
                body,
            })
        })
    }

    fn write_guest(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        let mut guests = self.guests.borrow_mut();
        let guest = guests.get_mut(id).ok_or(Gone)?;
        if guest.response != Response::Begun {
            return Err(WriteError::Gone);
        }
        let home = guest.home;
        guest.given += chunk.len() as u64;
        let within = guest.check_length(|declared, given| given <= declared);
        if within.is_err() {
            guest.response = Response::Whole;
        }
        guest.unacknowledged += chunk.len();
        guest.is_full |= guest.unacknowledged >= HIGH_WATERMARK_BYTES;
        drop(guests);
        self.post_chunk(home, chunk);
        within?;
        // The home is this core, perhaps, and has taken the chunk already.
        let guests = self.guests.borrow();
        let is_full = guests.get(id).is_some_and(|guest| guest.is_full);
        Ok(if is_full {
            Backpressure::Full
        } else {
            Backpressure::Ready
        })
    }

    fn post_chunk(&self, home: Home, chunk: &[u8]) {
        if let Some((to, Message::Write { id, chunk: last })) = self.outgoing.borrow_mut().back_mut()
            && (*to, *id) == (home.core, home.id)
            && last.len() + chunk.len() <= CHUNK_BYTES
        {
            last.extend_from_slice(chunk);
            return;
        }
        let message = Message::Write {
            id: home.id,
            chunk: chunk.to_vec(),
        };
        self.post(home.core, message);
    }
}

/// How long a response says that it is, which its home's engine will hold it to; `None`: it does not say, or has no body
/// on the wire.
fn declared(request: &RequestHead, head: &ResponseHead<'_>, length: Option<u64>) -> Option<u64> {
    match plan_response(RequestFacts::from(request), head, length, false)
        .ok()?
        .framing
    {
        Framing::Length(bytes) => Some(bytes),
        Framing::None | Framing::Chunked | Framing::UntilClose => None,
    }
}

impl Guest {
    fn check_length(&self, fits: impl FnOnce(u64, u64) -> bool) -> Result<(), WriteError> {
        match self.declared {
            Some(declared) if !fits(declared, self.given) => Err(WriteError::Length {
                declared,
                given: self.given,
            }),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, response: Response) -> Result<(), Gone> {
        if self.response != Response::Owed {
            return Err(Gone);
        }
        self.response = response;
        Ok(())
    }
}
