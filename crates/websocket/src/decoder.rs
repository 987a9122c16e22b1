//! From bytes to messages (RFC 6455 section 5).
//!
//! Owns what has come of a frame and of a message, and the bound of a message. A payload is unmasked where it lies; one that
//! has come whole is given from there, and only one that comes in parts is put together. Called by: whoever receives.

use std::ops::{Deref, Range};

use crate::close::Close;
use crate::deflate::Inflater;
use crate::frame::{FrameHead, HEAD_BYTES_MAX, Kind, Opcode, Rules};
use crate::mask;
use crate::utf8::Utf8;
use crate::violation::Violation;

/// Whose frames are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A client, which masks.
    Client,
    /// A server, which does not.
    Server,
}

/// The payload of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// It lies where it was received.
    Borrowed(&'a [u8]),
    /// It was put together, or decompressed.
    Owned(Vec<u8>),
}

impl Payload<'_> {
    /// The bytes, for whoever keeps them.
    pub fn into_owned(self) -> Vec<u8> {
        match self {
            Payload::Borrowed(bytes) => bytes.to_vec(),
            Payload::Owned(bytes) => bytes,
        }
    }
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Payload::Borrowed(bytes) => bytes,
            Payload::Owned(bytes) => bytes,
        }
    }
}

/// What has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole message; the payload of a text is UTF-8.
    Message(Kind, Payload<'a>),
    /// To be answered with a pong of the same payload (RFC 6455 section 5.5.2).
    Ping(&'a [u8]),
    /// An answer, or said unasked.
    Pong(&'a [u8]),
    /// The last frame; what comes behind it is dropped (RFC 6455 section 5.5.1).
    Close(Close<'a>),
}

/// One step of decoding.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// So many bytes were used.
    pub consumed: usize,
    /// `None`: all bytes were used, and more are to come.
    pub event: Option<Event<'a>>,
}

/// A frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    head: FrameHead,
    /// Bytes of its payload that came.
    received: u64,
}

/// A message that comes in parts.
#[derive(Debug)]
struct Message {
    kind: Kind,
    is_compressed: bool,
    bytes: Vec<u8>,
    utf8: Utf8,
}

/// Decodes what one peer sends.
#[derive(Debug)]
pub struct Decoder {
    peer: Peer,
    may_compress: bool,
    message_bytes_max: usize,
    head: [u8; HEAD_BYTES_MAX],
    head_length: u8,
    frame: Option<Frame>,
    message: Option<Box<Message>>,
    /// The payload of a control frame that comes in parts.
    control: Vec<u8>,
    /// Why nothing more is decoded.
    end: Option<Result<(), Violation>>,
}

impl Decoder {
    /// `message_bytes_max`: the longest message that is taken, as it was before it was compressed. `may_compress`: compression
    /// was agreed upon.
    pub fn new(peer: Peer, message_bytes_max: usize, may_compress: bool) -> Self {
        Decoder {
            peer,
            may_compress,
            message_bytes_max,
            head: [0; HEAD_BYTES_MAX],
            head_length: 0,
            frame: None,
            message: None,
            control: Vec::new(),
            end: None,
        }
    }

    /// Bytes that are kept for a message that is not whole.
    pub fn held_bytes(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.bytes.len())
    }

    /// Goes on with the bytes that have come, which may be changed, up to the next event. `inflater`: needed where
    /// compression was agreed upon; without one a compressed message is [`Violation::Compressed`].
    ///
    /// # Errors
    /// The peer broke a rule. Every further call says the same.
    pub fn decode<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
        inflater: Option<&mut Inflater>,
    ) -> Result<Step<'a>, Violation> {
        if let Some(end) = self.end {
            let consumed = bytes.len();
            return end.map(|()| Step {
                consumed,
                event: None,
            });
        }
        let mut consumed = 0;
        let found = self.find(bytes, &mut consumed, inflater);
        let event = found.and_then(|found| event(found, bytes, &self.control));
        match event {
            Ok(event) => {
                if matches!(event, Some(Event::Close(_))) {
                    self.end = Some(Ok(()));
                }
                Ok(Step { consumed, event })
            }
            Err(violation) => {
                self.end = Some(Err(violation));
                self.message = None;
                Err(violation)
            }
        }
    }

    /// Takes bytes up to the next event.
    fn find(
        &mut self,
        bytes: &mut [u8],
        consumed: &mut usize,
        mut inflater: Option<&mut Inflater>,
    ) -> Result<Found, Violation> {
        loop {
            let Some(frame) = self.open_frame(bytes, consumed)? else {
                return Ok(Found::Nothing);
            };
            let from = *consumed;
            let to_come = usize::try_from(frame.head.length - frame.received).unwrap_or(usize::MAX);
            let part = from..from + to_come.min(bytes.len() - from);
            *consumed = part.end;
            if let Some(mask) = frame.head.mask {
                mask::apply(&mut bytes[part.clone()], mask, frame.received);
            }
            let received = frame.received + part.len() as u64;
            let is_whole = received == frame.head.length;
            self.frame = (!is_whole).then_some(Frame { received, ..frame });
            let is_direct = is_whole && frame.received == 0;
            let found = match frame.head.opcode.is_control() {
                true => self.take_control(&frame.head, &bytes[part.clone()], is_direct, is_whole),
                false => {
                    let inflater = inflater.as_deref_mut();
                    self.take_data(&frame, &bytes[part.clone()], is_direct, is_whole, inflater)?
                }
            };
            match found {
                Found::Direct(opcode, _) => return Ok(Found::Direct(opcode, part)),
                // The end of a fragment: the next one may be there.
                Found::Nothing if is_whole => {}
                found => return Ok(found),
            }
        }
    }

    /// The frame that is being read; `None`: its head is not whole.
    fn open_frame(&mut self, bytes: &[u8], consumed: &mut usize) -> Result<Option<Frame>, Violation> {
        if self.frame.is_some() {
            return Ok(self.frame);
        }
        let rules = Rules {
            is_masked: self.peer == Peer::Client,
            may_compress: self.may_compress,
            is_within_message: self.message.is_some(),
        };
        let kept = usize::from(self.head_length);
        let rest = &bytes[*consumed..];
        let (head, used) = if kept == 0 {
            match FrameHead::parse(rest, rules)? {
                Some(found) => found,
                None => return Ok(self.keep_head(rest, consumed)),
            }
        } else {
            let more = rest.len().min(HEAD_BYTES_MAX - kept);
            self.head[kept..kept + more].copy_from_slice(&rest[..more]);
            match FrameHead::parse(&self.head[..kept + more], rules)? {
                Some((head, length)) => (head, length - kept),
                None => {
                    self.head_length += more as u8;
                    *consumed += more;
                    return Ok(None);
                }
            }
        };
        *consumed += used;
        self.head_length = 0;
        self.check_length(&head)?;
        if head.opcode.is_control() {
            self.control.clear();
        }
        let frame = Frame { head, received: 0 };
        self.frame = Some(frame);
        Ok(self.frame)
    }

    fn keep_head(&mut self, rest: &[u8], consumed: &mut usize) -> Option<Frame> {
        self.head[..rest.len()].copy_from_slice(rest);
        self.head_length = rest.len() as u8;
        *consumed += rest.len();
        None
    }

    /// RFC 6455 section 10.4: what is too long is refused before it has come.
    fn check_length(&self, head: &FrameHead) -> Result<(), Violation> {
        if head.opcode.is_control() {
            return Ok(());
        }
        let is_compressed = match &self.message {
            Some(message) => message.is_compressed,
            None => head.is_compressed,
        };
        let max = match is_compressed {
            false => self.message_bytes_max,
            // What cannot be compressed becomes a little longer (RFC 1951 section 3.2.4); its length is looked at again when it is
            // decompressed.
            true => self
                .message_bytes_max
                .saturating_add(self.message_bytes_max / 1024 + 64),
        };
        let whole = head.length.saturating_add(self.held_bytes() as u64);
        match whole > max as u64 {
            true => Err(Violation::LongMessage),
            false => Ok(()),
        }
    }

    fn take_control(&mut self, head: &FrameHead, part: &[u8], is_direct: bool, is_whole: bool) -> Found {
        if is_direct {
            return Found::Direct(head.opcode, 0..0);
        }
        self.control.extend_from_slice(part);
        match is_whole {
            true => Found::Control(head.opcode),
            false => Found::Nothing,
        }
    }

    fn take_data(
        &mut self,
        frame: &Frame,
        part: &[u8],
        is_direct: bool,
        is_whole: bool,
        inflater: Option<&mut Inflater>,
    ) -> Result<Found, Violation> {
        let head = &frame.head;
        if is_direct && head.is_final && self.message.is_none() && !head.is_compressed {
            let is_text = head.opcode == Opcode::Text;
            if is_text && simdutf8::basic::from_utf8(part).is_err() {
                return Err(Violation::Text);
            }
            return Ok(Found::Direct(head.opcode, 0..0));
        }
        let message = self.message.get_or_insert_with(|| Box::new(Message::of(head)));
        if message.kind == Kind::Text && !message.is_compressed && !message.utf8.add(part) {
            return Err(Violation::Text);
        }
        let to_come = usize::try_from(head.length - frame.received).unwrap_or(usize::MAX);
        message.add(part, to_come);
        if !(is_whole && head.is_final) {
            return Ok(Found::Nothing);
        }
        let message = self
            .message
            .take()
            .map(|message| message.whole(inflater, self.message_bytes_max));
        match message {
            Some(whole) => whole.map(|(kind, bytes)| Found::Message(kind, bytes)),
            None => Ok(Found::Nothing),
        }
    }
}

