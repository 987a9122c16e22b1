//! The head of a frame (RFC 6455 section 5.2).
//!
//! Owns its form, and every rule that can be checked on it. Never sees a payload. Called by: `decoder`, `encode`.

use crate::violation::Violation;

/// A head's bytes at most: two, a length of eight, a mask of four.
pub(crate) const HEAD_BYTES_MAX: usize = 14;

/// A control frame's payload at most (RFC 6455 section 5.5).
pub(crate) const CONTROL_BYTES_MAX: u64 = 125;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, in UTF-8.
    Text,
    /// Bytes.
    Binary,
}

impl Kind {
    /// The opcode of its first frame.
    pub fn opcode(self) -> Opcode {
        match self {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
        }
    }
}

/// What a frame is (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with a message.
    Continuation = 0,
    /// Begins a text.
    Text = 1,
    /// Begins bytes.
    Binary = 2,
    /// Ends the connection.
    Close = 8,
    /// Asks for an answer.
    Ping = 9,
    /// Answers a ping, or says something unasked.
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return None,
        })
    }

    pub(crate) fn is_control(self) -> bool {
        self as u8 >= Opcode::Close as u8
    }
}

/// What a head has to keep to, besides its form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// The peer masks.
    pub(crate) is_masked: bool,
    /// Compression was agreed upon.
    pub(crate) may_compress: bool,
    /// A message has begun and not ended.
    pub(crate) is_within_message: bool,
}

/// A head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) is_final: bool,
    pub(crate) is_compressed: bool,
    pub(crate) opcode: Opcode,
    pub(crate) mask: Option<[u8; 4]>,
    pub(crate) length: u64,
}

impl FrameHead {
    /// Reads a head and says how long it is; `None`: more of it is to come. What is wrong is told at the first byte that
    /// makes it so.
    pub(crate) fn parse(bytes: &[u8], rules: Rules) -> Result<Option<(Self, usize)>, Violation> {
        let Some((&first, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let (is_final, is_compressed, opcode) = read_first(first, rules)?;
        let Some((&second, rest)) = rest.split_first() else {
            return Ok(None);
        };
        match (second & 0x80 != 0, rules.is_masked) {
            (false, true) => return Err(Violation::Unmasked),
            (true, false) => return Err(Violation::Masked),
            _ => {}
        }
        let short = second & 0x7f;
        // RFC 6455 section 5.5.
        if opcode.is_control() && u64::from(short) > CONTROL_BYTES_MAX {
            return Err(Violation::LongControl);
        }
        let Some((length, rest)) = read_length(short, rest)? else {
            return Ok(None);
        };
        let (mask, rest) = match rules.is_masked {
            false => (None, rest),
            true => match rest.split_first_chunk::<4>() {
                None => return Ok(None),
                Some((mask, rest)) => (Some(*mask), rest),
            },
        };
        let head = FrameHead {
            is_final,
            is_compressed,
            opcode,
            mask,
            length,
        };
        Ok(Some((head, bytes.len() - rest.len())))
    }
}

fn read_first(first: u8, rules: Rules) -> Result<(bool, bool, Opcode), Violation> {
    let is_final = first & 0x80 != 0;
    let is_compressed = first & 0x40 != 0;
    if first & 0x30 != 0 {
        return Err(Violation::ReservedBit);
    }
    let opcode = Opcode::of(first & 0x0f).ok_or(Violation::ReservedOpcode)?;
    // RFC 7692 section 6.1: the bit stands on the first frame of a message, and on no control frame.
    let may_be_compressed = rules.may_compress && matches!(opcode, Opcode::Text | Opcode::Binary);
    if is_compressed && !may_be_compressed {
        return Err(Violation::ReservedBit);
    }
    if opcode.is_control() && !is_final {
        return Err(Violation::FragmentedControl);
    }
    // RFC 6455 section 5.4.
    match (opcode, rules.is_within_message) {
        (Opcode::Continuation, false) => Err(Violation::Continuation),
        (Opcode::Text | Opcode::Binary, true) => Err(Violation::Interleaved),
        _ => Ok((is_final, is_compressed, opcode)),
    }
}

/// RFC 6455 section 5.2: "the minimal number of bytes MUST be used to encode the length".
fn read_length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    match short {
        126 => {
            let Some((length, rest)) = rest.split_first_chunk::<2>() else {
                return Ok(None);
            };
            let length = u16::from_be_bytes(*length);
            match length {
                0..=125 => Err(Violation::Length),
                _ => Ok(Some((u64::from(length), rest))),
            }
        }
        127 => {
            let Some((length, rest)) = rest.split_first_chunk::<8>() else {
                return Ok(None);
            };
            let length = u64::from_be_bytes(*length);
            match length {
                0x1_0000..=0x7fff_ffff_ffff_ffff => Ok(Some((length, rest))),
                _ => Err(Violation::Length),
            }
        }
        short => Ok(Some((u64::from(short), rest))),
    }
}
