//! One connection of a server: its streams, and how far it is.
//!
//! Owns the state that both directions have in common. `receive` and `head` read frames, `settings` what both sides let each
//! other do, `send` writes. Never keeps a body. Called by: `howth_connection`.

mod control;
mod head;
mod receive;
mod send;
mod settings;
mod stream;

use std::ops::Range;

use crate::budget::Budget;
use crate::error::{ConnectionError, Reason};
use crate::frame;
use crate::hpack::{Decoder, Encoder};
use crate::limits::Limits;

pub use stream::Stream;
use stream::{Closed, Ended};

/// What a window is before anybody says otherwise (RFC 9113 section 6.9.2).
const WINDOW_BYTES: u32 = 65_535;

/// No window is larger (RFC 9113 section 6.9.1).
const WINDOW_BYTES_MAX: i64 = 0x7fff_ffff;

/// The highest identifier of a stream.
const STREAM_MAX: u32 = 0x7fff_ffff;

/// What the server asks by a ping while it ends the connection in order.
const LAST_PING: &[u8; 8] = b"shutdown";

/// What a step has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing, until more bytes are there.
    NeedMore,
    /// Nothing that concerns anybody else.
    Nothing,
    /// A request, whose fields are in the block; if they are [too large](crate::FieldBlock::is_too_large), some of them are.
    /// Where it is not malformed is for [`RequestParts`](crate::RequestParts) to say.
    Request {
        /// The stream.
        stream: u32,
        /// It has no body.
        end: bool,
    },
    /// A part of a request's body.
    Data {
        /// The stream.
        stream: u32,
        /// Where it is in the input; perhaps nowhere.
        bytes: Range<usize>,
        /// It is the last.
        end: bool,
    },
    /// The trailer section of a request, which is in the block and ends its body.
    Trailers {
        /// The stream.
        stream: u32,
    },
    /// A stream is over before its end, by the client or for an error of it, which was answered. It is to be
    /// [removed](Session::remove).
    Reset {
        /// The stream.
        stream: u32,
        /// By the client.
        by_client: bool,
    },
    /// More may be sent on a stream, or, without one, on any.
    Window {
        /// The stream.
        stream: Option<u32>,
    },
}

/// What was done with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// So many bytes are done.
    pub consumed: usize,
    /// What was found in them.
    pub event: Event,
}

/// What the next bytes are taken for.
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// The rest of the preface, of which so many bytes have come.
    Preface(usize),
    /// A frame.
    Frame,
    /// The payload of DATA: bytes to come of the body, and of padding behind them.
    Data {
        stream: u32,
        left: usize,
        padding: usize,
        end: bool,
    },
    /// So many bytes that nobody wants.
    Skip(usize),
}

/// How far the end of the connection is (RFC 9113 section 6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shutdown {
    Not,
    /// The client knows that it comes; what it has begun by then is served.
    Announced,
    /// Streams beyond this one are not looked at.
    After(u32),
}

/// A connection. `T` is what its user keeps of each stream.
#[derive(Debug)]
pub struct Session<T> {
    reading: Reading,
    decoder: Decoder,
    encoder: Encoder,
    /// In the order of their identifiers.
    streams: Vec<Stream<T>>,
    closed: Closed,
    /// The highest identifier that the client has used.
    last_stream: u32,
    /// A header block that has not come whole, and whose it is.
    block: Vec<u8>,
    pending: Option<head::Pending>,
    /// The first frame has come, which are settings.
    has_settings: bool,
    /// The client knows this side's.
    is_acknowledged: bool,
    shutdown: Shutdown,
    /// Bytes that this side may send, and that the other may; below zero where the client has made its streams' smaller.
    send_window: i64,
    receive_window: i64,
    /// Bytes that were taken and for which no window was given back yet.
    released: u32,
    /// What the client lets each new stream be sent, and one frame be.
    peer_window: u32,
    peer_frame_bytes_max: usize,
    resets: Budget,
    idle_frames: Budget,
    /// Windows that the client may open without being counted: it was sent data.
    windows_due: u32,
}