/// What was found; where it lies among the bytes that were handed in, or in the decoder.
#[derive(Debug)]
enum Found {
    /// All bytes are used.
    Nothing,
    /// A frame that is all of its message, with its payload where it was received.
    Direct(Opcode, Range<usize>),
    /// A control frame that came in parts.
    Control(Opcode),
    /// A message that came in parts, or compressed.
    Message(Kind, Vec<u8>),
}

fn event<'a>(found: Found, bytes: &'a [u8], control: &'a [u8]) -> Result<Option<Event<'a>>, Violation> {
    let (opcode, payload) = match found {
        Found::Nothing => return Ok(None),
        Found::Message(kind, payload) => return Ok(Some(Event::Message(kind, Payload::Owned(payload)))),
        Found::Direct(opcode, range) => (opcode, &bytes[range]),
        Found::Control(opcode) => (opcode, control),
    };
    Ok(Some(match opcode {
        Opcode::Text => Event::Message(Kind::Text, Payload::Borrowed(payload)),
        Opcode::Binary | Opcode::Continuation => Event::Message(Kind::Binary, Payload::Borrowed(payload)),
        Opcode::Ping => Event::Ping(payload),
        Opcode::Pong => Event::Pong(payload),
        Opcode::Close => Event::Close(Close::parse(payload)?),
    }))
}

