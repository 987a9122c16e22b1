//! The chunked transfer coding of a request body (RFC 9112 section 7.1), byte by byte.
//!
//! Owns chunk sizes, chunk extensions and the line ends around chunk data. Never buffers: everything it has read is in
//! a few bytes of state. The trailer section is `trailers`'. Called by: `decoder`.

use std::ops::Range;

use crate::bytes::TOKEN;
use crate::{Limits, Rejection};

/// More hexadecimal digits than a 64-bit size needs.
const SIZE_DIGITS_MAX: u8 = 16;

const SIZE: Rejection = Rejection::bad_request("a chunk size is malformed");
const SIZE_TOO_LARGE: Rejection = Rejection::bad_request("a chunk size has too many digits");
const EXTENSION: Rejection = Rejection::bad_request("a chunk extension is malformed");
const EXTENSION_TOO_LARGE: Rejection = Rejection::bad_request("the chunk extensions are too large");
const LINE_END: Rejection = Rejection::bad_request("a chunk-size line does not end in CR LF");
const DATA_END: Rejection = Rejection::bad_request("a chunk is not followed by CR LF");

/// A chunked body that is being read.
#[derive(Debug, Default)]
pub(crate) struct ChunkedBody {
    place: Place,
    /// The size of the chunk that is announced, or what is still to come of it.
    chunk_bytes: u64,
    /// All chunks so far.
    body_bytes: u64,
    /// All chunk extensions so far.
    extension_bytes: u32,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `chunk-size`, so many digits of which have been read.
    Size { digits: u8 },
    /// `chunk-ext`.
    Extension(ExtensionPlace),
    /// The LF that ends the chunk-size line.
    SizeLineFeed,
    /// `chunk-data`.
    Data,
    /// The CR behind it.
    DataCarriageReturn,
    /// The LF behind it.
    DataLineFeed,
}

impl Default for Place {
    fn default() -> Self {
        Place::Size { digits: 0 }
    }
}

/// `chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] )` (RFC 9112 section 7.1.1). The whitespace
/// that the grammar calls bad is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExtensionPlace {
    NameStart,
    Name,
    ValueStart,
    Token,
    Quoted,
    QuotedPair,
    QuotedEnd,
}

/// What a step through a chunked body found. `consumed` counts from the start of the step's input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ChunkedStep {
    /// All of the input was read.
    NeedMore,
    /// Body bytes; the step consumed all up to their end.
    Data(Range<usize>),
    /// The last chunk's size line was read; the trailer section begins behind it.
    LastChunk { consumed: usize },
}

impl ChunkedBody {
    pub fn step(&mut self, input: &[u8], limits: &Limits) -> Result<ChunkedStep, Rejection> {
        for (index, &byte) in input.iter().enumerate() {
            if self.place == Place::Data {
                return Ok(ChunkedStep::Data(self.take_data(index, input.len())));
            }
            self.place = match (self.place, byte) {
                (Place::Size { digits }, byte) => self.read_size(digits, byte, limits)?,
                (Place::Extension(place), byte) => self.read_extension(place, byte, limits)?,
                (Place::SizeLineFeed, b'\n') if self.chunk_bytes == 0 => {
                    return Ok(ChunkedStep::LastChunk { consumed: index + 1 });
                }
                (Place::SizeLineFeed, b'\n') => Place::Data,
                (Place::SizeLineFeed, _) => return Err(LINE_END),
                (Place::DataCarriageReturn, b'\r') => Place::DataLineFeed,
                (Place::DataLineFeed, b'\n') => Place::Size { digits: 0 },
                (Place::Data | Place::DataCarriageReturn | Place::DataLineFeed, _) => return Err(DATA_END),
            };
        }
        Ok(ChunkedStep::NeedMore)
    }

    fn take_data(&mut self, start: usize, input_bytes: usize) -> Range<usize> {
        let wanted = usize::try_from(self.chunk_bytes).unwrap_or(usize::MAX);
        let taken = wanted.min(input_bytes - start);
        self.chunk_bytes -= taken as u64;
        if self.chunk_bytes == 0 {
            self.place = Place::DataCarriageReturn;
        }
        start..start + taken
    }

    /// `chunk-size = 1*HEXDIG`; the section demands that overflow be caught.
    fn read_size(&mut self, digits: u8, byte: u8, limits: &Limits) -> Result<Place, Rejection> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            if digits == SIZE_DIGITS_MAX {
                return Err(SIZE_TOO_LARGE);
            }
            // It is 0 before the first digit: nothing is left of the chunk before.
            self.chunk_bytes = self.chunk_bytes << 4 | u64::from(digit);
            return Ok(Place::Size { digits: digits + 1 });
        }
        let place = match byte {
            _ if digits == 0 => return Err(SIZE),
            b'\r' => Place::SizeLineFeed,
            b';' => {
                self.count_extension_byte(limits)?;
                Place::Extension(ExtensionPlace::NameStart)
            }
            _ => return Err(SIZE),
        };
        // The size is known here, whatever extensions follow.
        self.body_bytes = self.body_bytes.saturating_add(self.chunk_bytes);
        if self.body_bytes > limits.body_bytes_max {
            return Err(Rejection::CONTENT_TOO_LARGE);
        }
        Ok(place)
    }

    fn read_extension(
        &mut self,
        place: ExtensionPlace,
        byte: u8,
        limits: &Limits,
    ) -> Result<Place, Rejection> {
        use ExtensionPlace::{Name, NameStart, Quoted, QuotedEnd, QuotedPair, Token, ValueStart};
        let next = match (place, byte) {
            (Name | Token | QuotedEnd, b'\r') => return Ok(Place::SizeLineFeed),
            (Name | Token | QuotedEnd, b';') => NameStart,
            (Name, b'=') => ValueStart,
            (NameStart | Name, byte) if TOKEN.contains(byte) => Name,
            (ValueStart | Token, byte) if TOKEN.contains(byte) => Token,
            (ValueStart, b'"') => Quoted,
            (Quoted, b'"') => QuotedEnd,
            (Quoted, b'\\') => QuotedPair,
            (Quoted | QuotedPair, byte) if is_quotable(byte) => Quoted,
            _ => return Err(EXTENSION),
        };
        self.count_extension_byte(limits)?;
        Ok(Place::Extension(next))
    }

    /// RFC 9112 section 7.1.1 asks for a bound on extensions over the whole body.
    fn count_extension_byte(&mut self, limits: &Limits) -> Result<(), Rejection> {
        self.extension_bytes = self.extension_bytes.saturating_add(1);
        if self.extension_bytes as usize > limits.chunk_extension_bytes_max {
            return Err(EXTENSION_TOO_LARGE);
        }
        Ok(())
    }
}

/// A byte that may stand in a quoted-string as it is or behind a backslash (RFC 9110 section 5.6.4).
fn is_quotable(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
