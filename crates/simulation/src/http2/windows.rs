//! What a client lets the server send: when it opens windows, and when it changes what they begin with.
//!
//! Owns that choice. Never sends. Called by: `write`, which frames one thing after the other; `excuse`.

use super::client::StreamClient;
use super::stream::Stream;
use crate::frames::{self, kind, setting};
use crate::script::Ending;
use crate::streams::WINDOW_MAX;

impl StreamClient {
    pub(super) fn open_connection(&mut self, hurries: bool) {
        let windows = self.play.windows;
        let whole = windows.of_connection - self.receive_window;
        let bytes = windows
            .sip
            .filter(|_| !hurries)
            .map_or(whole, |sip| sip.min(whole));
        frames::put_number(&mut self.out, kind::WINDOW_UPDATE, 0, bytes as u32);
        self.receive_window += bytes;
        self.low_since_ms = None;
    }

    /// Opens a window of which less than half is left, and that was low for long enough.
    pub(super) fn open_windows(&mut self, now_ms: u64, hurries: bool) -> bool {
        let windows = self.play.windows;
        let is_due = |since_ms: &mut Option<u64>| {
            let since_ms = *since_ms.get_or_insert(now_ms);
            hurries || now_ms >= since_ms + windows.late_ms
        };
        let low = match windows.sip {
            Some(_) if !hurries => 0,
            _ => windows.of_connection / 2,
        };
        if self.receive_window <= low && is_due(&mut self.low_since_ms) {
            self.open_connection(hurries);
            return true;
        }
        for stream in &mut self.streams {
            if stream.is_answered() || stream.allowed > windows.of_stream / 2 {
                continue;
            }
            if is_due(&mut stream.low_since_ms) {
                let bytes = windows.of_stream - stream.allowed;
                frames::put_number(&mut self.out, kind::WINDOW_UPDATE, stream.id, bytes as u32);
                stream.allowed += bytes;
                stream.low_since_ms = None;
                return true;
            }
        }
        false
    }

    /// Whether the server is kept from sending by a window.
    pub(super) fn keeps_window_closed(&self) -> bool {
        // The server may have made it smaller already.
        let less = |stream: &Stream| {
            let of_it = self
                .pending
                .iter()
                .filter(|pending| stream.id < pending.last_stream);
            of_it.map(|pending| pending.less).sum::<i64>()
        };
        let waits = |stream: &Stream| !stream.is_answered() && stream.allowed + less(stream) <= 0;
        let is_awaited = self.streams.iter().any(|stream| !stream.is_answered());
        (is_awaited && self.receive_window <= 0) || self.streams.iter().any(waits)
    }

    /// Whoever ends its own side could not open windows again; and one that is too large already must not become larger.
    pub(super) fn may_change_window(&self) -> bool {
        let is_large = |stream: &Stream| stream.allowed > WINDOW_MAX / 2;
        self.script.ending != Ending::HalfCloses && !self.streams.iter().any(is_large)
    }

    /// RFC 9113 section 6.9.2: every window changes with what streams begin with.
    pub(super) fn change_window(&mut self) {
        let bytes = i64::from(*self.random.choose(&[0_u32, 500, 30_000, 1 << 20]));
        let more = bytes - self.initial_window;
        frames::put_settings(&mut self.out, &[(setting::INITIAL_WINDOW_SIZE, bytes as u32)]);
        self.initial_window = bytes;
        if more > 0 {
            self.streams.iter_mut().for_each(|stream| stream.allowed += more);
        }
        self.note_settings(self.play.table_bytes, more.min(0));
    }
}