impl Message {
    fn of(head: &FrameHead) -> Self {
        Message {
            kind: match head.opcode {
                Opcode::Text => Kind::Text,
                _ => Kind::Binary,
            },
            is_compressed: head.is_compressed,
            bytes: Vec::new(),
            utf8: Utf8::default(),
        }
    }

    /// Adds a part of a frame of which `to_come` bytes are still to come, these included. Memory is taken for what has come, and
    /// never for more than twice of that: a peer may announce anything.
    fn add(&mut self, part: &[u8], to_come: usize) {
        let length = self.bytes.len();
        if self.bytes.capacity() - length < part.len() {
            let more = to_come.min((length + part.len()).max(part.len()));
            self.bytes.reserve_exact(more);
        }
        self.bytes.extend_from_slice(part);
    }

    fn whole(self, inflater: Option<&mut Inflater>, bytes_max: usize) -> Result<(Kind, Vec<u8>), Violation> {
        if !self.is_compressed {
            return match self.utf8.is_complete() {
                true => Ok((self.kind, self.bytes)),
                false => Err(Violation::Text),
            };
        }
        let inflater = inflater.ok_or(Violation::Compressed)?;
        let bytes = inflater.inflate(&self.bytes, bytes_max)?;
        match self.kind == Kind::Text && simdutf8::basic::from_utf8(&bytes).is_err() {
            true => Err(Violation::Text),
            false => Ok((self.kind, bytes)),
        }
    }
}
