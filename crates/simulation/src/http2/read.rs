//! What a server sends, frame by frame, and whether it may (RFC 9113 sections 5 and 6).
//!
//! Owns the order of frames and both sides' windows. Never compares an answer: `answer` does. Called by: the client.

use super::answer::Leave;
use super::client::StreamClient;
use crate::client::Circumstances;
use crate::frames::{Frame, NUMBER_MAX, flag, kind, setting};
use crate::network::Network;
use crate::trace;

/// The most that this server puts into a frame.
const FRAME_BYTES_MAX: usize = 16_384;

/// What it asks by a ping while it ends a connection in order.
const LAST_PING: &[u8] = b"shutdown";

impl StreamClient {
    /// Takes a frame.
    pub(super) fn take(
        &mut self,
        frame: Frame,
        network: &Network,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let now_ms = network.now_ms;
        trace::tell(|| {
            let (kind, flags, bytes) = (frame.kind, frame.flags, frame.payload.len());
            format!(
                "{now_ms} client {}: frame {kind} {flags:#x} on {}, {bytes} bytes",
                self.number, frame.stream
            )
        });
        if frame.payload.len() > FRAME_BYTES_MAX {
            return Err(format!("a frame of {} bytes", frame.payload.len()));
        }
        if !self.allowed.is_known && (frame.kind != kind::SETTINGS || frame.has(flag::ACK)) {
            return Err("the first frame is not settings".to_owned());
        }
        let continues =
            |(stream, ..): &(u32, Vec<u8>, bool)| frame.kind == kind::CONTINUATION && frame.stream == *stream;
        if self.block.as_ref().is_some_and(|block| !continues(block)) {
            return Err("a header block is not continued".to_owned());
        }
        match frame.kind {
            kind::DATA => self.take_data(&frame),
            kind::HEADERS | kind::CONTINUATION => self.take_block(frame, network, around),
            kind::RST_STREAM => self.take_reset(&frame, network, around),
            kind::SETTINGS => self.take_settings(&frame),
            kind::PING => self.take_ping(&frame),
            kind::GOAWAY => self.take_goaway(&frame, network, around),
            kind::WINDOW_UPDATE => self.take_window(&frame, around),
            other => Err(format!("a frame of the kind {other}")),
        }
    }

    fn position(&self, id: u32) -> Result<usize, String> {
        let position = self.streams.iter().position(|stream| stream.id == id);
        position.ok_or_else(|| format!("a frame on stream {id}, which was not opened"))
    }

    fn take_data(&mut self, frame: &Frame) -> Result<(), String> {
        let position = self.position(frame.stream)?;
        let bytes = frame.payload.len() as i64;
        self.receive_window -= bytes;
        let stream = &mut self.streams[position];
        stream.allowed -= bytes;
        if bytes > 0 && (self.receive_window < 0 || stream.allowed < 0) {
            let (of_stream, of_all) = (stream.allowed, self.receive_window);
            return Err(format!(
                "{bytes} bytes on stream {}: its window is {of_stream} now, that of all {of_all}",
                stream.id
            ));
        }
        if frame.flags & !flag::END_STREAM != 0 {
            return Err("data with flags that a server here has no use for".to_owned());
        }
        if stream.is_reset {
            // It was on its way.
            return Ok(());
        }
        if stream.reset_by_server.is_some() || stream.is_unserved {
            return Err(format!("data on stream {}, which was reset", stream.id));
        }
        let request = &self.play.requests[stream.request];
        let end = frame.has(flag::END_STREAM);
        stream
            .answer
            .data(&frame.payload, end, request)
            .map_err(|what| format!("stream {}: {what}", stream.id))
    }

    fn take_block(
        &mut self,
        frame: Frame,
        network: &Network,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let (id, mut block, end) = match (self.block.take(), frame.kind) {
            (Some(block), _) => block,
            (None, kind::HEADERS) => (frame.stream, Vec::new(), frame.has(flag::END_STREAM)),
            (None, _) => return Err("a header block goes on that was not begun".to_owned()),
        };
        block.extend_from_slice(&frame.payload);
        if !frame.has(flag::END_HEADERS) {
            self.block = Some((id, block, end));
            return Ok(());
        }
        let position = self.position(id)?;
        let fields = self.decoder.decode(&block)?;
        let leave = Leave {
            timeout: self.is_slow(network, around),
        };
        let stream = &mut self.streams[position];
        if stream.is_reset {
            return Ok(());
        }
        if stream.reset_by_server.is_some() || stream.is_unserved {
            return Err(format!("an answer on stream {id}, which was reset"));
        }
        let request = &self.play.requests[stream.request];
        stream
            .answer
            .fields(&fields, end, request, leave)
            .map_err(|what| format!("stream {id}: {what}"))
    }

