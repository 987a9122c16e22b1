//! Why a stream or a connection ends.
//!
//! Owns the codes (RFC 9113 section 7) and the error that ends a connection. Never decides: whatever judges does. Called by:
//! all modules; `howth_connection`, which ends streams by them.

/// An error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub u32);

impl Reason {
    /// Nothing is wrong.
    pub const NO_ERROR: Reason = Reason(0);
    /// A rule was broken for which there is no code of its own.
    pub const PROTOCOL_ERROR: Reason = Reason(1);
    /// The server failed.
    pub const INTERNAL_ERROR: Reason = Reason(2);
    /// More came than a window had room for, or a window was made larger than it may be.
    pub const FLOW_CONTROL_ERROR: Reason = Reason(3);
    /// A frame came for a stream that was closed.
    pub const STREAM_CLOSED: Reason = Reason(5);
    /// A frame has a length that its kind cannot have.
    pub const FRAME_SIZE_ERROR: Reason = Reason(6);
    /// Nothing was done of a request: it may be sent again.
    pub const REFUSED_STREAM: Reason = Reason(7);
    /// The stream is not wanted any more.
    pub const CANCEL: Reason = Reason(8);
    /// A header block cannot be decompressed.
    pub const COMPRESSION_ERROR: Reason = Reason(9);
    /// The client makes the server do more than it may.
    pub const ENHANCE_YOUR_CALM: Reason = Reason(11);
}

/// What ends a connection (RFC 9113 section 5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ConnectionError {
    /// The code that is told.
    pub reason: Reason,
    /// What was wrong, which is told as well.
    pub what: &'static str,
}

impl ConnectionError {
    pub(crate) const fn new(reason: Reason, what: &'static str) -> Self {
        ConnectionError { reason, what }
    }

    pub(crate) const fn protocol(what: &'static str) -> Self {
        ConnectionError::new(Reason::PROTOCOL_ERROR, what)
    }

    pub(crate) const fn frame_size(what: &'static str) -> Self {
        ConnectionError::new(Reason::FRAME_SIZE_ERROR, what)
    }

    pub(crate) const fn compression(what: &'static str) -> Self {
        ConnectionError::new(Reason::COMPRESSION_ERROR, what)
    }

    pub(crate) const fn calm(what: &'static str) -> Self {
        ConnectionError::new(Reason::ENHANCE_YOUR_CALM, what)
    }
}
