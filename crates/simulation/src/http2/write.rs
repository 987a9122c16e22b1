//! What a client frames next: its greeting, windows, heads and bodies, resets, what it says between, and what it must not.
//!
//! Owns the choice. Never sends: the client does, in pieces. Called by: the client.

use super::answer::Answer;
use super::client::{Pending, StreamClient, WINDOW_BYTES};
use super::stream::Stream;
use crate::client::Circumstances;
use crate::frames::{self, code, flag, kind, setting};
use crate::plan::Plan;
use crate::streams::lies::{Lie, StreamLie};
use crate::streams::{Fate, WINDOW_MAX};

/// A padded frame has no more padding than this, and the byte that says how much.
const PADDING_MAX: usize = 256;

impl StreamClient {
    /// Frames the next thing. False: there is nothing now.
    pub(super) fn put_next(&mut self, now_ms: u64, around: &Circumstances<'_>) -> bool {
        if self.has_ended || self.lied.is_some() {
            return false;
        }
        if self.frames_put == 0 {
            self.greet();
        } else if self.play.lie.is_some_and(|(behind, _)| self.frames_put > behind) {
            self.lie();
        } else if !self.open_windows(now_ms, around.hurries)
            && !self.reset_one()
            && !self.say_something(around.hurries)
            && !self.go_on_with_one()
        {
            return false;
        }
        self.frames_put += 1;
        true
    }

    fn greet(&mut self) {
        self.out.extend_from_slice(frames::PREFACE);
        let windows = self.play.windows;
        let own = [
            (setting::HEADER_TABLE_SIZE, self.play.table_bytes),
            (setting::INITIAL_WINDOW_SIZE, windows.initial),
            (setting::MAX_FRAME_SIZE, self.play.frame_bytes_max),
        ];
        frames::put_settings(&mut self.out, &own);
        self.note_settings(self.play.table_bytes, 0);
        if windows.of_connection > WINDOW_BYTES {
            self.open_connection(true);
        }
    }

    pub(super) fn note_settings(&mut self, table_bytes: u32, less: i64) {
        self.decoder.allow(table_bytes as usize);
        self.pending.push_back(Pending {
            table_bytes: table_bytes as usize,
            less,
            last_stream: self.next_id,
        });
    }

    fn lie(&mut self) {
        if let Some((_, lie)) = self.play.lie {
            lie.put(&mut self.out, self.next_id);
            self.lied = Some(lie.code());
            if lie == Lie::WindowTooLarge {
                // The first half of it is taken.
                self.receive_window += WINDOW_MAX;
            }
        }
    }

    fn reset_one(&mut self) -> bool {
        let requests = &self.play.requests;
        let is_due = |stream: &&mut Stream| stream.is_to_be_reset(&requests[stream.request]);
        let Some(stream) = self.streams.iter_mut().find(is_due) else {
            return false;
        };
        frames::put_number(&mut self.out, kind::RST_STREAM, stream.id, code::CANCEL);
        stream.is_reset = true;
        true
    }

    /// What a client says between, of which nothing follows but acknowledgements.
    fn say_something(&mut self, hurries: bool) -> bool {
        if hurries || !self.random.chance(self.play.chatter) {
            return false;
        }
        match self.random.below(5) {
            0 => {
                let opaque = self.random.number().to_be_bytes().to_vec();
                frames::put(&mut self.out, kind::PING, 0, 0, &opaque);
                self.pings.push_back(opaque);
            }
            1 => {
                let idle = self.next_id + 2 * self.random.below(4) as u32;
                frames::put(&mut self.out, kind::PRIORITY, 0, idle, &[0, 0, 0, 0, 9]);
            }
            2 => {
                let payload = vec![7; self.random.below(40)];
                let (kind, stream) = (0x10 + self.random.below(200) as u8, self.random.below(9) as u32);
                frames::put(&mut self.out, kind, 0xff, stream, &payload);
            }
            3 if self.may_change_window() => self.change_window(),
            _ => {
                let table_bytes = *self.random.choose(&[0, 60, 4_096, 9_000]);
                frames::put_settings(&mut self.out, &[(setting::HEADER_TABLE_SIZE, table_bytes)]);
                self.play.table_bytes = table_bytes;
                self.note_settings(table_bytes, 0);
            }
        }
        true
    }

