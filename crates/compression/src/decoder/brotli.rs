//! Brotli (RFC 7932).
//!
//! Owns how large a window may be. Called by: `decoder`.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use howth_engine::{BodyDecoder, Undecodable};

/// 4 MiB, the largest that encoders choose if they are not told otherwise. The RFC has 16 MiB (section 9.1).
const WINDOW_BITS_MAX: u32 = 22;

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Nothing was taken: the first byte says how large the window is.
    Beginning,
    Within,
    Ended,
}

pub(super) struct BrotliDecoder {
    state: Box<State>,
    progress: Progress,
}

impl std::fmt::Debug for BrotliDecoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BrotliDecoder({:?})", self.progress)
    }
}

impl BrotliDecoder {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        BrotliDecoder {
            state: Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())),
            progress: Progress::Beginning,
        }
    }
}

impl BodyDecoder for BrotliDecoder {
    fn decode(&mut self, encoded: &[u8], decoded: &mut [u8]) -> Result<(usize, usize), Undecodable> {
        let encoded = match self.progress {
            Progress::Beginning => &encoded[..encoded.len().min(1)],
            Progress::Within => encoded,
            Progress::Ended if encoded.is_empty() => return Ok((0, 0)),
            Progress::Ended => return Err(Undecodable),
        };
        let (mut input_left, mut taken) = (encoded.len(), 0);
        let (mut room, mut given, mut total) = (decoded.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut taken,
            encoded,
            &mut room,
            &mut given,
            decoded,
            &mut total,
            &mut self.state,
        );
        let is_too_large = self.state.window_bits > WINDOW_BITS_MAX;
        self.progress = match result {
            _ if is_too_large => return Err(Undecodable),
            BrotliResult::ResultFailure => return Err(Undecodable),
            BrotliResult::ResultSuccess => Progress::Ended,
            _ if taken == 0 && self.progress == Progress::Beginning => Progress::Beginning,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Progress::Within,
        };
        Ok((taken, given))
    }

    fn is_whole(&self) -> bool {
        self.progress != Progress::Within
    }
}
