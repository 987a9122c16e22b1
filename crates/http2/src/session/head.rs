//! Header blocks: requests, and trailer sections (RFC 9113 sections 4.3, 6.2, 6.10 and 8.1).
//!
//! Owns which stream a block opens or ends. Every block is decompressed, also of a stream that nobody looks at any more: the
//! next one depends on it. Called by: `receive`.

use super::receive::Around;
use super::stream::{Ended, Stream};
use super::{Event, STREAM_MAX, Session, Shutdown, settings};
use crate::error::{ConnectionError, Reason};
use crate::frame::{Head, flag};
use crate::limits::Limits;
use crate::request;
use crate::request::RequestParts;

/// A block may take so many times what its fields may, while it is compressed.
const BLOCK_FACTOR: usize = 2;

const BLOCK_TOO_LARGE: ConnectionError = ConnectionError::calm("a header block is too large");

fn block_bytes_max(limits: &Limits) -> usize {
    limits.field_list_bytes_max.saturating_mul(BLOCK_FACTOR)
}

/// A block whose end has not come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    stream: u32,
    meaning: Meaning,
}

impl Pending {
    pub fn stream(&self) -> u32 {
        self.stream
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// A request, and whether it has no body.
    Request { end: bool },
    /// The trailer section of one.
    Trailers,
    /// Nothing that anybody looks at.
    Ignored,
    /// An error of its stream.
    Wrong(Reason),
}

impl<T: Default> Session<T> {
    pub(super) fn begin_block(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        // Section 5.1.1: a client's streams are odd.
        if head.stream.is_multiple_of(2) {
            return Err(ConnectionError::protocol("a request's stream is even"));
        }
        let (fragment, depends_on) = fragment(head, payload)?;
        let mut meaning = self.meaning(head, around.limits)?;
        if depends_on == Some(head.stream) && !matches!(meaning, Meaning::Ignored) {
            meaning = Meaning::Wrong(Reason::PROTOCOL_ERROR);
        }
        let stream = head.stream;
        if fragment.len() > block_bytes_max(around.limits) {
            return Err(BLOCK_TOO_LARGE);
        }
        if head.has(flag::END_HEADERS) {
            return self.end_block(stream, meaning, fragment, around);
        }
        self.block.extend_from_slice(fragment);
        self.pending = Some(Pending { stream, meaning });
        Ok(Event::Nothing)
    }

    pub(super) fn continue_block(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        let Some(pending) = self.pending else {
            return Err(ConnectionError::protocol(
                "a header block goes on that was not begun",
            ));
        };
        if payload.is_empty() {
            self.count_idle_frame(around.limits, around.now_ms)?;
        }
        if self.block.len() + payload.len() > block_bytes_max(around.limits) {
            return Err(BLOCK_TOO_LARGE);
        }
        self.block.extend_from_slice(payload);
        if !head.has(flag::END_HEADERS) {
            return Ok(Event::Nothing);
        }
        self.pending = None;
        let block = std::mem::take(&mut self.block);
        self.end_block(pending.stream, pending.meaning, &block, around)
    }

    /// What a block is, told by the state of its stream (section 5.1).
    fn meaning(&mut self, head: Head, limits: &Limits) -> Result<Meaning, ConnectionError> {
        let end = head.has(flag::END_STREAM);
        if head.stream > self.last_stream {
            self.last_stream = head.stream;
            return Ok(match self.shutdown {
                Shutdown::After(last) if head.stream > last => self.ignored(head.stream),
                // Section 5.1.2.
                _ if self.is_full(limits) => Meaning::Wrong(Reason::REFUSED_STREAM),
                _ => Meaning::Request { end },
            });
        }
        match (self.stream(head.stream), self.closed.get(head.stream)) {
            (Some(stream), _) if stream.reset == Some(Ended::ByServer) => Ok(Meaning::Ignored),
            (Some(stream), _) if stream.is_remote_ended || stream.is_reset() => {
                Ok(Meaning::Wrong(Reason::STREAM_CLOSED))
            }
            // Section 8.1: a trailer section ends the request.
            (Some(_), _) if !end => Ok(Meaning::Wrong(Reason::PROTOCOL_ERROR)),
            (Some(_), _) => Ok(Meaning::Trailers),
            (None, Some(Ended::ByServer)) => Ok(Meaning::Ignored),
            (None, Some(Ended::ByClient)) => Ok(Meaning::Wrong(Reason::STREAM_CLOSED)),
            (None, Some(Ended::InOrder)) => {
                let what = "a request came on a stream that was closed";
                Err(ConnectionError::new(Reason::STREAM_CLOSED, what))
            }
            // Section 5.1.1: identifiers only grow.
            (None, None) => Err(ConnectionError::protocol(
                "a request's stream is lower than one before it",
            )),
        }
    }