    /// Opens a stream, or goes on with a body.
    fn go_on_with_one(&mut self) -> bool {
        let requests = &self.play.requests;
        let goes_on = |stream: &Stream| {
            let request = &requests[stream.request];
            !stream.is_silent() && !stream.is_held(request) && self.has_next(stream)
        };
        let streams = self.streams.iter().enumerate();
        let mut choices: Vec<usize> = streams
            .filter(|(_, stream)| goes_on(stream))
            .map(|(position, _)| position)
            .collect();
        if self.may_open() {
            choices.push(self.streams.len());
        }
        if choices.is_empty() {
            return false;
        }
        match *self.random.choose(&choices) {
            new if new == self.streams.len() => self.open(),
            position => self.go_on(position),
        }
        true
    }

    /// Whether there is anything of the request that can be sent.
    fn has_next(&self, stream: &Stream) -> bool {
        let left = self.play.requests[stream.request].body().len() - stream.at;
        left == 0 || stream.send_window.min(self.send_window) > 0
    }

    fn may_open(&self) -> bool {
        let most = self.play.at_once.min(self.allowed.streams);
        !self.asks_no_more() && self.open_streams() < most
    }

    fn open(&mut self) {
        while self.play.requests[self.next_request].is_left_out {
            self.next_request += 1;
        }
        let number = self.next_request;
        self.next_request += 1;
        let id = self.next_id;
        // A number may be left out.
        self.next_id += *self.random.choose(&[2, 2, 2, 4]);
        let is_beyond = self.open_streams() >= self.streams_max;
        let request = &self.play.requests[number];
        let ends_with_head = request.ends_with_head;
        let block = self
            .encoder
            .encode(&mut self.random, &request.block(self.wire.is_sealed()));
        self.put_block(number, id, &block, ends_with_head);
        let request = &self.play.requests[number];
        self.streams.push(Stream {
            id,
            request: number,
            at: 0,
            is_ended: request.ends_with_head,
            has_lied: false,
            is_reset: false,
            reset_by_server: None,
            is_unserved: false,
            send_window: self.allowed.window,
            allowed: self.initial_window,
            low_since_ms: None,
            given_back: 0,
            padding: 0,
            is_beyond,
            answer: Answer::new(Plan::of(self.seed, self.number, number)),
        });
        if request.ends_with_head
            && let Fate::Lies(lie, _) = request.fate
        {
            let position = self.streams.len() - 1;
            self.break_rule(position, lie);
        }
    }

    /// A header block, in one frame or several.
    fn put_block(&mut self, number: usize, id: u32, block: &[u8], end: bool) {
        let request = &self.play.requests[number];
        let mut parts = block.chunks(request.block_part).peekable();
        let mut flags = if end { flag::END_STREAM } else { 0 };
        let mut payload = Vec::new();
        let mut padding = 0;
        if self.random.chance(request.padded) {
            padding = self.random.below(200);
            flags |= flag::PADDED;
            payload.push(padding as u8);
        }
        if request.has_priority {
            flags |= flag::PRIORITY;
            payload.extend_from_slice(&[0, 0, 0, 0, 3]);
        }
        payload.extend_from_slice(parts.next().unwrap_or_default());
        payload.resize(payload.len() + padding, 0);
        let last = |is_last| if is_last { flag::END_HEADERS } else { 0 };
        frames::put(
            &mut self.out,
            kind::HEADERS,
            flags | last(parts.peek().is_none()),
            id,
            &payload,
        );
        while let Some(part) = parts.next() {
            frames::put(
                &mut self.out,
                kind::CONTINUATION,
                last(parts.peek().is_none()),
                id,
                part,
            );
        }
    }

