//! Gzip (RFC 1952), over zlib-rs.
//!
//! Owns how its output is taken. Called by: `encoder`.

use flate2::{Compress, Compression, FlushCompress};

use super::{Effort, EncodeError, Step};

/// The window, RFC 1951's largest: 32 KiB.
const WINDOW_BITS: u8 = 15;

/// Window, chains of matches, and what waits to be written.
pub(super) const BYTES_MAX: usize = 384 * 1024;

/// Room for what a flush comes to beside the content's own bytes.
const ROOM_BYTES: usize = 64;

/// What content of text comes to, of its own size, or the output grows once more.
const EXPECTED_DIVISOR: usize = 3;

pub(super) struct Gzip {
    compress: Compress,
}

impl Gzip {
    pub(super) fn new(effort: Effort) -> Self {
        let level = match effort {
            Effort::Normal => 6,
            Effort::Less => 4,
            Effort::Least => 1,
        };
        Gzip {
            compress: Compress::new_gzip(Compression::new(level), WINDOW_BITS),
        }
    }

    pub(super) fn renew(&mut self) {
        self.compress.reset();
    }

    pub(super) fn encode(
        &mut self,
        mut part: &[u8],
        step: Step,
        encoded: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let flush = match step {
            Step::Flush => FlushCompress::Sync,
            Step::Finish => FlushCompress::Finish,
        };
        encoded.reserve(part.len() / EXPECTED_DIVISOR + ROOM_BYTES);
        loop {
            let before = self.compress.total_in();
            let status = self.compress.compress_vec(part, encoded, flush);
            let status = status.map_err(|_| EncodeError("gzip"))?;
            part = &part[(self.compress.total_in() - before) as usize..];
            // zlib: room that is left says that everything was written.
            let is_done = match step {
                Step::Finish => status == flate2::Status::StreamEnd,
                Step::Flush => part.is_empty() && encoded.len() < encoded.capacity(),
            };
            if is_done {
                return Ok(());
            }
            encoded.reserve(part.len() / EXPECTED_DIVISOR + ROOM_BYTES);
        }
    }
}
