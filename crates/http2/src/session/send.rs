//! From responses to frames, and the ends of streams and of the connection.
//!
//! Owns the client's windows, and when its own are given back to it. Never holds a body back: it says how much of one may be
//! sent. Called by: `howth_connection`.

use super::stream::Ended;
use super::{LAST_PING, STREAM_MAX, Session, Shutdown, settings};
use crate::error::{ConnectionError, Reason};
use crate::frame::{self, HEAD_BYTES, flag, kind};
use crate::limits::Limits;

/// What is given back is told once it is so much of the window.
const RELEASE_SHARE: u32 = 2;

/// No more windows are owed to a client than this.
const WINDOWS_DUE_MAX: u32 = 1 << 16;

impl<T> Session<T> {
    /// Appends a head: of a response, or, with a status below 200, of an interim one. `end`: no body follows.
    pub fn headers<'a>(
        &mut self,
        stream: u32,
        status: u16,
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        end: bool,
        out: &mut Vec<u8>,
    ) {
        let at = out.len();
        frame::write_head(out, 0, kind::HEADERS, 0, stream);
        self.encoder.begin(out);
        self.encoder.status(status, out);
        self.end_headers(stream, at, fields, end, out);
    }

    /// Appends a trailer section, which ends the response.
    pub fn trailers<'a>(
        &mut self,
        stream: u32,
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        out: &mut Vec<u8>,
    ) {
        let at = out.len();
        frame::write_head(out, 0, kind::HEADERS, 0, stream);
        self.encoder.begin(out);
        self.end_headers(stream, at, fields, true, out);
    }

    fn end_headers<'a>(
        &mut self,
        stream: u32,
        at: usize,
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        end: bool,
        out: &mut Vec<u8>,
    ) {
        for (name, value) in fields {
            self.encoder.field(name, value, out);
        }
        let end_flag = if end { flag::END_STREAM } else { 0 };
        let bytes = out.len() - at - HEAD_BYTES;
        match bytes <= self.peer_frame_bytes_max {
            true => frame::patch_head(out, at, bytes, end_flag | flag::END_HEADERS),
            false => self.split_headers(stream, at, end_flag, out),
        }
        if end {
            self.end_local(stream);
        }
    }

    /// A block that is too large for one frame (RFC 9113 section 6.10).
    fn split_headers(&self, stream: u32, at: usize, end_flag: u8, out: &mut Vec<u8>) {
        let block = out.split_off(at + HEAD_BYTES);
        let mut parts = block.chunks(self.peer_frame_bytes_max).peekable();
        let first = parts.next().unwrap_or_default();
        frame::patch_head(out, at, first.len(), end_flag);
        out.extend_from_slice(first);
        while let Some(part) = parts.next() {
            let flags = if parts.peek().is_none() {
                flag::END_HEADERS
            } else {
                0
            };
            frame::write_head(out, part.len(), kind::CONTINUATION, flags, stream);
            out.extend_from_slice(part);
        }
    }

    /// How many bytes of a body may be sent on a stream now.
    pub fn send_room(&self, stream: u32) -> usize {
        let of_stream = self.stream(stream).map_or(0, |stream| stream.send_window);
        of_stream.min(self.send_window).max(0) as usize
    }

    /// How many bytes may be sent on a stream, if the connection had room for them.
    pub fn stream_room(&self, stream: u32) -> usize {
        self.stream(stream)
            .map_or(0, |stream| stream.send_window.max(0) as usize)
    }

    /// The most that one frame may hold.
    pub fn frame_bytes_max(&self) -> usize {
        // Larger frames would only make other streams wait.
        self.peer_frame_bytes_max.min(16 * 1024)
    }

    /// Appends the head of a part of a body, `bytes` of which are to follow.
    pub fn data_head(&mut self, stream: u32, bytes: usize, end: bool, out: &mut Vec<u8>) {
        frame::write_head(
            out,
            bytes,
            kind::DATA,
            if end { flag::END_STREAM } else { 0 },
            stream,
        );
        self.send_window -= bytes as i64;
        if let Some(own) = self.stream_mut(stream) {
            own.send_window -= bytes as i64;
        }
        // One for the stream, and one for the connection.
        self.windows_due = (self.windows_due + 2).min(WINDOWS_DUE_MAX);
        if end {
            self.end_local(stream);
        }
    }

    fn end_local(&mut self, stream: u32) {
        if let Some(ended) = self.stream_mut(stream) {
            ended.is_local_ended = true;
        }
    }

    /// Ends a stream by a reset, and forgets it; gives what its user kept of it.
    pub fn reset(&mut self, stream: u32, reason: Reason, out: &mut Vec<u8>) -> Option<T> {
        let own = self.stream_mut(stream)?;
        if !own.is_over() {
            own.reset = Some(Ended::ByServer);
            frame::write_reset(out, stream, reason);
        }
        self.remove(stream)
    }

    /// Bytes of a body were taken, or dropped: the client may send as many again; `None`: of a stream that is over.
    pub fn release(&mut self, stream: Option<u32>, bytes: usize, limits: &Limits, out: &mut Vec<u8>) {
        self.released += bytes as u32;
        if self.released >= limits.connection_window_bytes / RELEASE_SHARE {
            let released = std::mem::take(&mut self.released);
            self.receive_window += i64::from(released);
            frame::write_window_update(out, 0, released);
        }
        let Some(own) = stream.and_then(|stream| self.stream_mut(stream)) else {
            return;
        };
        own.released += bytes as u32;
        if own.released >= settings::stream_window(limits) / RELEASE_SHARE && !own.is_remote_ended {
            let released = std::mem::take(&mut own.released);
            own.receive_window += i64::from(released);
            frame::write_window_update(out, own.id, released);
        }
    }

    /// Tells the client that the connection ends, and asks it to say when it knows: requests that it has sent by then are
    /// served (RFC 9113 section 6.8).
    pub fn shut_down(&mut self, out: &mut Vec<u8>) {
        if self.shutdown == Shutdown::Not {
            self.shutdown = Shutdown::Announced;
            frame::write_go_away(out, STREAM_MAX, Reason::NO_ERROR, "");
            frame::write_ping(out, 0, LAST_PING);
        }
    }

    /// Tells the client that no request beyond those that have come is served.
    pub fn shut_down_now(&mut self, out: &mut Vec<u8>) {
        if !self.takes_no_more() {
            let last = self.last_served();
            self.shutdown = Shutdown::After(last);
            frame::write_go_away(out, last, Reason::NO_ERROR, "");
        }
    }

    /// Tells the client why the connection ends; nothing is read behind that.
    pub fn fail(&mut self, error: ConnectionError, out: &mut Vec<u8>) {
        let last = self.last_served();
        self.shutdown = Shutdown::After(last);
        frame::write_go_away(out, last, error.reason, error.what);
    }
}