    /// The next part of a request: of its body, its end, or the rule that it breaks.
    fn go_on(&mut self, position: usize) {
        let stream = &self.streams[position];
        let request = &self.play.requests[stream.request];
        let left = request.body().len() - stream.at;
        if let Fate::Lies(lie, at) = request.fate {
            let is_its_place = match lie {
                StreamLie::PathInTrailers => left == 0,
                _ => stream.at >= at,
            };
            if !lie.lets_end() && is_its_place {
                return self.break_rule(position, lie);
            }
        }
        if left == 0 {
            return self.put_end(position);
        }
        let window = stream.send_window.min(self.send_window) as usize;
        let mut bytes = left.min(window).min(request.data_max);
        if let Fate::Resets(at) | Fate::Lies(_, at) = request.fate
            && at > stream.at
        {
            bytes = bytes.min(at - stream.at);
        }
        let has_trailers = !request.message.trailers.is_empty();
        let is_last = bytes == left && !has_trailers && !matches!(request.fate, Fate::Resets(_));
        let is_broken = matches!(request.fate, Fate::Lies(lie, _) if !lie.lets_end());
        let end = is_last && !is_broken && self.random.chance(500);
        self.put_data(position, bytes, end);
    }

    fn put_data(&mut self, position: usize, bytes: usize, end: bool) {
        let stream = &mut self.streams[position];
        let request = &self.play.requests[stream.request];
        let part = &request.body()[stream.at..stream.at + bytes];
        let window = stream.send_window.min(self.send_window) as usize;
        let mut flags = if end { flag::END_STREAM } else { 0 };
        let mut payload = Vec::new();
        let mut padding = 0;
        if window >= bytes + PADDING_MAX && self.random.chance(request.padded) {
            padding = self.random.below(PADDING_MAX);
            flags |= flag::PADDED;
            payload.push(padding as u8);
            stream.padding += padding as u64 + 1;
        }
        payload.extend_from_slice(part);
        payload.resize(payload.len() + padding, 0);
        frames::put(&mut self.out, kind::DATA, flags, stream.id, &payload);
        stream.at += bytes;
        stream.send_window -= payload.len() as i64;
        self.send_window -= payload.len() as i64;
        stream.is_ended |= end;
        self.lie_behind_end(position);
    }

    fn put_end(&mut self, position: usize) {
        let stream = &self.streams[position];
        let (id, number) = (stream.id, stream.request);
        let trailers = &self.play.requests[number].message.trailers;
        if trailers.is_empty() {
            return self.put_data(position, 0, true);
        }
        let fields: Vec<_> = trailers
            .iter()
            .map(|(name, value)| (name.clone().into_bytes(), value.clone()))
            .collect();
        let block = self.encoder.encode(&mut self.random, &fields);
        self.put_block(number, id, &block, true);
        self.streams[position].is_ended = true;
    }

    fn lie_behind_end(&mut self, position: usize) {
        let stream = &self.streams[position];
        if let Fate::Lies(StreamLie::DataBehindEnd, _) = self.play.requests[stream.request].fate
            && stream.is_ended
            && !stream.has_lied
        {
            self.break_rule(position, StreamLie::DataBehindEnd);
        }
    }

    fn break_rule(&mut self, position: usize, lie: StreamLie) {
        let stream = &mut self.streams[position];
        let (id, number) = (stream.id, stream.request);
        match lie {
            // The body has done it, or does.
            StreamLie::Longer | StreamLie::Shorter => return,
            StreamLie::DataBehindEnd if self.send_window < 4 => return,
            StreamLie::DataBehindEnd => {
                frames::put(&mut self.out, kind::DATA, 0, id, b"data");
                self.send_window -= 4;
            }
            StreamLie::WindowByNothing => frames::put_number(&mut self.out, kind::WINDOW_UPDATE, id, 0),
            StreamLie::WindowTooLarge => {
                for _ in 0..2 {
                    frames::put_number(&mut self.out, kind::WINDOW_UPDATE, id, frames::NUMBER_MAX);
                    stream.allowed += WINDOW_MAX;
                }
            }
            StreamLie::SecondHead | StreamLie::PathInTrailers => {
                let field = (b":path".to_vec(), b"/".to_vec());
                let block = self.encoder.encode(&mut self.random, &[field]);
                self.put_block(number, id, &block, lie == StreamLie::PathInTrailers);
            }
        }
        self.streams[position].has_lied = true;
    }
}
