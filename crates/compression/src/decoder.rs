//! Decoders of request bodies.
//!
//! Owns the codings that are decoded, and how much memory a decoder may take: a body whose window is larger does not decode. Never
//! decides which bodies are decoded, nor how many bytes they may come to: the engine does. Called by: the engines' connections, by
//! [`BODY_DECODING`].

mod brotli;
mod deflate;
mod zstd;

use howth_engine::{BodyDecoder, BodyDecoding};

use self::brotli::BrotliDecoder;
use self::deflate::DeflateDecoder;
use self::zstd::ZstdDecoder;

/// A decoder has no more memory: the window of RFC 9659 section 3, and tables.
pub const DECODER_BYTES_MAX: usize = 9 * 1024 * 1024;

/// Makes decoders of `gzip`, `deflate`, `br` and `zstd` (RFC 9110 section 8.4.1, RFC 7932, RFC 8878).
pub const BODY_DECODING: BodyDecoding = BodyDecoding::new(decoder);

fn decoder(coding: &[u8]) -> Option<Box<dyn BodyDecoder>> {
    let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
    match () {
        // RFC 9110 section 8.4.1.3.
        () if is("gzip") || is("x-gzip") => Some(Box::new(DeflateDecoder::gzip())),
        () if is("deflate") => Some(Box::new(DeflateDecoder::zlib())),
        () if is("br") => Some(Box::new(BrotliDecoder::new())),
        () if is("zstd") => ZstdDecoder::new().map(|decoder| -> Box<dyn BodyDecoder> { Box::new(decoder) }),
        () => None,
    }
}

#[cfg(test)]
mod tests;
