//! Responses that are written in parts.
//!
//! Owns the encoder of each, which flushes with every part, so that a client can read what was written; a bound of their memory;
//! and the pause of a stream whose encoder a worker has. Called by: `exchanges`.

use std::collections::HashMap;

use howth_engine::{Backpressure, Event, ExchangeId, Gone, WriteError};
use howth_http1::ResponseHead;

use super::mailbox::Done;
use super::{CompressedExchanges, OWN_BYTES_MAX};
use crate::coding::Coding;
use crate::encoder::{EncodeError, Encoder, Step, Use};
use crate::head::{content_length, is_of_identity, with_changed};
use crate::selection::Selection;

/// Bytes of all encoders of streams of a core; further streams go out as they are.
pub(super) const BYTES_MAX: usize = 128 * 1024 * 1024;

/// So many streams may be there before it is looked for those whose clients have left.
const SWEPT_LEAST: usize = 16;

/// A trailer field.
type Trailer = (Vec<u8>, Vec<u8>);

/// The streams of a core.
#[derive(Default)]
pub(super) struct Streams {
    by_id: HashMap<ExchangeId, Stream>,
    bytes: usize,
    /// It is looked for those that are over when there are so many.
    sweep_at: usize,
}

struct Stream {
    coding: Coding,
    /// `None`: a worker has it.
    encoder: Option<Encoder>,
    /// What was written since a worker has it.
    waiting: Vec<u8>,
    /// It was ended since a worker has the encoder.
    trailers: Option<Vec<Trailer>>,
    /// The application waits for [`Event::Writable`].
    is_paused: bool,
    /// The length that its head says, in bytes,
    declared: Option<u64>,
    /// and what was written of it.
    given: u64,
}

/// A part that a worker has encoded.
pub(super) struct PartDone {
    id: ExchangeId,
    encoder: Encoder,
    encoded: Result<Vec<u8>, EncodeError>,
}

impl Streams {
    pub(super) fn has_tasks(&self) -> bool {
        self.by_id.values().any(|stream| stream.encoder.is_none())
    }

    /// Whether there is room for one more, once those that are over are forgotten.
    fn has_room(&mut self, coding: Coding, is_open: impl Fn(ExchangeId) -> bool) -> bool {
        let bytes = Encoder::stream_bytes(coding);
        if self.by_id.len() >= self.sweep_at || self.bytes + bytes > BYTES_MAX {
            self.by_id.retain(|id, _| is_open(*id));
            let kept = self.by_id.values();
            self.bytes = kept.map(|stream| Encoder::stream_bytes(stream.coding)).sum();
            self.sweep_at = (2 * self.by_id.len()).max(SWEPT_LEAST);
        }
        self.bytes + bytes <= BYTES_MAX
    }

    fn add(&mut self, id: ExchangeId, stream: Stream) {
        self.bytes += Encoder::stream_bytes(stream.coding);
        self.by_id.insert(id, stream);
    }

    fn remove(&mut self, id: ExchangeId) -> Option<Stream> {
        let stream = self.by_id.remove(&id)?;
        self.bytes -= Encoder::stream_bytes(stream.coding);
        Some(stream)
    }
}

impl Stream {
    /// The application's own length is checked here: the engine is told of none.
    fn length_error(&self) -> WriteError {
        WriteError::Length {
            declared: self.declared.unwrap_or(u64::MAX),
            given: self.given,
        }
    }
}

impl CompressedExchanges {
    pub(super) fn start_stream(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        length: Option<u64>,
    ) -> Result<(), Gone> {
        if self.is_answered(id) {
            return Err(Gone);
        }
        let declared = length.or_else(|| content_length(head));
        let (selection, is_head) = self.select(id, head, declared);
        let Selection::Encoded(coding) = selection else {
            return with_changed(head, selection, |head| self.own.start(id, head, length));
        };
        if is_head {
            return with_changed(head, selection, |head| self.own.start(id, head, None));
        }
        let is_open = |id| self.own.head(id).is_some();
        let has_room = self.streams.borrow_mut().has_room(coding, is_open);
        let mut encoders = self.encoders.borrow_mut();
        let encoder = has_room.then(|| encoders.take(coding, self.effort(), Use::Stream));
        drop(encoders);
        let Some(Ok(encoder)) = encoder else {
            return with_changed(head, Selection::Identity, |head| self.own.start(id, head, length));
        };
        with_changed(head, selection, |head| self.own.start(id, head, None))?;
        let stream = Stream {
            coding,
            encoder: Some(encoder),
            waiting: Vec::new(),
            trailers: None,
            is_paused: false,
            declared,
            given: 0,
        };
        self.streams.borrow_mut().add(id, stream);
        Ok(())
    }

