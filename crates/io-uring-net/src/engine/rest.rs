//! Giving memory back that only a crowd needed.
//!
//! A turn with many completions leaves behind what so many requests at once have used: slots of exchanges with their
//! heads, output buffers, receive buffers. While crowds follow one another it is used again; when none has come for a
//! while it is freed. Owns when. Never frees what is in use. Called by: the turn, at its end.

use crate::engine::Core;
use crate::kernel::Kernel;

/// A turn with at least so many completions is crowded.
const CROWD: usize = 64;

/// How long after the last crowded turn its memory is freed.
const REST_MS: u64 = 2_000;

impl<K: Kernel> Core<K> {
    /// Notes how many completions a turn had; frees what the last crowd needed once it is long gone.
    pub(super) fn rest(&mut self, completions: usize) {
        if completions >= CROWD {
            self.crowded_at_ms = Some(self.connections.now_ms());
        } else if self
            .rests_at_ms()
            .is_some_and(|at_ms| at_ms <= self.connections.now_ms())
        {
            self.crowded_at_ms = None;
            self.shrink();
        }
    }

    /// When memory is to be freed, in milliseconds of the engine's clock.
    pub(super) fn rests_at_ms(&self) -> Option<u64> {
        self.crowded_at_ms.map(|crowded_at_ms| crowded_at_ms + REST_MS)
    }

    fn shrink(&mut self) {
        self.connections.shrink();
        self.kernel.shrink();
    }
}
