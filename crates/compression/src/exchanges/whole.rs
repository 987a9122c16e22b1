//! Whole responses.
//!
//! Owns who encodes one: the core itself, or a worker where that would take long. Encoded content that is no smaller is not sent:
//! what was given goes out instead. Called by: `exchanges`.

use bytes::Bytes;
use howth_engine::{Body, ExchangeId, Gone};
use howth_http1::ResponseHead;

use super::mailbox::Done;
use super::{CompressedExchanges, OWN_BYTES_MAX};
use crate::coding::Coding;
use crate::encoder::{EncodeError, Encoder, Step, Use};
use crate::head::{OwnedHead, with_changed};
use crate::selection::Selection;

/// The core keeps memory for encoded content of so many bytes.
const KEPT_BYTES_MAX: usize = 2 * OWN_BYTES_MAX;

/// A whole response that a worker has encoded.
pub(super) struct WholeDone {
    id: ExchangeId,
    head: OwnedHead,
    content: Content,
    coding: Coding,
    /// `None`: it would be no smaller.
    encoded: Option<Vec<u8>>,
    encoder: Encoder,
}

/// Content that a worker is given.
enum Content {
    Own(Vec<u8>),
    /// Of many responses, which are to have it encoded.
    Shared(Bytes),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Content::Own(bytes) => bytes,
            Content::Shared(bytes) => bytes,
        }
    }
}

impl CompressedExchanges {
    pub(super) fn respond_whole(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        body: Body<'_>,
    ) -> Result<(), Gone> {
        if self.is_answered(id) {
            return Err(Gone);
        }
        // The kernel sends it from where it is; what a folder has of it in another coding was chosen already.
        if let Body::File(_) = body {
            return self.own.respond_with(id, head, body);
        }
        // To HEAD an application may answer without a body, and with the length that it would have.
        let length = match body.len() {
            0 => crate::head::content_length(head).unwrap_or(0),
            bytes => bytes,
        };
        let (selection, is_head) = self.select(id, head, Some(length));
        match selection {
            // RFC 9110 section 9.3.2: the head that GET has, without the length, which only encoding it would tell.
            Selection::Encoded(_) if is_head => {
                with_changed(head, selection, |head| self.own.start(id, head, None))?;
                self.own.finish(id, &[]).map_err(|_| Gone)
            }
            Selection::Encoded(coding) if !body.is_empty() => self.respond_encoded(id, head, body, coding),
            Selection::Encoded(_) => self.own.respond_with(id, head, body),
            selection => with_changed(head, selection, |head| self.own.respond_with(id, head, body)),
        }
    }

    fn respond_encoded(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        body: Body<'_>,
        coding: Coding,
    ) -> Result<(), Gone> {
        let shared = match &body {
            Body::Shared(bytes) => Some(bytes.clone()),
            Body::Borrowed(_) | Body::Owned(_) | Body::File(_) => None,
        };
        if let Some(shared) = &shared
            && let Some(known) = self.ready.borrow().find(shared, coding)
        {
            return self.respond_ready(id, head, body, coding, known);
        }
        if body.len() > OWN_BYTES_MAX as u64 {
            return self.hand_to_worker(id, head, body, coding);
        }
        let mut encoded = self.encoded.take();
        encoded.clear();
        let is_smaller = match &body {
            Body::Borrowed(bytes) => self.encode_here(bytes, coding, &mut encoded),
            Body::Owned(bytes) => self.encode_here(bytes, coding, &mut encoded),
            Body::Shared(bytes) => self.encode_here(bytes, coding, &mut encoded),
            Body::File(_) => false,
        };
        if let Some(shared) = shared {
            let known = is_smaller.then(|| Bytes::copy_from_slice(&encoded));
            self.ready.borrow_mut().keep(shared, coding, known);
        }
        let responded = match is_smaller {
            true => with_changed(head, Selection::Encoded(coding), |head| {
                self.own.respond_with(id, head, Body::Borrowed(&encoded))
            }),
            false => self.respond_identity(id, head, body),
        };
        if encoded.capacity() <= KEPT_BYTES_MAX {
            self.encoded.replace(encoded);
        }
        responded
    }

