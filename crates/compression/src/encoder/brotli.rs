//! Brotli (RFC 7932).
//!
//! Owns its parameters and how its output is taken. Its crate cannot reset an encoder, so that each response has a new one, with
//! a window no larger than the content. Called by: `encoder`.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct};

use super::{Effort, EncodeError, Step, Use};

/// Of a stream: 256 KiB.
const STREAM_WINDOW_LOG: u32 = 18;

/// Windows of whole content, RFC 7932's largest at most.
const WINDOW_LOG_LEAST: u32 = 16;
const WINDOW_LOG_MAX: u32 = 22;

/// Window, tables, and what waits to be written.
pub(super) const STREAM_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Output is taken in pieces of so many bytes.
const PIECE_BYTES: usize = 8 * 1024;

pub(super) struct Brotli {
    state: Box<BrotliEncoderStateStruct<StandardAlloc>>,
    piece: Box<[u8]>,
}

impl Brotli {
    pub(super) fn new(effort: Effort, used: Use) -> Self {
        let quality = match effort {
            Effort::Normal => 4,
            Effort::Less | Effort::Least => 2,
        };
        let mut state = Box::new(BrotliEncoderStateStruct::new(StandardAlloc::default()));
        let window_log = match used {
            Use::Whole(bytes) => {
                let hint = u32::try_from(bytes).unwrap_or(u32::MAX);
                state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT, hint);
                // A window has 16 bytes less than its power of two (RFC 7932 section 9.1).
                (usize::BITS - (bytes + 16).leading_zeros()).clamp(WINDOW_LOG_LEAST, WINDOW_LOG_MAX)
            }
            Use::Stream => STREAM_WINDOW_LOG,
        };
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, quality);
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, window_log);
        Brotli {
            state,
            piece: vec![0; PIECE_BYTES].into(),
        }
    }

    pub(super) fn encode(
        &mut self,
        part: &[u8],
        step: Step,
        encoded: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let operation = match step {
            Step::Flush => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
            Step::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
        };
        let (mut left, mut at) = (part.len(), 0);
        loop {
            let (mut room, mut written) = (self.piece.len(), 0);
            let is_taken = self.state.compress_stream(
                operation,
                &mut left,
                part,
                &mut at,
                &mut room,
                &mut self.piece,
                &mut written,
                &mut None,
                &mut |_, _, _, _| (),
            );
            if !is_taken {
                return Err(EncodeError("br"));
            }
            encoded.extend_from_slice(&self.piece[..written]);
            let is_done = match step {
                Step::Flush => left == 0 && !self.state.has_more_output(),
                Step::Finish => self.state.is_finished(),
            };
            if is_done {
                return Ok(());
            }
        }
    }
}
