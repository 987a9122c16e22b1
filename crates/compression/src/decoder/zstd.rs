//! Zstandard (RFC 8878).
//!
//! Owns how large a window may be, and where a frame ends. Called by: `decoder`.

use howth_engine::{BodyDecoder, Undecodable};
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

/// 8 MiB, which RFC 9659 section 3 sets for content.
const WINDOW_LOG_MAX: u32 = 23;

pub(super) struct ZstdDecoder {
    context: DCtx<'static>,
    /// What was taken so far may be all.
    is_whole: bool,
}

impl std::fmt::Debug for ZstdDecoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ZstdDecoder")
    }
}

impl ZstdDecoder {
    /// `None`: there is no memory for it.
    pub(super) fn new() -> Option<Self> {
        let mut context = DCtx::try_create()?;
        context
            .set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))
            .ok()?;
        Some(ZstdDecoder {
            context,
            is_whole: true,
        })
    }
}

impl BodyDecoder for ZstdDecoder {
    fn decode(&mut self, encoded: &[u8], decoded: &mut [u8]) -> Result<(usize, usize), Undecodable> {
        if encoded.is_empty() && self.is_whole {
            return Ok((0, 0));
        }
        let mut input = InBuffer::around(encoded);
        let mut output = OutBuffer::around(decoded);
        let left = self
            .context
            .decompress_stream(&mut output, &mut input)
            .map_err(|_| Undecodable)?;
        // Of the frame, nothing is left: another may follow (RFC 8878 section 3).
        self.is_whole = left == 0;
        Ok((input.pos(), output.pos()))
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }
}
