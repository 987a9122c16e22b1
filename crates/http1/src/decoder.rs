//! The request side of one connection.
//!
//! Owns where in a message the connection is. Never buffers input: the caller keeps what was not consumed and calls
//! again with more behind it. Called by: `howth_connection`.

use std::ops::Range;

use crate::chunked::{ChunkedBody, ChunkedStep};
use crate::request_line::{self, RequestLine};
use crate::trailers::{self, Trailers};
use crate::{BodyLength, Limits, Rejection, RequestHead, parse, scan};

/// How many empty lines may precede a request line. RFC 9112 section 2.2 asks for at least one.
const EMPTY_LINES_MAX: u8 = 8;

const EMPTY_LINES: Rejection = Rejection::bad_request("too many empty lines precede the request line");

/// Decodes the requests of one connection, one after the other (RFC 9112 section 9.3.2).
///
/// Small, because every idle connection owns one.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    /// How far the current section was searched for its end, from the first unconsumed byte.
    scanned: u32,
    trailers: Option<Box<Trailers>>,
}

#[derive(Debug)]
enum State {
    /// Before a request line, or inside one; so many empty lines went before.
    RequestLine { empty_lines: u8 },
    /// Inside a head whose request line was judged.
    Fields,
    /// Inside a body; so many bytes are still to come.
    Known(u64),
    /// Inside a chunked body.
    Chunked(ChunkedBody),
    /// Behind the last chunk.
    Trailers,
}

impl Default for State {
    fn default() -> Self {
        State::RequestLine { empty_lines: 0 }
    }
}

/// What one step found.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// Nothing more can be decoded from this input; keep the unconsumed rest and call again with more behind it.
    NeedMore,
    /// The head was filled. `Body`s and one `End` follow, unless [`RequestHead::body`] is `None` or `Known(0)`:
    /// then the message is over already and the decoder is at the next request.
    Head,
    /// Body bytes, never empty: `input[range]`.
    Body(Range<usize>),
    /// The body and its trailer section are complete; the decoder is at the next request.
    End,
}

/// One step: what was found, and how much of the input the caller may forget.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes at the start of the input that are done with.
    pub consumed: usize,
    /// What they were.
    pub decoded: Decoded,
}

impl Decoder {
    /// A decoder before the first request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one step. `input` starts at the first byte that no step has consumed. Call until the answer is
    /// `NeedMore`; a step after the last body byte gives `End` even on empty input.
    ///
    /// `head` is written when the answer is `Head`, and may be emptied in any step that is inside a head.
    ///
    /// # Errors
    ///
    /// The request breaks a rule or a limit. Nothing behind it can be read: send the rejection, close.
    pub fn decode(
        &mut self,
        input: &[u8],
        limits: &Limits,
        head: &mut RequestHead,
    ) -> Result<Step, Rejection> {
        match &mut self.state {
            State::RequestLine { .. } | State::Fields => self.decode_head(input, limits, head),
            State::Known(remaining) => {
                if *remaining == 0 {
                    return Ok(self.end(0));
                }
                let taken = input.len().min(usize::try_from(*remaining).unwrap_or(usize::MAX));
                *remaining -= taken as u64;
                Ok(if taken == 0 { need_more(0) } else { body(0..taken) })
            }
            State::Chunked(chunked) => match chunked.step(input, limits)? {
                ChunkedStep::NeedMore => Ok(need_more(input.len())),
                ChunkedStep::Data(range) => Ok(body(range)),
                ChunkedStep::LastChunk { consumed } => {
                    self.state = State::Trailers;
                    self.scanned = 0;
                    self.decode_trailers(input, consumed, limits)
                }
            },
            State::Trailers => self.decode_trailers(input, 0, limits),
        }
    }

    /// True between messages, when nothing of the next one was consumed. Bytes the caller still holds may be
    /// the beginning of one.
    pub fn is_between_messages(&self) -> bool {
        matches!(self.state, State::RequestLine { .. } | State::Fields)
    }

    /// The trailer fields of the message that just ended, if it had any; name as sent, value. Given once, and
    /// forgotten when the next head is complete.
    pub fn take_trailers(&mut self) -> Option<Vec<(String, Vec<u8>)>> {
        self.trailers.take().map(|trailers| *trailers)
    }

