//! From bytes to frames, and what each means (RFC 9113 section 6).
//!
//! Owns the order of frames and the states of streams (section 5.1). DATA is handed on as it arrives; every other frame is
//! taken once it is there whole. Called by: `howth_connection`.

use super::stream::Ended;
use super::{Event, Reading, Session, Step, control, settings};
use crate::block::FieldBlock;
use crate::error::{ConnectionError, Reason};
use crate::frame::PREFACE;
use crate::frame::{HEAD_BYTES, Head, flag, kind};
use crate::limits::Limits;

/// What all of a step needs beside the session.
pub(super) struct Around<'a> {
    pub limits: &'a Limits,
    pub block: &'a mut FieldBlock,
    pub out: &'a mut Vec<u8>,
    pub now_ms: u64,
}

impl<T: Default> Session<T> {
    /// Goes on with what has arrived. What a block holds is in `block` until the next step; what is to be said to the client
    /// goes to `out`. `now_ms`: milliseconds since some moment, which never go back.
    ///
    /// # Errors
    ///
    /// The client has broken a rule behind which nothing can be trusted: the connection is to end.
    pub fn receive(
        &mut self,
        input: &[u8],
        limits: &Limits,
        block: &mut FieldBlock,
        out: &mut Vec<u8>,
        now_ms: u64,
    ) -> Result<Step, ConnectionError> {
        let around = Around {
            limits,
            block,
            out,
            now_ms,
        };
        match self.reading {
            Reading::Preface(matched) => self.preface(matched, input),
            Reading::Frame => self.frame(input, around),
            Reading::Data { .. } if input.is_empty() => Ok(step(0, Event::NeedMore)),
            Reading::Data {
                stream,
                left,
                padding,
                end,
            } => {
                let taken = left.min(input.len());
                self.reading = match left - taken {
                    0 => skipping(padding),
                    left => Reading::Data {
                        stream,
                        left,
                        padding,
                        end,
                    },
                };
                let is_last = taken == left;
                self.data(stream, 0..taken, end && is_last, around)
                    .map(|event| step(taken, event))
            }
            Reading::Skip(left) => {
                let taken = left.min(input.len());
                self.reading = skipping(left - taken);
                let event = match left - taken {
                    0 => Event::Nothing,
                    _ => Event::NeedMore,
                };
                Ok(step(taken, event))
            }
        }
    }

    fn preface(&mut self, matched: usize, input: &[u8]) -> Result<Step, ConnectionError> {
        let taken = (PREFACE.len() - matched).min(input.len());
        if input[..taken] != PREFACE[matched..matched + taken] {
            return Err(ConnectionError::protocol(
                "the connection does not begin with the preface",
            ));
        }
        let matched = matched + taken;
        let is_whole = matched == PREFACE.len();
        self.reading = if is_whole {
            Reading::Frame
        } else {
            Reading::Preface(matched)
        };
        Ok(step(
            taken,
            if is_whole { Event::Nothing } else { Event::NeedMore },
        ))
    }

    fn frame(&mut self, input: &[u8], around: Around<'_>) -> Result<Step, ConnectionError> {
        let Some(head) = Head::read(input) else {
            return Ok(step(0, Event::NeedMore));
        };
        if head.bytes > settings::frame_bytes_max(around.limits) {
            return Err(ConnectionError::frame_size("a frame is larger than it may be"));
        }
        // Section 3.4.
        if !self.has_settings && (head.kind != kind::SETTINGS || head.has(flag::ACK)) {
            return Err(ConnectionError::protocol("the first frame is not settings"));
        }
        // Section 6.10: nothing stands between the parts of a block.
        let is_continued = head.kind == kind::CONTINUATION;
        if self
            .pending
            .is_some_and(|pending| !is_continued || pending.stream() != head.stream)
        {
            return Err(ConnectionError::protocol("a header block is not continued"));
        }
        match head.kind {
            kind::DATA => return self.begin_data(head, input, around),
            kind::HEADERS | kind::PRIORITY..=kind::CONTINUATION => {}
            // Section 4.1: unknown kinds are ignored.
            _ => {
                self.count_idle_frame(around.limits, around.now_ms)?;
                self.reading = skipping(head.bytes);
                return Ok(step(HEAD_BYTES, Event::Nothing));
            }
        }
        let Some(payload) = input.get(HEAD_BYTES..HEAD_BYTES + head.bytes) else {
            return Ok(step(0, Event::NeedMore));
        };
        let event = self.whole_frame(head, payload, around)?;
        Ok(step(HEAD_BYTES + head.bytes, event))
    }

    fn whole_frame(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        match head.kind {
            kind::HEADERS => self.begin_block(head, payload, around),
            kind::CONTINUATION => self.continue_block(head, payload, around),
            kind::PRIORITY => self.priority(head, payload, around),
            kind::RST_STREAM => self.reset_by_client(head, payload, around),
            kind::SETTINGS => self.settings(head, payload, around.limits, around.out, around.now_ms),
            kind::PUSH_PROMISE => Err(ConnectionError::protocol("a client pushes")),
            kind::PING => self.ping(head, payload, around),
            kind::GOAWAY => control::go_away(head, payload),
            _ => self.window_update(head, payload, around),
        }
    }

