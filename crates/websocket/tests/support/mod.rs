//! What came out of a decoder, and clients' frames as tests make them.

#[path = "../../../http1/tests/support/iterations.rs"]
pub mod iterations;
#[path = "../../../http1/tests/support/random.rs"]
pub mod random;

use howth_websocket::{Decoder, Event, Inflater, Kind, Opcode, Peer, Violation, masked_frame};

/// An event that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

/// All that came, and what ended it.
pub type Transcript = (Vec<Came>, Option<Violation>);

pub const BYTES_MAX: usize = 200;

/// Decodes in the parts that end at `splits`, ascending.
pub fn decode(input: &[u8], splits: &[usize], may_compress: bool) -> Transcript {
    let mut decoder = Decoder::new(Peer::Client, BYTES_MAX, may_compress);
    let mut inflater = Inflater::new(false);
    let (mut came, mut from) = (Vec::new(), 0);
    for to in splits.iter().copied().chain([input.len()]) {
        let mut part = input[from..to].to_vec();
        from = to;
        if let Some(violation) = decode_part(&mut decoder, &mut inflater, &mut part, &mut came) {
            assert_eq!(decoder.decode(&mut [0x81], None), Err(violation));
            return (came, Some(violation));
        }
        assert!(decoder.held_bytes() <= BYTES_MAX + BYTES_MAX / 1024 + 64);
    }
    (came, None)
}

/// Decodes what has come; what was wrong.
pub fn decode_part(
    decoder: &mut Decoder,
    inflater: &mut Inflater,
    part: &mut [u8],
    came: &mut Vec<Came>,
) -> Option<Violation> {
    let mut at = 0;
    loop {
        let step = match decoder.decode(&mut part[at..], Some(&mut *inflater)) {
            Ok(step) => step,
            Err(violation) => return Some(violation),
        };
        at += step.consumed;
        match step.event {
            Some(event) => came.push(owned(event)),
            None => {
                assert_eq!(at, part.len(), "bytes are left over, and nothing was told");
                return None;
            }
        }
    }
}

fn owned(event: Event<'_>) -> Came {
    match event {
        Event::Message(Kind::Text, payload) => {
            Came::Text(String::from_utf8(payload.into_owned()).expect("a text is UTF-8"))
        }
        Event::Message(Kind::Binary, payload) => Came::Binary(payload.into_owned()),
        Event::Ping(payload) => Came::Ping(payload.to_vec()),
        Event::Pong(payload) => Came::Pong(payload.to_vec()),
        Event::Close(close) => Came::Close(close.code, close.reason.to_owned()),
    }
}

/// A client's frame that is all of its message.
pub fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    masked_frame(opcode, true, false, payload, [0x37, 0xfa, 0x21, 0x3d])
}

/// A fragment of one.
pub fn fragment(opcode: Opcode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    masked_frame(opcode, is_final, false, payload, [1, 0, 255, 3])
}
