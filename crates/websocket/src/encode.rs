//! From messages to frames (RFC 6455 section 5).
//!
//! Owns the form of what is sent: one frame a message, lengths in their shortest form. Never copies a payload that a server
//! sends. Called by: whoever sends.

use crate::close::REASON_BYTES_MAX;
use crate::frame::Opcode;
use crate::mask;

/// The head of an unmasked frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    bytes: [u8; 10],
    length: u8,
}

impl AsRef<[u8]> for Head {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The head of a server's frame that is all of its message, with a payload of `length` bytes behind it.
pub fn frame_head(opcode: Opcode, is_compressed: bool, length: usize) -> Head {
    let mut bytes = [0; 10];
    bytes[0] = 0x80 | (u8::from(is_compressed) << 6) | opcode as u8;
    let length = match length {
        0..=125 => {
            bytes[1] = length as u8;
            2
        }
        126..=0xffff => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    Head { bytes, length }
}

/// A server's close frame: empty where there is no code (RFC 6455 section 5.5.1). A reason that is too long is cut, between
/// characters.
pub fn close_frame(code: Option<u16>, reason: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    if let Some(code) = code {
        let mut end = reason.len().min(REASON_BYTES_MAX);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(&reason.as_bytes()[..end]);
    }
    let mut frame = frame_head(Opcode::Close, false, payload.len()).as_ref().to_vec();
    frame.append(&mut payload);
    frame
}

/// A client's frame, as tests and clients need it: any part of a message.
pub fn masked_frame(
    opcode: Opcode,
    is_final: bool,
    is_compressed: bool,
    payload: &[u8],
    mask: [u8; 4],
) -> Vec<u8> {
    let mut frame = frame_head(opcode, is_compressed, payload.len()).as_ref().to_vec();
    if !is_final {
        frame[0] &= 0x7f;
    }
    frame[1] |= 0x80;
    frame.extend_from_slice(&mask);
    let at = frame.len();
    frame.extend_from_slice(payload);
    mask::apply(&mut frame[at..], mask, 0);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_their_shortest_form() {
        let head = |length| frame_head(Opcode::Binary, false, length).as_ref().to_vec();
        assert_eq!(head(0), [0x82, 0]);
        assert_eq!(head(125), [0x82, 125]);
        assert_eq!(head(126), [0x82, 126, 0, 126]);
        assert_eq!(head(65_535), [0x82, 126, 255, 255]);
        assert_eq!(head(65_536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(frame_head(Opcode::Text, true, 1).as_ref(), [0xc1, 1]);
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(close_frame(None, "left out"), [0x88, 0]);
        assert_eq!(close_frame(Some(1000), "bye"), b"\x88\x05\x03\xe8bye");
        let long = format!("{}€€", "x".repeat(120));
        let frame = close_frame(Some(1001), &long);
        assert_eq!(frame.len(), 2 + 2 + 123);
        let longer = close_frame(Some(1001), &format!("x{long}"));
        assert_eq!(longer.len(), 2 + 2 + 121);
    }
}
