//! Close codes and reasons (RFC 6455 sections 5.5.1, 7.1.5 and 7.4).
//!
//! Owns which codes may stand in a frame. Never closes anything. Called by: `decoder`, `encode`; whoever closes.

use crate::violation::Violation;

/// The codes that have a meaning here (RFC 6455 section 7.4.1).
pub mod code {
    /// What the connection was for is done.
    pub const NORMAL: u16 = 1000;
    /// The server ends, or the page is left.
    pub const GOING_AWAY: u16 = 1001;
    /// A rule of the protocol was broken.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// Never sent: a close frame had no code.
    pub const NONE: u16 = 1005;
    /// Never sent: there was no close frame.
    pub const ABNORMAL: u16 = 1006;
    /// A message is not what its type says.
    pub const INVALID_DATA: u16 = 1007;
    /// A message is too long.
    pub const TOO_LONG: u16 = 1009;
    /// The server has met something that it was not made for.
    pub const UNEXPECTED: u16 = 1011;
    /// The server starts again (registered as RFC 6455 section 11.7 has it).
    pub const RESTART: u16 = 1012;
}

/// A control frame's bytes without a code's (RFC 6455 section 5.5).
pub const REASON_BYTES_MAX: usize = 123;

/// What a close frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close<'a> {
    /// `None`: the frame was empty (RFC 6455 section 7.1.5: as if it were 1005).
    pub code: Option<u16>,
    /// Why, for people.
    pub reason: &'a str,
}

impl<'a> Close<'a> {
    /// Reads the payload of a close frame.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, Violation> {
        match *payload {
            [] => Ok(Close {
                code: None,
                reason: "",
            }),
            // RFC 6455 section 5.5.1.
            [_] => Err(Violation::CloseLength),
            [high, low, ref reason @ ..] => {
                let code = u16::from_be_bytes([high, low]);
                if !is_sendable(code) {
                    return Err(Violation::CloseCode(code));
                }
                let reason = std::str::from_utf8(reason).map_err(|_| Violation::CloseReason)?;
                Ok(Close {
                    code: Some(code),
                    reason,
                })
            }
        }
    }
}

/// Whether a code may stand in a frame: RFC 6455 section 7.4.1 names which must not, 1012 to 1014 were registered later
/// (section 11.7), 3000 to 4999 are free to be used (section 7.4.2), and everything else is reserved.
pub fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