    pub(super) fn write_part(&self, id: ExchangeId, part: &[u8]) -> Result<Backpressure, WriteError> {
        let mut streams = self.streams.borrow_mut();
        let Some(stream) = streams.by_id.get_mut(&id) else {
            drop(streams);
            return self.own.write(id, part);
        };
        if stream.trailers.is_some() {
            return Err(Gone.into());
        }
        stream.given += part.len() as u64;
        if stream.declared.is_some_and(|declared| stream.given > declared) {
            let error = stream.length_error();
            drop(streams);
            return self.break_off(id, error);
        }
        let Some(mut encoder) = stream.encoder.take() else {
            if self.own.head(id).is_none() {
                streams.remove(id);
                return Err(Gone.into());
            }
            stream.waiting.extend_from_slice(part);
            stream.is_paused = true;
            return Ok(Backpressure::Full);
        };
        if part.len() > OWN_BYTES_MAX && self.task_effort(part.len()).is_some() {
            stream.is_paused = true;
            drop(streams);
            self.give_to_worker(id, encoder, part.to_vec());
            return Ok(Backpressure::Full);
        }
        drop(streams);
        let written = self.encode_part(id, &mut encoder, part);
        self.take_back(id, encoder, written.is_ok());
        written
    }

    pub(super) fn finish_stream(
        &self,
        id: ExchangeId,
        trailers: &[(&[u8], &[u8])],
    ) -> Result<(), WriteError> {
        let mut streams = self.streams.borrow_mut();
        let Some(stream) = streams.by_id.get_mut(&id) else {
            drop(streams);
            return self.own.finish(id, trailers);
        };
        if stream.trailers.is_some() {
            return Err(Gone.into());
        }
        if stream.declared.is_some_and(|declared| stream.given < declared) {
            let error = stream.length_error();
            drop(streams);
            return self.break_off(id, error).map(drop);
        }
        if stream.encoder.is_none() {
            let owned = trailers
                .iter()
                .map(|(name, value)| (name.to_vec(), value.to_vec()));
            stream.trailers = Some(owned.collect());
            return Ok(());
        }
        let stream = streams.remove(id);
        drop(streams);
        match stream.and_then(|stream| stream.encoder) {
            Some(encoder) => self.finish_encoded_stream(id, encoder, trailers),
            None => Err(Gone.into()),
        }
    }

    /// Ends a stream whose encoder is here.
    fn finish_encoded_stream(
        &self,
        id: ExchangeId,
        mut encoder: Encoder,
        trailers: &[(&[u8], &[u8])],
    ) -> Result<(), WriteError> {
        let mut encoded = Vec::new();
        let result = encoder.encode(&[], Step::Finish, &mut encoded);
        self.keep(Some(encoder).filter(|_| result.is_ok()));
        if result.is_err() {
            return Err(WriteError::Gone(self.own.fail(id).err().unwrap_or(Gone)));
        }
        self.own.write(id, &encoded)?;
        let kept = trailers.iter().filter(|(name, _)| !is_of_identity(name));
        let kept: Vec<(&[u8], &[u8])> = kept.copied().collect();
        self.own.finish(id, &kept)
    }

    /// Encodes a part on the core's own thread, and hands it to the engine.
    fn encode_part(
        &self,
        id: ExchangeId,
        encoder: &mut Encoder,
        part: &[u8],
    ) -> Result<Backpressure, WriteError> {
        let mut encoded = self.encoded.take();
        encoded.clear();
        let result = match part.is_empty() {
            true => Ok(()),
            false => encoder.encode(part, Step::Flush, &mut encoded),
        };
        let written = match result {
            Ok(()) => self.own.write(id, &encoded),
            Err(_) => Err(WriteError::Gone(self.own.fail(id).err().unwrap_or(Gone))),
        };
        if encoded.capacity() <= 2 * OWN_BYTES_MAX {
            self.encoded.replace(encoded);
        }
        written
    }

    /// The encoder is here again; `goes_on`: so does the stream.
    fn take_back(&self, id: ExchangeId, encoder: Encoder, goes_on: bool) {
        let mut streams = self.streams.borrow_mut();
        if !goes_on {
            streams.remove(id);
        }
        match streams.by_id.get_mut(&id) {
            Some(stream) => stream.encoder = Some(encoder),
            None => self.keep(Some(encoder)),
        }
    }