    fn take_reset(
        &mut self,
        frame: &Frame,
        network: &Network,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let position = self.position(frame.stream)?;
        let why = frame.number(0).ok_or("a reset without a code")?;
        let stream = &self.streams[position];
        if stream.reset_by_server.is_some() {
            return Err(format!("stream {} is reset twice", stream.id));
        }
        if !stream.is_reset && !self.may_be_reset(stream, why, network, around) {
            return Err(format!(
                "stream {} is reset with {why}: {}",
                stream.id,
                self.place()
            ));
        }
        self.streams[position].reset_by_server = Some(why);
        Ok(())
    }

    fn take_settings(&mut self, frame: &Frame) -> Result<(), String> {
        if frame.stream != 0 || !frame.payload.len().is_multiple_of(6) {
            return Err("settings on a stream, or such that are not whole".to_owned());
        }
        if frame.has(flag::ACK) {
            let known = self
                .pending
                .pop_front()
                .ok_or("settings are acknowledged twice")?;
            for stream in self
                .streams
                .iter_mut()
                .filter(|stream| stream.id < known.last_stream)
            {
                stream.allowed += known.less;
            }
            let sizes = self.pending.iter().map(|pending| pending.table_bytes);
            let largest = sizes.chain([known.table_bytes]).max().unwrap_or(0);
            self.decoder.limit(largest);
            return Ok(());
        }
        if self.allowed.is_known {
            return Err("settings for a second time".to_owned());
        }
        self.allowed.is_known = true;
        for (name, value) in frame.settings() {
            match name {
                setting::HEADER_TABLE_SIZE => self.encoder.resize(value as usize),
                setting::MAX_CONCURRENT_STREAMS => self.allowed.streams = value as usize,
                setting::INITIAL_WINDOW_SIZE => {
                    let more = i64::from(value) - self.allowed.window;
                    self.allowed.window = value.into();
                    self.streams
                        .iter_mut()
                        .for_each(|stream| stream.send_window += more);
                }
                _ => {}
            }
        }
        self.acknowledge(kind::SETTINGS, &[]);
        Ok(())
    }

    fn take_ping(&mut self, frame: &Frame) -> Result<(), String> {
        if frame.stream != 0 || frame.payload.len() != 8 {
            return Err("a ping on a stream, or of another length".to_owned());
        }
        if frame.has(flag::ACK) {
            let asked = self.pings.pop_front();
            return match asked.is_some_and(|asked| asked == frame.payload) {
                true => Ok(()),
                false => Err("an answer to a ping that was not sent".to_owned()),
            };
        }
        if frame.payload != LAST_PING || self.goaway.is_none() {
            return Err("a ping of which nothing is known".to_owned());
        }
        if !self.play.ignores_pings {
            self.acknowledge(kind::PING, LAST_PING);
        }
        Ok(())
    }

    fn take_goaway(
        &mut self,
        frame: &Frame,
        network: &Network,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let (Some(last), Some(why)) = (frame.number(0), frame.number(4)) else {
            return Err("GOAWAY is too short".to_owned());
        };
        let before = self.goaway.map_or(NUMBER_MAX, |(before, _)| before);
        // RFC 9113 section 6.8: it only becomes smaller.
        if last > before || !self.may_go_away(why, network, around) {
            return Err(format!("GOAWAY {last} with {why}: {}", self.place()));
        }
        self.goaway = Some((last, why));
        for stream in &mut self.streams {
            if stream.id <= last || stream.is_answered() {
                continue;
            }
            stream.is_unserved = true;
            if around
                .knowledge
                .told_streams
                .contains(&(self.number, stream.request))
            {
                return Err(format!("stream {} was served, and is said not to be", stream.id));
            }
        }
        Ok(())
    }

    fn take_window(&mut self, frame: &Frame, around: &Circumstances<'_>) -> Result<(), String> {
        let bytes = i64::from(frame.number(0).ok_or("a window's update is too short")?);
        let Some(limits) = &around.options.http2 else {
            return Err("frames, which nobody speaks".to_owned());
        };
        let (window, most) = match frame.stream {
            0 => {
                self.send_window += bytes;
                (self.send_window, limits.connection_window_bytes)
            }
            id => {
                let position = self.position(id)?;
                let stream = &mut self.streams[position];
                stream.send_window += bytes;
                stream.given_back += bytes as u64;
                (stream.send_window, limits.stream_window_bytes)
            }
        };
        match bytes == 0 || window > i64::from(most) {
            true => Err(format!("a window is {window} bytes, of {most}")),
            false => Ok(()),
        }
    }
}
