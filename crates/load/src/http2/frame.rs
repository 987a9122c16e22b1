//! Frames (RFC 9113 sections 4 and 6): their layout, and how those of a client are written.
//!
//! Never judges what is in one: the client does.

use crate::error::ErrorClass;

/// What a client begins with (section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The head of a frame.
pub(super) const HEAD_BYTES: usize = 9;
/// What a frame may have behind its head unless its receiver has said otherwise (section 4.2).
pub(super) const BYTES_MAX: usize = 16 * 1024;

/// The kinds of frames.
pub(super) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const HEADERS: u8 = 1;
    pub(crate) const RST_STREAM: u8 = 3;
    pub(crate) const SETTINGS: u8 = 4;
    pub(crate) const PUSH_PROMISE: u8 = 5;
    pub(crate) const PING: u8 = 6;
    pub(crate) const GOAWAY: u8 = 7;
    pub(crate) const WINDOW_UPDATE: u8 = 8;
    pub(crate) const CONTINUATION: u8 = 9;
}

/// Their flags.
pub(super) mod flag {
    pub(crate) const ACK: u8 = 1;
    pub(crate) const END_STREAM: u8 = 1;
    pub(crate) const END_HEADERS: u8 = 4;
    pub(crate) const PADDED: u8 = 8;
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// Why a stream ends (section 7).
pub(super) mod code {
    pub(crate) const REFUSED_STREAM: u32 = 7;
    pub(crate) const CANCEL: u32 = 8;
}

/// Without what sections 6.1 and 6.2 let a frame be filled up with.
pub(super) fn unpadded(flags: u8, payload: &[u8]) -> Result<&[u8], ErrorClass> {
    if flags & flag::PADDED == 0 {
        return Ok(payload);
    }
    let (padding, rest) = payload.split_first().ok_or(ErrorClass::Protocol)?;
    let end = rest.len().checked_sub(usize::from(*padding));
    Ok(&rest[..end.ok_or(ErrorClass::Protocol)?])
}

/// The number that a payload begins with.
pub(super) fn number(payload: &[u8]) -> Result<u32, ErrorClass> {
    let bytes = payload.first_chunk().ok_or(ErrorClass::Protocol)?;
    Ok(u32::from_be_bytes(*bytes))
}

pub(super) fn put_frame(out: &mut Vec<u8>, kind: u8, flags: u8, id: u32, payload: &[u8]) {
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(payload);
}

pub(super) fn put_number(out: &mut Vec<u8>, kind: u8, id: u32, number: u32) {
    put_frame(out, kind, 0, id, &number.to_be_bytes());
}