impl<T: Default> Session<T> {
    /// A new connection, of which the client sends the [preface](crate::PREFACE) first. What the server begins with goes to `out`.
    pub fn open(limits: &Limits, out: &mut Vec<u8>) -> Self {
        settings::write_own(limits, out);
        let connection_window = limits.connection_window_bytes.max(WINDOW_BYTES);
        if connection_window > WINDOW_BYTES {
            frame::write_window_update(out, 0, connection_window - WINDOW_BYTES);
        }
        Session {
            reading: Reading::Preface(0),
            decoder: Decoder::new(),
            encoder: Encoder::new(limits.table_bytes_max as usize),
            streams: Vec::new(),
            closed: Closed::default(),
            last_stream: 0,
            block: Vec::new(),
            pending: None,
            has_settings: false,
            is_acknowledged: false,
            shutdown: Shutdown::Not,
            send_window: i64::from(WINDOW_BYTES),
            receive_window: i64::from(connection_window),
            released: 0,
            peer_window: WINDOW_BYTES,
            peer_frame_bytes_max: 16_384,
            resets: Budget::new(0),
            idle_frames: Budget::new(0),
            windows_due: 0,
        }
    }
}

impl<T> Session<T> {
    /// The streams that are not over, in the order of their identifiers.
    pub fn streams(&self) -> &[Stream<T>] {
        &self.streams
    }

    /// The same, to be changed.
    pub fn streams_mut(&mut self) -> &mut [Stream<T>] {
        &mut self.streams
    }

    /// A stream that is not over.
    pub fn stream(&self, id: u32) -> Option<&Stream<T>> {
        let position = self.position(id)?;
        self.streams.get(position)
    }

    /// A stream that is not over, to be changed.
    pub fn stream_mut(&mut self, id: u32) -> Option<&mut Stream<T>> {
        let position = self.position(id)?;
        self.streams.get_mut(position)
    }

    fn position(&self, id: u32) -> Option<usize> {
        self.streams.binary_search_by_key(&id, |stream| stream.id).ok()
    }

    /// Whether both sides of a stream have ended, or there is none.
    pub fn is_over(&self, id: u32) -> bool {
        self.stream(id).is_none_or(|stream| stream.is_over())
    }

    /// Forgets a stream, and gives what its user kept of it.
    pub fn remove(&mut self, id: u32) -> Option<T> {
        let position = self.position(id)?;
        let stream = self.streams.remove(position);
        let in_order = if stream.is_over() {
            Ended::InOrder
        } else {
            Ended::ByServer
        };
        self.closed.add(id, stream.reset.unwrap_or(in_order));
        Some(stream.user)
    }

    /// Whether the client is in the middle of what a request begins with, or has not begun at all.
    pub fn is_within_head(&self) -> bool {
        self.pending.is_some() || !self.has_settings
    }

    /// Whether the client was told that the connection ends.
    pub fn is_shutting_down(&self) -> bool {
        self.shutdown != Shutdown::Not
    }

    /// Whether no further request is served.
    pub fn takes_no_more(&self) -> bool {
        matches!(self.shutdown, Shutdown::After(_))
    }

    /// Bytes that the client may still send of all bodies before more are [released](Self::release).
    pub fn receive_window(&self) -> i64 {
        self.receive_window
    }

    fn count_reset(&mut self, limits: &Limits, now_ms: u64) -> Result<(), ConnectionError> {
        match self
            .resets
            .use_one(limits.resets_max, limits.resets_per_second, now_ms)
        {
            true => Ok(()),
            false => Err(ConnectionError::calm("too many streams were reset")),
        }
    }

    fn count_idle_frame(&mut self, limits: &Limits, now_ms: u64) -> Result<(), ConnectionError> {
        let (at_once, per_second) = (limits.idle_frames_max, limits.idle_frames_per_second);
        match self.idle_frames.use_one(at_once, per_second, now_ms) {
            true => Ok(()),
            false => Err(ConnectionError::calm("too many frames brought nothing forward")),
        }
    }

    /// Answers an error of a stream (RFC 9113 section 5.4.2).
    fn stream_error(
        &mut self,
        id: u32,
        reason: Reason,
        limits: &Limits,
        out: &mut Vec<u8>,
        now_ms: u64,
    ) -> Result<Event, ConnectionError> {
        self.count_reset(limits, now_ms)?;
        frame::write_reset(out, id, reason);
        let Some(stream) = self.stream_mut(id) else {
            self.closed.add(id, Ended::ByServer);
            return Ok(Event::Nothing);
        };
        stream.reset = Some(Ended::ByServer);
        Ok(Event::Reset {
            stream: id,
            by_client: false,
        })
    }
}
