//! What a peer may do wrong, and the close code that it is told.
//!
//! Owns the list. Never decides: `frame`, `decoder`, `close` and `deflate` do. Called by: these; whoever answers.

use crate::close::code;

/// A rule that a peer broke. The connection is over (RFC 6455 section 7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// RFC 6455 section 5.2: a reserved bit is zero unless an extension gives it a meaning; RFC 7692 section 6: that of
    /// compression is set on the first frame of a message only.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// RFC 6455 section 5.2: opcodes 3 to 7 and 11 to 15 are reserved.
    #[error("the opcode is a reserved one")]
    ReservedOpcode,
    /// RFC 6455 section 5.1: what a client sends is masked.
    #[error("a frame of a client is not masked")]
    Unmasked,
    /// RFC 6455 section 5.1: what a server sends is not.
    #[error("a frame of a server is masked")]
    Masked,
    /// RFC 6455 section 5.2: a length has the shortest form there is for it, and its highest bit is zero.
    #[error("the length of a frame is not in its shortest form")]
    Length,
    /// RFC 6455 section 5.5: a control frame has 125 bytes at most.
    #[error("a control frame is longer than 125 bytes")]
    LongControl,
    /// RFC 6455 section 5.5: a control frame is not fragmented.
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// RFC 6455 section 5.4: a continuation continues something.
    #[error("there is no message to be continued")]
    Continuation,
    /// RFC 6455 section 5.4: fragments of messages are not mixed.
    #[error("a message begins within another one")]
    Interleaved,
    /// RFC 6455 section 5.5.1: a close frame is empty or begins with a code of two bytes.
    #[error("a close frame has one byte")]
    CloseLength,
    /// RFC 6455 section 7.4: a code that is sent is one that may be.
    #[error("the close code {0} must not be sent")]
    CloseCode(u16),
    /// RFC 6455 section 5.5.1: a reason is UTF-8.
    #[error("the reason of a close frame is not UTF-8")]
    CloseReason,
    /// RFC 6455 section 8.1: a text is UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// RFC 7692 section 7.2.2: what is compressed can be decompressed.
    #[error("a compressed message cannot be decompressed")]
    Compressed,
    /// RFC 6455 section 10.4: an endpoint bounds what it takes.
    #[error("a message is longer than is taken")]
    LongMessage,
}

impl Violation {
    /// The code that the peer is told (RFC 6455 section 7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Violation::CloseReason | Violation::Text | Violation::Compressed => code::INVALID_DATA,
            Violation::LongMessage => code::TOO_LONG,
            _ => code::PROTOCOL_ERROR,
        }
    }
}