    fn end_block(
        &mut self,
        stream: u32,
        meaning: Meaning,
        block: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        around.block.begin(around.limits.field_list_bytes_max);
        self.decoder.decode(block, around.block)?;
        let is_too_large = around.block.is_too_large();
        // The server may have reset a stream since its trailer section began.
        let is_reset = |stream: &Stream<T>| stream.is_reset();
        let meaning = match meaning {
            Meaning::Trailers if self.stream(stream).is_none_or(is_reset) => Meaning::Ignored,
            meaning => meaning,
        };
        let wrong = match meaning {
            Meaning::Ignored => {
                self.count_idle_frame(around.limits, around.now_ms)?;
                return Ok(Event::Nothing);
            }
            Meaning::Request { end } if is_too_large || RequestParts::read(around.block).is_some() => {
                self.open_stream(stream, end, around.limits);
                return Ok(Event::Request { stream, end });
            }
            Meaning::Trailers if !is_too_large && request::are_trailers(around.block) => {
                let ended = self.stream_mut(stream);
                let is_whole = ended.is_some_and(|ended| {
                    ended.is_remote_ended = true;
                    ended.content_left.is_none_or(|left| left == 0)
                });
                if is_whole {
                    return Ok(Event::Trailers { stream });
                }
                Reason::PROTOCOL_ERROR
            }
            Meaning::Request { .. } | Meaning::Trailers => Reason::PROTOCOL_ERROR,
            Meaning::Wrong(reason) => reason,
        };
        self.stream_error(stream, wrong, around.limits, around.out, around.now_ms)
    }

    fn is_full(&self, limits: &Limits) -> bool {
        let streams_max = limits.streams_max as usize;
        // Those whose response is on its way are the client's to replace.
        self.streams.len() >= streams_max
            && self.streams.iter().filter(|stream| !stream.is_over()).count() >= streams_max
    }

    fn open_stream(&mut self, id: u32, end: bool, limits: &Limits) {
        self.streams.push(Stream {
            id,
            user: T::default(),
            is_remote_ended: end,
            is_local_ended: false,
            reset: None,
            send_window: i64::from(self.peer_window),
            receive_window: i64::from(settings::stream_window(limits)),
            released: 0,
            content_left: None,
        });
    }
}

impl<T> Session<T> {
    /// What comes of the stream passes as well, without a word: its client has been told, or is being (section 6.8).
    fn ignored(&mut self, stream: u32) -> Meaning {
        self.closed.add(stream, Ended::ByServer);
        Meaning::Ignored
    }

    /// The last stream that is served if nothing more is taken: a request whose head has not come whole is not. What the
    /// client was told before stands (section 6.8).
    pub(super) fn last_served(&mut self) -> u32 {
        if let Shutdown::After(last) = self.shutdown {
            return last;
        }
        match self.pending.map(|pending| pending.stream) {
            Some(stream) if self.stream(stream).is_none() && self.closed.get(stream).is_none() => {
                let meaning = self.ignored(stream);
                self.pending = Some(Pending { stream, meaning });
                stream.saturating_sub(2)
            }
            _ => self.last_stream,
        }
    }
}

/// The part of a block in HEADERS, without padding and priority (section 6.2), and the stream that this one depends on.
fn fragment(head: Head, payload: &[u8]) -> Result<(&[u8], Option<u32>), ConnectionError> {
    const SHORT: ConnectionError = ConnectionError::frame_size("HEADERS are too short");
    let (mut rest, mut padding) = (payload, 0);
    if head.has(flag::PADDED) {
        let (&first, behind) = rest.split_first().ok_or(SHORT)?;
        (rest, padding) = (behind, usize::from(first));
    }
    let mut depends_on = None;
    if head.has(flag::PRIORITY) {
        let (priority, behind) = rest.split_first_chunk::<5>().ok_or(SHORT)?;
        let [a, b, c, d, _] = *priority;
        depends_on = Some(u32::from_be_bytes([a, b, c, d]) & STREAM_MAX);
        rest = behind;
    }
    let bytes = rest.len().checked_sub(padding);
    let bytes = bytes.ok_or(ConnectionError::protocol("HEADERS hold more padding than bytes"))?;
    Ok((&rest[..bytes], depends_on))
}
