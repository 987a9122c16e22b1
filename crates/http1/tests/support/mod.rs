//! Drives a decoder over bytes that arrive in pieces, and checks what it accepts with a second, plain reader.
//!
//! Owns nothing of the protocol's implementation: the checks are written from the RFCs alone. Used by the
//! integration tests here and by the fuzz target.

#![allow(dead_code)] // Every test binary uses a part of it.

pub mod corpus;
pub mod iterations;
pub mod random;
pub mod strict;

use howth_http1::{BodyLength, Decoded, Decoder, Limits, Rejection, RequestHead, Version};

/// What came out of a connection, body pieces joined, so that it does not depend on splits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    pub messages: Vec<Message>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub head: Head,
    pub body: Vec<u8>,
    pub trailers: Option<Vec<(String, Vec<u8>)>>,
    pub is_complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All bytes were fed; so many of them were not consumed.
    NeedMore {
        left: usize,
        is_between_messages: bool,
    },
    Rejected(Rejection),
}

/// Everything a [`RequestHead`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub method: String,
    pub target: String,
    pub path: String,
    pub authority: Option<String>,
    pub version: Version,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: BodyLength,
    pub keep_alive: bool,
    pub expects_continue: bool,
    pub upgrade: Option<String>,
}

impl From<&RequestHead> for Head {
    fn from(head: &RequestHead) -> Self {
        assert_eq!(head.fields_len(), head.fields().count());
        assert_eq!(head.is_head(), head.method() == "HEAD");
        assert_eq!(head.is_connect(), head.method() == "CONNECT");
        Head {
            method: head.method().to_owned(),
            target: head.target().to_owned(),
            path: head.path().to_owned(),
            authority: head.authority().map(str::to_owned),
            version: head.version(),
            fields: head
                .fields()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: head.body(),
            keep_alive: head.keep_alive(),
            expects_continue: head.expects_continue(),
            upgrade: head.upgrade().map(str::to_owned),
        }
    }
}

/// Feeds all of `input` at once.
pub fn decode_whole(input: &[u8], limits: &Limits) -> Transcript {
    decode_split(input, &[], limits)
}

/// Feeds `input` in the pieces between the offsets in `splits`, which ascend.
pub fn decode_split(input: &[u8], splits: &[usize], limits: &Limits) -> Transcript {
    let mut connection = Connection::default();
    for &end in splits.iter().chain([&input.len()]) {
        if let Err(rejection) = connection.feed(&input[..end], limits) {
            return connection.transcript(Verdict::Rejected(rejection));
        }
    }
    let left = input.len() - connection.consumed;
    let is_between_messages = connection.decoder.is_between_messages();
    connection.transcript(Verdict::NeedMore {
        left,
        is_between_messages,
    })
}

/// Feeds `input` byte by byte.
pub fn decode_bytewise(input: &[u8], limits: &Limits) -> Transcript {
    let splits: Vec<usize> = (0..input.len()).collect();
    decode_split(input, &splits, limits)
}

/// Feeds `input` whole and byte by byte, which must not differ.
pub fn decode_both(input: &[u8], limits: &Limits) -> Transcript {
    let whole = decode_whole(input, limits);
    assert_eq!(whole, decode_bytewise(input, limits), "{}", input.escape_ascii());
    whole
}

/// Status and reason of the refusal that `input` must end in.
#[track_caller]
pub fn refusal(input: &[u8], limits: &Limits) -> (u16, &'static str) {
    match decode_both(input, limits).verdict {
        Verdict::Rejected(Rejection { status, reason }) => (status, reason),
        Verdict::NeedMore { .. } => panic!("not refused: {}", input.escape_ascii()),
    }
}

#[derive(Default)]
struct Connection {
    decoder: Decoder,
    head: RequestHead,
    consumed: usize,
    messages: Vec<Message>,
}

impl Connection {
    /// Takes all steps that `arrived`, everything so far, allows.
    fn feed(&mut self, arrived: &[u8], limits: &Limits) -> Result<(), Rejection> {
        loop {
            let input = &arrived[self.consumed..];
            let step = self.decoder.decode(input, limits, &mut self.head)?;
            assert!(step.consumed <= input.len(), "consumed more than there was");
            match step.decoded {
                Decoded::NeedMore => {
                    self.consumed += step.consumed;
                    return Ok(());
                }
                Decoded::Head => {
                    let raw = &input[..step.consumed];
                    strict::assert_strict(raw, &self.head, limits);
                    let is_complete = matches!(self.head.body(), BodyLength::None | BodyLength::Known(0));
                    assert_eq!(self.decoder.is_between_messages(), is_complete);
                    let head = Head::from(&self.head);
                    self.messages.push(Message {
                        head,
                        body: Vec::new(),
                        trailers: None,
                        is_complete,
                    });
                }
                Decoded::Body(range) => {
                    assert!(!range.is_empty(), "an empty body piece");
                    assert!(range.end <= step.consumed, "body bytes that stay unconsumed");
                    let message = self.messages.last_mut().expect("a body belongs to a head");
                    assert!(!message.is_complete, "body bytes behind the end");
                    message.body.extend_from_slice(&input[range]);
                    assert!(message.body.len() as u64 <= limits.body_bytes_max);
                }
                Decoded::End => {
                    let message = self.messages.last_mut().expect("an end belongs to a head");
                    assert!(!message.is_complete, "a second end");
                    message.is_complete = true;
                    message.trailers = self.decoder.take_trailers();
                    assert!(self.decoder.is_between_messages());
                    assert_eq!(self.decoder.take_trailers(), None);
                    if let BodyLength::Known(bytes) = message.head.body {
                        assert_eq!(message.body.len() as u64, bytes);
                    }
                }
            }
            self.consumed += step.consumed;
        }
    }

    fn transcript(self, verdict: Verdict) -> Transcript {
        Transcript {
            messages: self.messages,
            verdict,
        }
    }
}
