//! Compression of messages (RFC 7692 section 7.2).
//!
//! Owns what stands at the end of a compressed message, and the bound of what comes out of one. Deflate itself is flate2's.
//! Called by: `decoder`; whoever sends.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::violation::Violation;

/// What ends a flush, and is left out at the end of a message (RFC 7692 section 7.2.1).
const FLUSH_END: [u8; 4] = [0, 0, 0xff, 0xff];

/// The first piece of memory for what comes out.
const FIRST_BYTES: usize = 1024;

/// Decompresses messages.
#[derive(Debug)]
pub struct Inflater {
    state: Decompress,
    keeps_context: bool,
}

impl Inflater {
    /// `keeps_context`: messages of one peer refer to those before (RFC 7692 section 7.1.1); else one inflater may serve any
    /// number of peers, whatever windows they have.
    pub fn new(keeps_context: bool) -> Self {
        Inflater {
            state: Decompress::new(false),
            keeps_context,
        }
    }

    /// Decompresses a message to `bytes_max` bytes at most (RFC 7692 section 7.2.2).
    ///
    /// # Errors
    /// It is longer, or cannot be decompressed. Where contexts are kept, it is of no use any more.
    pub fn inflate(&mut self, message: &[u8], bytes_max: usize) -> Result<Vec<u8>, Violation> {
        let mut out = Vec::new();
        let inflated = self
            .add(message, &mut out, bytes_max)
            .and_then(|()| self.add(&FLUSH_END, &mut out, bytes_max));
        if !self.keeps_context || inflated.is_err() {
            self.state.reset(false);
        }
        inflated.map(|()| out)
    }

    fn add(&mut self, mut input: &[u8], out: &mut Vec<u8>, bytes_max: usize) -> Result<(), Violation> {
        // One byte more tells what is too long.
        let limit = bytes_max.saturating_add(1);
        loop {
            if out.len() == out.capacity() {
                let more = out.len().max(FIRST_BYTES).max(input.len()).min(limit - out.len());
                out.reserve_exact(more);
            }
            let (read, written) = (self.state.total_in(), out.len());
            let status = self.state.decompress_vec(input, out, FlushDecompress::Sync);
            let status = status.map_err(|_| Violation::Compressed)?;
            let read = (self.state.total_in() - read) as usize;
            input = &input[read..];
            if out.len() > bytes_max {
                return Err(Violation::LongMessage);
            }
            if status == Status::StreamEnd {
                // RFC 7692 section 7.2.3.4: a message may end in a final block, behind which another may begin.
                self.state.reset(false);
            }
            let has_room = out.len() < out.capacity();
            if input.is_empty() && (has_room || status == Status::StreamEnd) {
                return Ok(());
            }
            if read == 0 && out.len() == written && has_room {
                return Err(Violation::Compressed);
            }
        }
    }
}

/// Compresses messages.
#[derive(Debug)]
pub struct Deflater {
    state: Compress,
    keeps_context: bool,
}

impl Deflater {
    /// With a window of `2^window_bits` bytes, from 9 to 15. `keeps_context`: as of [`Inflater::new`].
    ///
    /// # Panics
    /// There is no such window.
    pub fn new(window_bits: u8, keeps_context: bool) -> Self {
        Deflater {
            state: Compress::new_with_window_bits(Compression::new(1), false, window_bits),
            keeps_context,
        }
    }

    /// Compresses a message (RFC 7692 section 7.2.1).
    pub fn deflate(&mut self, message: &[u8]) -> Vec<u8> {
        // RFC 7692 section 7.2.3.6.
        if message.is_empty() {
            return vec![0];
        }
        let mut out = Vec::with_capacity(message.len() / 4 + 64);
        let mut input = message;
        loop {
            let read = self.state.total_in();
            // It fails for a state that was ended, which this never is.
            let status = self.state.compress_vec(input, &mut out, FlushCompress::Sync);
            debug_assert!(status.is_ok());
            input = &input[(self.state.total_in() - read) as usize..];
            // A flush is over when there was room for all of it.
            if input.is_empty() && out.len() < out.capacity() {
                break;
            }
            out.reserve(out.len().max(64));
        }
        if out.ends_with(&FLUSH_END) {
            out.truncate(out.len() - FLUSH_END.len());
        }
        if !self.keeps_context {
            self.state.reset();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 7692 section 7.2.3.
        let mut inflater = Inflater::new(false);
        for hello in [
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
            &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[
                0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
            ],
        ] {
            assert_eq!(inflater.inflate(hello, 5), Ok(b"Hello".to_vec()), "{hello:x?}");
        }
        let mut inflater = Inflater::new(true);
        let first = inflater.inflate(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 5);
        let second = inflater.inflate(&[0xf2, 0x00, 0x11, 0x00, 0x00], 5);
        assert_eq!((first, second), (Ok(b"Hello".to_vec()), Ok(b"Hello".to_vec())));
    }

    #[test]
    fn what_is_compressed_comes_out_again() {
        for keeps_context in [false, true] {
            for window_bits in 9..=15 {
                let mut deflater = Deflater::new(window_bits, keeps_context);
                let mut inflater = Inflater::new(keeps_context);
                for length in [0, 1, 63, 64, 65, 1000, 70_000, 0, 3] {
                    let message: Vec<u8> = (0..length)
                        .map(|at: u32| (at.wrapping_mul(at) >> 3) as u8)
                        .collect();
                    let compressed = deflater.deflate(&message);
                    assert_eq!(inflater.inflate(&compressed, message.len()), Ok(message));
                }
            }
        }
    }

    #[test]
    fn what_comes_out_is_bounded() {
        let compressed = Deflater::new(15, false).deflate(&vec![0; 10_000_000]);
        assert!(compressed.len() < 500_000);
        let mut inflater = Inflater::new(false);
        assert_eq!(
            inflater.inflate(&compressed, 9_999_999),
            Err(Violation::LongMessage)
        );
        assert_eq!(
            inflater.inflate(&compressed, 10_000_000).map(|out| out.len()),
            Ok(10_000_000)
        );
    }

    #[test]
    fn what_is_not_compressed_is_refused_and_the_next_is_read() {
        let mut inflater = Inflater::new(false);
        assert_eq!(inflater.inflate(&[0xff; 20], 1000), Err(Violation::Compressed));
        let compressed = Deflater::new(9, false).deflate(b"again");
        assert_eq!(inflater.inflate(&compressed, 1000), Ok(b"again".to_vec()));
    }
}
