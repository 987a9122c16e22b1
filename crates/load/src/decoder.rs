//! Responses of HTTP/1.1 without input or output: bytes in, steps out (RFC 9112).
//!
//! Owns what was received of a head or a line that is not whole yet. Never keeps a body. Called by: the HTTP
//! client of a connection. `httparse` tokenises; what it is lenient about is checked here. A head that is the
//! same, byte for byte, as one that was parsed before means the same, so most heads cost one comparison.

mod head;

pub(crate) use head::{Framing, Head, HeadCache, Violation};

use std::ops::Range;

/// A head, or one line of the chunked coding, at most.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The trailer section at most.
const TRAILER_BYTES_MAX: usize = 64 * 1024;

/// What a step found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Everything was consumed; more bytes are needed.
    NeedMore,
    /// The head of the final response. An `End` follows, with `Body`s before it.
    Head(Head),
    /// Bytes of the body: this range of the input.
    Body(Range<usize>),
    /// The response is complete; the decoder is at the next one.
    End,
}

/// The response side of one connection.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    state: State,
    /// The beginning of a head or line whose end was not received.
    partial: Vec<u8>,
    trailer_bytes: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// This many bytes are left of the body.
    Length(u64),
    ChunkSize,
    /// This many bytes are left of the chunk.
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
}

impl Decoder {
    /// One step; the number is how many bytes of the input it consumed.
    pub(crate) fn decode(&mut self, input: &[u8], cache: &mut HeadCache) -> Result<(usize, Step), Violation> {
        match self.state {
            State::Head => self.head(input, cache),
            State::Length(0) => Ok((0, self.end())),
            State::Length(left) => Ok(self.body(input, left, State::Length)),
            State::ChunkSize => self.chunk_size(input),
            State::ChunkData(0) => {
                self.state = State::ChunkEnd;
                self.chunk_end(input)
            }
            State::ChunkData(left) => Ok(self.body(input, left, State::ChunkData)),
            State::ChunkEnd => self.chunk_end(input),
            State::Trailers => self.trailers(input),
            State::UntilClose => Ok(self.body(input, u64::MAX, |_| State::UntilClose)),
        }
    }

    /// The stream has ended: whether that is the end of a response (RFC 9112 section 6.3, rule 8).
    pub(crate) fn end_of_stream(&mut self) -> bool {
        let ends_response = self.state == State::UntilClose;
        if ends_response {
            self.end();
        }
        ends_response
    }

    /// Forgets everything, for a new connection.
    pub(crate) fn reset(&mut self) {
        self.state = State::Head;
        self.partial.clear();
        self.trailer_bytes = 0;
    }

    fn head(&mut self, input: &[u8], cache: &mut HeadCache) -> Result<(usize, Step), Violation> {
        let mut start = 0;
        if self.partial.is_empty() {
            // Interim responses are followed by the final one (RFC 9110 section 15.2).
            while let Some((len, head)) = cache.parse(&input[start..])? {
                start += len;
                if !head.is_interim() {
                    self.state = state_of(head.framing);
                    return Ok((start, Step::Head(head)));
                }
            }
            return self.keep(&input[start..]).map(|()| (input.len(), Step::NeedMore));
        }
        let kept = self.partial.len();
        self.partial.extend_from_slice(input);
        let mut joined = std::mem::take(&mut self.partial);
        while let Some((len, head)) = cache.parse(&joined[start..])? {
            start += len;
            if !head.is_interim() {
                joined.clear();
                self.partial = joined;
                self.state = state_of(head.framing);
                // What was kept held no whole head, so this one ends in the input.
                return Ok((start - kept, Step::Head(head)));
            }
        }
        joined.drain(..start);
        self.partial = joined;
        match self.partial.len() > HEAD_BYTES_MAX {
            true => Err(Violation("a head is too long")),
            false => Ok((input.len(), Step::NeedMore)),
        }
    }

    fn body(&mut self, input: &[u8], left: u64, state: impl Fn(u64) -> State) -> (usize, Step) {
        if input.is_empty() {
            return (0, Step::NeedMore);
        }
        let taken = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        self.state = state(left - taken as u64);
        (taken, Step::Body(0..taken))
    }

    /// RFC 9112 section 7.1: `chunk-size [ chunk-ext ] CRLF`.
    fn chunk_size(&mut self, input: &[u8]) -> Result<(usize, Step), Violation> {
        let Some(consumed) = self.line(input)? else {
            return Ok((input.len(), Step::NeedMore));
        };
        let size = head::chunk_size(&self.partial)?;
        self.partial.clear();
        self.state = match size {
            0 => State::Trailers,
            _ => State::ChunkData(size),
        };
        let (more, step) = match size {
            0 => self.trailers(&input[consumed..])?,
            _ => self.body(&input[consumed..], size, State::ChunkData),
        };
        Ok((consumed + more, shifted(step, consumed)))
    }

    fn chunk_end(&mut self, input: &[u8]) -> Result<(usize, Step), Violation> {
        let Some(consumed) = self.line(input)? else {
            return Ok((input.len(), Step::NeedMore));
        };
        if self.partial != b"\r\n" {
            return Err(Violation("a chunk does not end where it should"));
        }
        self.partial.clear();
        self.state = State::ChunkSize;
        let (more, step) = self.chunk_size(&input[consumed..])?;
        Ok((consumed + more, shifted(step, consumed)))
    }

    /// Trailer fields are read over (RFC 9112 section 7.1.2).
    fn trailers(&mut self, input: &[u8]) -> Result<(usize, Step), Violation> {
        let mut consumed = 0;
        while let Some(len) = self.line(&input[consumed..])? {
            consumed += len;
            self.trailer_bytes += self.partial.len();
            let is_last = self.partial == b"\r\n";
            if !is_last && !head::is_field_line(&self.partial) {
                return Err(Violation("a trailer field is malformed"));
            }
            self.partial.clear();
            if is_last {
                return Ok((consumed, self.end()));
            }
            if self.trailer_bytes > TRAILER_BYTES_MAX {
                return Err(Violation("a trailer section is too long"));
            }
        }
        Ok((input.len(), Step::NeedMore))
    }

    /// Collects a line in `partial`; answers how much of the input it took, or `None` if the line goes on.
    fn line(&mut self, input: &[u8]) -> Result<Option<usize>, Violation> {
        let end = input
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|position| position + 1);
        self.keep(&input[..end.unwrap_or(input.len())])?;
        if end.is_some() && !self.partial.ends_with(b"\r\n") {
            return Err(Violation("a line ends without a carriage return"));
        }
        Ok(end)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        if self.partial.len() + bytes.len() > HEAD_BYTES_MAX {
            return Err(Violation("a head or line is too long"));
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Step {
        self.state = State::Head;
        self.trailer_bytes = 0;
        Step::End
    }
}

fn state_of(framing: Framing) -> State {
    match framing {
        Framing::None => State::Length(0),
        Framing::Length(length) => State::Length(length),
        Framing::Chunked => State::ChunkSize,
        Framing::UntilClose => State::UntilClose,
    }
}

fn shifted(step: Step, by: usize) -> Step {
    match step {
        Step::Body(range) => Step::Body(range.start + by..range.end + by),
        other => other,
    }
}

#[cfg(test)]
#[path = "decoder/tests.rs"]
mod tests;