    fn decode_head(
        &mut self,
        input: &[u8],
        limits: &Limits,
        head: &mut RequestHead,
    ) -> Result<Step, Rejection> {
        let skipped = self.skip_empty_lines(input)?;
        // The CR of another empty line, perhaps, or nothing yet.
        if self.scanned == 0 && matches!(input[skipped..], [] | [b'\r']) {
            return Ok(need_more(skipped));
        }
        let window = scan::window(&input[skipped..], limits.head_bytes_max);
        // A head that arrives whole, as most do, is parsed without a search for its end. Whatever is wrong is
        // found again below, where the first fault is the same for every split.
        if self.scanned == 0
            && let Some(head_bytes) = parse::parse_whole(window, limits, head)
        {
            return Ok(self.begin_body(skipped + head_bytes, head));
        }
        match self.find_head_end(window, limits)? {
            None if window.len() < limits.head_bytes_max => Ok(need_more(skipped)),
            None => Err(Rejection::HEAD_TOO_LARGE),
            Some(head_bytes) => match parse::parse_head(&window[..head_bytes], limits, head)? {
                Some(head_bytes) => Ok(self.begin_body(skipped + head_bytes, head)),
                None => Err(Rejection::BAD_REQUEST),
            },
        }
    }

    /// RFC 9112 section 2.2: empty lines before a request line are skipped, a bounded number of them.
    fn skip_empty_lines(&mut self, input: &[u8]) -> Result<usize, Rejection> {
        let State::RequestLine { empty_lines } = &mut self.state else {
            return Ok(0);
        };
        let mut skipped = 0;
        while self.scanned == 0 && input[skipped..].starts_with(b"\r\n") {
            if *empty_lines == EMPTY_LINES_MAX {
                return Err(EMPTY_LINES);
            }
            *empty_lines += 1;
            skipped += 2;
        }
        Ok(skipped)
    }

    /// Searches on for the end of the head, and refuses what can be refused before it is there. Faults are found
    /// in the order of their bytes.
    fn find_head_end(&mut self, window: &[u8], limits: &Limits) -> Result<Option<usize>, Rejection> {
        if let State::RequestLine { .. } = self.state {
            let line_end = scan::next_line_end(window, &mut self.scanned);
            let line = match line_end {
                Ok(Some(line_end)) => &window[..line_end - 2],
                Ok(None) => window.strip_suffix(b"\r").unwrap_or(window),
                Err(_) => &window[..memchr::memchr(b'\n', window).unwrap_or(window.len())],
            };
            request_line::judge_start(line, limits)?;
            if line_end?.is_none() {
                return Ok(None);
            }
            RequestLine::parse(line, limits)?;
            self.state = State::Fields;
        }
        scan::find_end(window, &mut self.scanned)
    }

    /// The head is complete.
    fn begin_body(&mut self, consumed: usize, head: &RequestHead) -> Step {
        self.scanned = 0;
        self.trailers = None;
        self.state = match head.body() {
            BodyLength::None | BodyLength::Known(0) => State::default(),
            BodyLength::Known(bytes) => State::Known(bytes),
            BodyLength::Chunked => State::Chunked(ChunkedBody::default()),
        };
        Step {
            consumed,
            decoded: Decoded::Head,
        }
    }

    /// Reads the trailer section at `input[start..]`.
    fn decode_trailers(&mut self, input: &[u8], start: usize, limits: &Limits) -> Result<Step, Rejection> {
        match trailers::parse_trailers(&input[start..], &mut self.scanned, limits)? {
            None => Ok(need_more(start)),
            Some((section_bytes, trailers)) => {
                self.trailers = (!trailers.is_empty()).then(|| Box::new(trailers));
                Ok(self.end(start + section_bytes))
            }
        }
    }

    fn end(&mut self, consumed: usize) -> Step {
        self.scanned = 0;
        self.state = State::default();
        Step {
            consumed,
            decoded: Decoded::End,
        }
    }
}

fn need_more(consumed: usize) -> Step {
    Step {
        consumed,
        decoded: Decoded::NeedMore,
    }
}

fn body(range: Range<usize>) -> Step {
    Step {
        consumed: range.end,
        decoded: Decoded::Body(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_owns_little() {
        assert!(size_of::<Decoder>() <= 40, "{}", size_of::<Decoder>());
    }
}
