//! The client's side, frame by frame.
#![allow(dead_code, reason = "each test uses a part of it")]

use howth_http2::{ConnectionError, Event, FieldBlock, Limits, PREFACE, Session};

pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A request without a body.
pub fn get(stream: u32) -> Vec<u8> {
    frame(1, END_HEADERS | END_STREAM, stream, b"\x82\x84\x86\x41\x01h")
}

/// SETTINGS with one setting.
pub fn settings(name: u16, value: u32) -> Vec<u8> {
    let mut payload = name.to_be_bytes().to_vec();
    payload.extend(value.to_be_bytes());
    frame(4, 0, 0, &payload)
}

/// WINDOW_UPDATE.
pub fn window(stream: u32, bytes: u32) -> Vec<u8> {
    frame(8, 0, stream, &bytes.to_be_bytes())
}

/// A request whose body follows.
pub fn post(stream: u32) -> Vec<u8> {
    frame(1, END_HEADERS, stream, b"\x83\x84\x86\x41\x01h")
}

/// A frame of the server.
#[derive(Debug)]
pub struct Sent {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// A session under test, and what came of it.
pub struct Peer {
    pub session: Session<()>,
    pub limits: Limits,
    pub block: FieldBlock,
    pub out: Vec<u8>,
    pub now_ms: u64,
    pub requests: Vec<(u32, bool)>,
    pub body: Vec<u8>,
    pub ended: Vec<u32>,
    input: Vec<u8>,
}

impl Peer {
    /// One that has said nothing.
    pub fn unsaid(limits: Limits) -> Self {
        let mut out = Vec::new();
        Peer {
            session: Session::open(&limits, &mut out),
            limits,
            block: FieldBlock::new(),
            out,
            now_ms: 0,
            requests: Vec::new(),
            body: Vec::new(),
            ended: Vec::new(),
            input: Vec::new(),
        }
    }

    /// One that has said what a client begins with.
    pub fn new(limits: Limits) -> Self {
        let mut peer = Peer::unsaid(limits);
        peer.send(PREFACE).unwrap();
        peer.send(&frame(4, 0, 0, b"")).unwrap();
        peer.send(&frame(4, 1, 0, b"")).unwrap();
        peer
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        self.input.extend_from_slice(bytes);
        loop {
            let step = self.session.receive(
                &self.input,
                &self.limits,
                &mut self.block,
                &mut self.out,
                self.now_ms,
            )?;
            match step.event {
                Event::NeedMore => {
                    self.input.drain(..step.consumed);
                    return Ok(());
                }
                Event::Request { stream, end } => self.requests.push((stream, end)),
                Event::Data { stream, bytes, end } => {
                    self.body.extend_from_slice(&self.input[bytes]);
                    self.ended.extend(end.then_some(stream));
                }
                Event::Trailers { stream } => self.ended.push(stream),
                Event::Reset { stream, .. } => {
                    self.session.remove(stream);
                }
                Event::Nothing | Event::Window { .. } => {}
            }
            self.input.drain(..step.consumed);
        }
    }

    /// What the server has said since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// All of it, in frames.
    pub fn sent(&self) -> Vec<Sent> {
        let (mut sent, mut rest) = (Vec::new(), &self.out[..]);
        while !rest.is_empty() {
            let bytes = u32::from_be_bytes([0, rest[0], rest[1], rest[2]]) as usize;
            sent.push(Sent {
                kind: rest[3],
                flags: rest[4],
                stream: u32::from_be_bytes(rest[5..9].try_into().unwrap()),
                payload: rest[9..9 + bytes].to_vec(),
            });
            rest = &rest[9 + bytes..];
        }
        sent
    }

    pub fn sent_of(&self, kind: u8) -> Vec<Sent> {
        self.sent().into_iter().filter(|sent| sent.kind == kind).collect()
    }
}
