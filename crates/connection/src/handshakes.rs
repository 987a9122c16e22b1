//! How many steps of TLS handshakes a core makes in one turn, and who waits.
//!
//! Owns the list of connections whose bytes wait, which are not read from meanwhile. Never opens a byte: `layer` does. Called by:
//! `layer`; the drivers, as a turn begins.

use std::collections::VecDeque;

use crate::connections::Connections;
use crate::layer::{Layered, State};

/// So many steps of handshakes are made in one turn. One is a signature at most, of tenths of a millisecond: a crowd of new
/// clients waits, and not those that are being served.
const STEPS_PER_TURN_MAX: usize = 16;

/// Handshakes of a core, of which each turn has so many that the others are not kept waiting.
#[derive(Debug, Default)]
pub struct Handshakes {
    /// Slots and generations of connections whose bytes wait.
    waiting: VecDeque<(u32, u32)>,
    /// In this turn.
    steps: usize,
}

impl Handshakes {
    /// Whether the next turn has something to go on with.
    pub fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl<L: Layered> Connections<L> {
    pub(crate) fn arrived_in_handshake(&mut self, index: u32, bytes: &[u8], handshakes: &mut Handshakes) {
        let generation = self.generation(index);
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        if layer.state == State::Handshake && (layer.is_waiting || handshakes.steps >= STEPS_PER_TURN_MAX) {
            layer.waiting.extend_from_slice(bytes);
            if !std::mem::replace(&mut layer.is_waiting, true) {
                handshakes.waiting.push_back((index, generation));
            }
            // It is not read from meanwhile.
            return self.unsettle(index);
        }
        handshakes.steps += 1;
        self.open_bytes(index, bytes);
    }

    /// Goes on with handshakes that had no place in the last turn. To be called as a turn begins.
    pub fn go_on_with_handshakes(&mut self, handshakes: &mut Handshakes) {
        handshakes.steps = 0;
        while handshakes.steps < STEPS_PER_TURN_MAX
            && let Some((index, generation)) = handshakes.waiting.pop_front()
        {
            if self.contains(index, generation) {
                handshakes.steps += 1;
                self.open_waiting(index);
            }
        }
    }

    pub(crate) fn open_waiting(&mut self, index: u32) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        if std::mem::take(&mut layer.is_waiting) {
            let bytes = std::mem::take(&mut layer.waiting);
            let has_end = std::mem::take(&mut layer.has_end_waiting);
            self.open_bytes(index, &bytes);
            self.unsettle(index);
            if has_end {
                self.arrived_end(index);
            }
        }
    }
}
