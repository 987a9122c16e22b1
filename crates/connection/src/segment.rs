//! Bytes of responses that lie in one piece.
//!
//! Owns them, alone or together with others. Never looks at them. Called by: `output` and `outgoing`, which put them in
//! order.

use std::ops::Deref;

use bytes::Bytes;
use howth_engine::Sealed;

/// A piece of what goes out.
#[derive(Debug)]
pub enum Segment {
    /// Nobody else has them.
    Owned(Vec<u8>),
    /// Several responses have them.
    Shared(Bytes),
    /// They are sealed, and their memory is for others that will be.
    Sealed(Box<Sealed>),
}

impl Default for Segment {
    fn default() -> Self {
        Segment::Owned(Vec::new())
    }
}

impl From<Vec<u8>> for Segment {
    fn from(bytes: Vec<u8>) -> Self {
        Segment::Owned(bytes)
    }
}

impl From<Bytes> for Segment {
    fn from(bytes: Bytes) -> Self {
        Segment::Shared(bytes)
    }
}

impl From<Box<Sealed>> for Segment {
    fn from(bytes: Box<Sealed>) -> Self {
        Segment::Sealed(bytes)
    }
}

impl Deref for Segment {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Segment::Owned(bytes) => bytes,
            Segment::Shared(bytes) => bytes,
            Segment::Sealed(bytes) => bytes,
        }
    }
}

impl Segment {
    /// Forgets everything from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        match self {
            Segment::Owned(bytes) => bytes.truncate(len),
            Segment::Shared(bytes) => bytes.truncate(len),
            Segment::Sealed(bytes) => bytes.truncate(len),
        }
    }
}