    /// A ready response that was encoded before, or is being encoded, or cannot be made smaller.
    fn respond_ready(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        body: Body<'_>,
        coding: Coding,
        known: Option<Bytes>,
    ) -> Result<(), Gone> {
        match known {
            Some(encoded) => with_changed(head, Selection::Encoded(coding), |head| {
                self.own.respond_with(id, head, Body::Shared(encoded))
            }),
            None => self.respond_identity(id, head, body),
        }
    }

    fn respond_identity(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        with_changed(head, Selection::Identity, |head| {
            self.own.respond_with(id, head, body)
        })
    }

    /// Encodes on the core's own thread; false: it comes to no less than `content`.
    fn encode_here(&self, content: &[u8], coding: Coding, encoded: &mut Vec<u8>) -> bool {
        let used = Use::Whole(content.len());
        let encoder = self.encoders.borrow_mut().take(coding, self.effort(), used);
        let Ok(mut encoder) = encoder else {
            return false;
        };
        let result = encoder.encode(content, Step::Finish, encoded);
        self.keep(Some(encoder).filter(|_| result.is_ok()));
        result.is_ok() && encoded.len() < content.len()
    }

    fn hand_to_worker(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        body: Body<'_>,
        coding: Coding,
    ) -> Result<(), Gone> {
        let bytes = body.len() as usize;
        let encoder = self.task_effort(bytes).and_then(|effort| {
            let mut encoders = self.encoders.borrow_mut();
            encoders.take(coding, effort, Use::Whole(bytes)).ok()
        });
        let Some(encoder) = encoder else {
            return self.respond_identity(id, head, body);
        };
        let content = match body {
            Body::Borrowed(bytes) => Content::Own(bytes.to_vec()),
            Body::Owned(bytes) => Content::Own(bytes),
            Body::File(_) => return self.respond_identity(id, head, body),
            Body::Shared(bytes) => {
                // Whoever asks for it meanwhile does not wait.
                self.ready.borrow_mut().keep(bytes.clone(), coding, None);
                Content::Shared(bytes)
            }
        };
        let mut done = WholeDone {
            id,
            head: OwnedHead::from(head),
            content,
            coding,
            encoded: None,
            encoder,
        };
        self.answered.borrow_mut().insert(id);
        let mailbox = self.mailbox.clone();
        self.workers.run(
            bytes,
            Box::new(move || {
                done.encode();
                mailbox.put(Done::Whole(done));
            }),
        );
        Ok(())
    }

    pub(super) fn deliver_whole(&self, done: WholeDone) {
        let WholeDone {
            id,
            head,
            content,
            coding,
            encoded,
            encoder,
        } = done;
        self.answered.borrow_mut().remove(&id);
        self.keep(Some(encoder));
        let encoded = encoded.map(Bytes::from);
        if let Content::Shared(shared) = &content {
            let mut ready = self.ready.borrow_mut();
            ready.keep(shared.clone(), coding, encoded.clone());
        }
        // A client that has left is no error.
        let _ = match encoded {
            Some(encoded) => head.with(Selection::Encoded(coding), |head| {
                self.own.respond_with(id, head, Body::Shared(encoded))
            }),
            None => {
                let body = match content {
                    Content::Own(bytes) => Body::Owned(bytes),
                    Content::Shared(bytes) => Body::Shared(bytes),
                };
                head.with(Selection::Identity, |head| self.own.respond_with(id, head, body))
            }
        };
    }
}

impl WholeDone {
    fn encode(&mut self) {
        let content = self.content.bytes();
        let mut encoded = Vec::new();
        let result: Result<(), EncodeError> = self.encoder.encode(content, Step::Finish, &mut encoded);
        if result.is_ok() && encoded.len() < content.len() {
            encoded.shrink_to_fit();
            self.encoded = Some(encoded);
        }
    }
}
