//! Gzip (RFC 1952) and zlib (RFC 1950), over zlib-rs.
//!
//! Owns where a member of gzip ends and the next begins. Called by: `decoder`.

use flate2::{Decompress, FlushDecompress, Status};
use howth_engine::{BodyDecoder, Undecodable};

/// RFC 1951's largest window: 32 KiB.
const WINDOW_BITS: u8 = 15;

#[derive(Debug)]
pub(super) struct DeflateDecoder {
    decompress: Decompress,
    is_gzip: bool,
    /// What was taken so far may be all.
    is_whole: bool,
}

impl DeflateDecoder {
    pub(super) fn gzip() -> Self {
        DeflateDecoder {
            decompress: Decompress::new_gzip(WINDOW_BITS),
            is_gzip: true,
            is_whole: true,
        }
    }

    /// What HTTP calls "deflate" has zlib's header (RFC 9110 section 8.4.1.2).
    pub(super) fn zlib() -> Self {
        DeflateDecoder {
            decompress: Decompress::new(true),
            is_gzip: false,
            is_whole: true,
        }
    }
}

impl BodyDecoder for DeflateDecoder {
    fn decode(&mut self, encoded: &[u8], decoded: &mut [u8]) -> Result<(usize, usize), Undecodable> {
        let has_ended = self.is_whole && self.decompress.total_in() > 0;
        if has_ended && !encoded.is_empty() {
            // RFC 1952 section 2.2: members follow each other. Nothing follows a stream of zlib.
            if !self.is_gzip {
                return Err(Undecodable);
            }
            self.decompress = Decompress::new_gzip(WINDOW_BITS);
        }
        if encoded.is_empty() && self.is_whole {
            return Ok((0, 0));
        }
        let (taken, given) = (self.decompress.total_in(), self.decompress.total_out());
        let status = self
            .decompress
            .decompress(encoded, decoded, FlushDecompress::None)
            .map_err(|_| Undecodable)?;
        self.is_whole = status == Status::StreamEnd;
        Ok((
            (self.decompress.total_in() - taken) as usize,
            (self.decompress.total_out() - given) as usize,
        ))
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }
}
