//! Frames (RFC 9113 sections 4 and 6): their heads, and those that are written whole.
//!
//! Owns the layout. Never judges a frame: the session does. Called by: the session.

use crate::error::Reason;

/// What a client begins with (RFC 9113 section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The head of a frame, in bytes.
pub(crate) const HEAD_BYTES: usize = 9;

/// The kinds of frames.
pub(crate) mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Their flags.
pub(crate) mod flag {
    pub const ACK: u8 = 0x1;
    pub const END_STREAM: u8 = 0x1;
    pub const END_HEADERS: u8 = 0x4;
    pub const PADDED: u8 = 0x8;
    pub const PRIORITY: u8 = 0x20;
}

/// The head of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub bytes: usize,
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

impl Head {
    /// The head at the start of `input`; `None`: it is not there whole.
    pub fn read(input: &[u8]) -> Option<Head> {
        let [a, b, c, kind, flags, id @ ..] = input.first_chunk::<HEAD_BYTES>()?;
        Some(Head {
            bytes: u32::from_be_bytes([0, *a, *b, *c]) as usize,
            kind: *kind,
            flags: *flags,
            // The highest bit is reserved, and ignored (RFC 9113 section 4.1).
            stream: u32::from_be_bytes(*id) & 0x7fff_ffff,
        })
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Appends the head of a frame.
pub(crate) fn write_head(out: &mut Vec<u8>, bytes: usize, kind: u8, flags: u8, stream: u32) {
    let mut head = [0; HEAD_BYTES];
    head[..3].copy_from_slice(&(bytes as u32).to_be_bytes()[1..]);
    head[3] = kind;
    head[4] = flags;
    head[5..].copy_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(&head);
}

/// Sets the length and the flags of a frame whose head stands at `at`.
pub(crate) fn patch_head(out: &mut [u8], at: usize, bytes: usize, flags: u8) {
    out[at..at + 3].copy_from_slice(&(bytes as u32).to_be_bytes()[1..]);
    out[at + 4] = flags;
}

pub(crate) fn write_reset(out: &mut Vec<u8>, stream: u32, reason: Reason) {
    write_head(out, 4, kind::RST_STREAM, 0, stream);
    out.extend_from_slice(&reason.0.to_be_bytes());
}

pub(crate) fn write_window_update(out: &mut Vec<u8>, stream: u32, bytes: u32) {
    write_head(out, 4, kind::WINDOW_UPDATE, 0, stream);
    out.extend_from_slice(&bytes.to_be_bytes());
}

pub(crate) fn write_ping(out: &mut Vec<u8>, flags: u8, payload: &[u8; 8]) {
    write_head(out, 8, kind::PING, flags, 0);
    out.extend_from_slice(payload);
}

pub(crate) fn write_go_away(out: &mut Vec<u8>, last_stream: u32, reason: Reason, what: &str) {
    write_head(out, 8 + what.len(), kind::GOAWAY, 0, 0);
    out.extend_from_slice(&last_stream.to_be_bytes());
    out.extend_from_slice(&reason.0.to_be_bytes());
    out.extend_from_slice(what.as_bytes());
}
