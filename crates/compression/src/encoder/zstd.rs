//! Zstandard (RFC 8878).
//!
//! Owns its parameters: a window is never larger than the 8 MiB that every client has room for (RFC 9659 section 3). Called by:
//! `encoder`.

use std::io::Cursor;

use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, ResetDirective, compress_bound};

use super::{Effort, EncodeError, Step, Use};

/// Of a stream: its encoder has room for a window and tables in proportion to it, which live as long as the stream.
const STREAM_WINDOW_LOG: u32 = 17;
const STREAM_HASH_LOG: u32 = 15;
const STREAM_CHAIN_LOG: u32 = 14;

/// What these come to.
pub(super) const STREAM_BYTES_MAX: usize = 1280 * 1024;

/// A block of a frame has no more bytes (RFC 8878 section 3.1.1.2.4), and no less room is left for what is written.
const ROOM_BYTES: usize = 1024;

/// It failed; which code it says does not matter.
type Code = usize;

pub(super) struct Zstd {
    context: CCtx<'static>,
}

impl Zstd {
    pub(super) fn new(effort: Effort, used: Use) -> Result<Self, EncodeError> {
        let context = CCtx::try_create().ok_or(EncodeError("zstd"))?;
        let mut zstd = Zstd { context };
        zstd.renew(effort, used)?;
        Ok(zstd)
    }

    pub(super) fn renew(&mut self, effort: Effort, used: Use) -> Result<(), EncodeError> {
        let level = match effort {
            Effort::Normal => 3,
            Effort::Less | Effort::Least => 1,
        };
        let set = |context: &mut CCtx<'static>| -> Result<(), Code> {
            context.reset(ResetDirective::SessionAndParameters)?;
            context.set_parameter(CParameter::CompressionLevel(level))?;
            if used == Use::Stream {
                context.set_parameter(CParameter::WindowLog(STREAM_WINDOW_LOG))?;
                context.set_parameter(CParameter::HashLog(STREAM_HASH_LOG))?;
                context.set_parameter(CParameter::ChainLog(STREAM_CHAIN_LOG))?;
            }
            Ok(())
        };
        set(&mut self.context).map_err(failed)
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.context.sizeof()
    }

    pub(super) fn encode(
        &mut self,
        part: &[u8],
        used: Use,
        step: Step,
        encoded: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if matches!(used, Use::Whole(_)) && step == Step::Finish {
            return self.encode_whole(part, encoded);
        }
        let directive = match step {
            Step::Flush => ZSTD_EndDirective::ZSTD_e_flush,
            Step::Finish => ZSTD_EndDirective::ZSTD_e_end,
        };
        let mut input = InBuffer::around(part);
        loop {
            encoded.reserve((part.len() - input.pos()) / 2 + ROOM_BYTES);
            let start = encoded.len();
            let mut output = OutBuffer::around_pos(encoded, start);
            let left = self.context.compress_stream2(&mut output, &mut input, directive);
            if left.map_err(failed)? == 0 && input.pos() == part.len() {
                return Ok(());
            }
        }
    }

    /// In one piece, for which it copies nothing into a window of its own.
    fn encode_whole(&mut self, content: &[u8], encoded: &mut Vec<u8>) -> Result<(), EncodeError> {
        encoded.reserve(compress_bound(content.len()));
        let mut behind = Cursor::new(encoded);
        behind.set_position(behind.get_ref().len() as u64);
        self.context.compress2(&mut behind, content).map_err(failed)?;
        Ok(())
    }
}

fn failed(_: Code) -> EncodeError {
    EncodeError("zstd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoder_of_a_stream_has_no_more_memory_than_is_said() {
        for effort in [Effort::Normal, Effort::Least] {
            let mut zstd = Zstd::new(effort, Use::Stream).expect("there is memory");
            let (part, mut encoded) = (vec![b'a'; 3 << 20], Vec::new());
            for step in [Step::Flush, Step::Finish] {
                zstd.encode(&part, Use::Stream, step, &mut encoded)
                    .expect("it works");
            }
            assert!(zstd.bytes() <= STREAM_BYTES_MAX, "{} bytes", zstd.bytes());
        }
    }
}
