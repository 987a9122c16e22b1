//! Bodies of requests that are decoded before the application reads them.
//!
//! Owns what the engine asks of a decoder. Never decodes: whoever starts an engine says who does. Called by: the engines'
//! connections, when an application reads a body with a content coding.

use std::fmt;

/// A core decodes no more bodies at the same time: each has a decoder, with its window. A request beyond them is refused.
pub const CODED_BODIES_MAX: usize = 64;

/// A body that is not what its content coding says, or needs more memory than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body does not decode as its content coding says")]
pub struct Undecodable;

/// Decodes the body of one request.
pub trait BodyDecoder: fmt::Debug {
    /// Decodes what it can of `encoded` into `decoded`, and gives how many bytes it has taken and given. It takes none and gives
    /// none where it can go on only with more bytes.
    ///
    /// # Errors
    /// The body does not decode. Nothing more is asked of the decoder then.
    fn decode(&mut self, encoded: &[u8], decoded: &mut [u8]) -> Result<(usize, usize), Undecodable>;

    /// Whether what was taken so far is a whole body.
    fn is_whole(&self) -> bool;
}

/// Makes decoders.
#[derive(Clone, Copy)]
pub struct BodyDecoding(fn(&[u8]) -> Option<Box<dyn BodyDecoder>>);

impl BodyDecoding {
    /// `make` is given a content coding, and makes a decoder of one that it knows.
    pub const fn new(make: fn(&[u8]) -> Option<Box<dyn BodyDecoder>>) -> Self {
        BodyDecoding(make)
    }

    /// A decoder of this content coding; `None`: the application gets the body as it is.
    pub fn decoder(self, coding: &[u8]) -> Option<Box<dyn BodyDecoder>> {
        (self.0)(coding)
    }
}

impl fmt::Debug for BodyDecoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BodyDecoding")
    }
}

impl PartialEq for BodyDecoding {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for BodyDecoding {}