    fn give_to_worker(&self, id: ExchangeId, mut encoder: Encoder, part: Vec<u8>) {
        let mailbox = self.mailbox.clone();
        self.workers.run(
            part.len(),
            Box::new(move || {
                let mut encoded = Vec::new();
                let result = encoder.encode(&part, Step::Flush, &mut encoded);
                mailbox.put(Done::Part(PartDone {
                    id,
                    encoder,
                    encoded: result.map(|()| encoded),
                }));
            }),
        );
    }

    pub(super) fn deliver_part(&self, done: PartDone, tell: &mut dyn FnMut(Event)) {
        let PartDone {
            id,
            mut encoder,
            encoded,
        } = done;
        let mut streams = self.streams.borrow_mut();
        let Some(stream) = streams.by_id.get_mut(&id) else {
            return self.keep(Some(encoder).filter(|_| encoded.is_ok()));
        };
        let waiting = std::mem::take(&mut stream.waiting);
        drop(streams);
        let written = match encoded {
            Ok(encoded) => self.own.write(id, &encoded),
            Err(_) => Err(WriteError::Gone(self.own.fail(id).err().unwrap_or(Gone))),
        };
        if written.is_ok() && waiting.len() > OWN_BYTES_MAX && self.task_effort(waiting.len()).is_some() {
            return self.give_to_worker(id, encoder, waiting);
        }
        let written = match written {
            Ok(_) if !waiting.is_empty() => self.encode_part(id, &mut encoder, &waiting),
            written => written,
        };
        self.take_back(id, encoder, written.is_ok());
        if let Ok(backpressure) = written {
            self.go_on(id, backpressure, tell);
        }
    }

    /// Ends a stream that was ended meanwhile, or lets the application go on. Where the engine is full it tells that itself, later.
    fn go_on(&self, id: ExchangeId, backpressure: Backpressure, tell: &mut dyn FnMut(Event)) {
        let mut streams = self.streams.borrow_mut();
        let Some(stream) = streams.by_id.get_mut(&id) else {
            return;
        };
        if stream.trailers.is_none() {
            let was_paused = std::mem::take(&mut stream.is_paused);
            if was_paused && backpressure == Backpressure::Ready {
                tell(Event::Writable(id));
            }
            return;
        }
        let ended = streams.remove(id);
        drop(streams);
        let Some(Stream {
            encoder: Some(encoder),
            trailers: Some(trailers),
            ..
        }) = ended
        else {
            return;
        };
        let mut lent: Vec<(&[u8], &[u8])> = Vec::with_capacity(trailers.len());
        lent.extend(trailers.iter().map(|(name, value)| (&name[..], &value[..])));
        // A client that has left is no error.
        let _ = self.finish_encoded_stream(id, encoder, &lent);
    }

    /// The response is not as long as it says.
    fn break_off(&self, id: ExchangeId, error: WriteError) -> Result<Backpressure, WriteError> {
        self.forget_stream(id);
        match self.own.fail(id) {
            Ok(()) => Err(error),
            Err(gone) => Err(gone.into()),
        }
    }

    pub(super) fn forget_stream(&self, id: ExchangeId) {
        let forgotten = self.streams.borrow_mut().remove(id);
        self.keep(forgotten.and_then(|stream| stream.encoder));
    }

    pub(super) fn waiting_bytes(&self, id: ExchangeId) -> u64 {
        let streams = self.streams.borrow();
        let stream = streams.by_id.get(&id);
        stream.map_or(0, |stream| stream.waiting.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> ExchangeId {
        ExchangeId { index, generation: 0 }
    }

    /// A stream whose encoder a worker has.
    fn stream(coding: Coding) -> Stream {
        Stream {
            coding,
            encoder: None,
            waiting: Vec::new(),
            trailers: None,
            is_paused: false,
            declared: None,
            given: 0,
        }
    }

    #[test]
    fn there_is_room_for_so_many_encoders() {
        let mut streams = Streams::default();
        let most = BYTES_MAX / Encoder::stream_bytes(Coding::Brotli);
        for index in 0..most {
            assert!(streams.has_room(Coding::Brotli, |_| true));
            streams.add(id(index as u32), stream(Coding::Brotli));
        }
        assert!(!streams.has_room(Coding::Gzip, |_| true));
        // Those of clients that have left are forgotten.
        assert!(streams.has_room(Coding::Gzip, |id| id.index > 0));
        assert_eq!(streams.by_id.len(), most - 1);
        assert!(streams.remove(id(1)).is_some() && streams.remove(id(1)).is_none());
    }
}