    /// Section 6.1. All of the frame counts for both windows, padding included.
    fn begin_data(
        &mut self,
        head: Head,
        input: &[u8],
        mut around: Around<'_>,
    ) -> Result<Step, ConnectionError> {
        let is_padded = head.has(flag::PADDED);
        let padding = match (is_padded, input.get(HEAD_BYTES)) {
            (false, _) => 0,
            (true, _) if head.bytes == 0 => {
                return Err(ConnectionError::frame_size("padded data has no padding"));
            }
            (true, None) => return Ok(step(0, Event::NeedMore)),
            (true, Some(&padding)) => usize::from(padding),
        };
        let own_bytes = usize::from(is_padded);
        let Some(left) = head.bytes.checked_sub(own_bytes + padding) else {
            return Err(ConnectionError::protocol("data holds more padding than bytes"));
        };
        self.refuse_idle(head.stream, "data came for a stream that was not opened")?;
        self.receive_window -= head.bytes as i64;
        if self.receive_window < 0 {
            let what = "more data came than the connection's window has room for";
            return Err(ConnectionError::new(Reason::FLOW_CONTROL_ERROR, what));
        }
        let taken = HEAD_BYTES + own_bytes;
        if let Some(event) = self.refuse_data(head, &mut around)? {
            self.release(None, head.bytes, around.limits, around.out);
            self.reading = skipping(head.bytes - own_bytes);
            return Ok(step(taken, event));
        }
        self.release(Some(head.stream), own_bytes + padding, around.limits, around.out);
        let end = head.has(flag::END_STREAM);
        if left > 0 {
            self.reading = Reading::Data {
                stream: head.stream,
                left,
                padding,
                end,
            };
            return Ok(step(taken, Event::Nothing));
        }
        if !end {
            self.count_idle_frame(around.limits, around.now_ms)?;
        }
        self.reading = skipping(padding);
        let event = match end {
            true => self.data(head.stream, 0..0, true, around)?,
            false => Event::Nothing,
        };
        Ok(step(taken, event))
    }

    /// What becomes of data that its stream does not take; `None`: it does.
    fn refuse_data(&mut self, head: Head, around: &mut Around<'_>) -> Result<Option<Event>, ConnectionError> {
        let id = head.stream;
        let ended = self.closed.get(id);
        let reason = match self.stream_mut(id) {
            // What was on its way when the server reset the stream is let pass (section 5.1).
            None if ended == Some(Ended::ByServer) => {
                self.count_idle_frame(around.limits, around.now_ms)?;
                return Ok(Some(Event::Nothing));
            }
            Some(stream) if stream.reset == Some(Ended::ByServer) => {
                self.count_idle_frame(around.limits, around.now_ms)?;
                return Ok(Some(Event::Nothing));
            }
            None => Reason::STREAM_CLOSED,
            Some(stream) if stream.is_remote_ended || stream.is_reset() => Reason::STREAM_CLOSED,
            Some(stream) => {
                stream.receive_window -= head.bytes as i64;
                if stream.receive_window >= 0 {
                    return Ok(None);
                }
                Reason::FLOW_CONTROL_ERROR
            }
        };
        self.stream_error(id, reason, around.limits, around.out, around.now_ms)
            .map(Some)
    }

    /// A part of a body has come. Its length is kept to (section 8.1.1).
    fn data(
        &mut self,
        id: u32,
        bytes: std::ops::Range<usize>,
        end: bool,
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        let length = bytes.len() as u64;
        let Some(stream) = self.stream_mut(id).filter(|stream| !stream.is_reset()) else {
            // The stream has ended within the frame.
            self.release(None, bytes.len(), around.limits, around.out);
            return Ok(Event::Nothing);
        };
        stream.is_remote_ended = end;
        let left = stream.content_left.map(|left| left.checked_sub(length));
        let is_right = match left {
            None => true,
            Some(None) => false,
            Some(Some(left)) => {
                stream.content_left = Some(left);
                !end || left == 0
            }
        };
        if is_right {
            return Ok(Event::Data {
                stream: id,
                bytes,
                end,
            });
        }
        self.release(None, bytes.len(), around.limits, around.out);
        self.stream_error(
            id,
            Reason::PROTOCOL_ERROR,
            around.limits,
            around.out,
            around.now_ms,
        )
    }

    /// Section 5.1: only HEADERS and PRIORITY may come for a stream that is idle.
    pub(super) fn refuse_idle(&self, stream: u32, what: &'static str) -> Result<(), ConnectionError> {
        let is_idle = stream == 0 || stream.is_multiple_of(2) || stream > self.last_stream;
        if is_idle {
            Err(ConnectionError::protocol(what))
        } else {
            Ok(())
        }
    }
}

fn skipping(left: usize) -> Reading {
    match left {
        0 => Reading::Frame,
        left => Reading::Skip(left),
    }
}

fn step(consumed: usize, event: Event) -> Step {
    Step { consumed, event }
}
