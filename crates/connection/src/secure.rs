//! Connections whose bytes are sealed on their way, as far as that is not hidden from them.
//!
//! They begin with a handshake, which has a deadline of its own; what cannot be sealed any more ends; and none moves to
//! another engine, since the keys are here: one that is to leave drains instead. Owns these differences. Never seals: `layer`
//! does. Called by: `layer`, and the modules beside.

use crate::connection::{Connection, Intake, Phase};
use crate::connections::Connections;
use crate::layer::Seal;
use crate::stop::Stop;

impl<L> Connections<L> {
    /// The client may ask now, and has as long for that as one that has just come.
    pub(crate) fn handshake_done(&mut self, index: u32, protocol: Option<&[u8]>) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        connection.seal = Seal::Agreed;
        connection.moments.head_ms = now_ms;
        connection.moments.idle_ms = now_ms;
        // RFC 9113 section 3.2.
        if protocol == Some(b"h2") {
            self.speak_http2(index);
        }
        self.tell_opened(index);
        self.unsettle(index);
    }

    /// Nothing was agreed upon: what there is to say about that goes out, and the connection ends in good order, so that the
    /// client reads it.
    pub(crate) fn refuse_handshake(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        if connection.phase == Phase::Open {
            connection.stop_intake();
            connection.phase = Phase::Finishing;
            self.counters.refused += 1;
        }
        self.unsettle(index);
    }

    /// Whether the connection's bytes are sealed.
    pub(crate) fn is_sealed(&self, index: u32) -> bool {
        self.connections[index].seal == Seal::Agreed
    }

    /// Whether the connection carries another protocol, which HTTP's framing tells no end of.
    pub(crate) fn is_tunnel(&self, index: u32) -> bool {
        matches!(self.connections[index].intake, Intake::Tunnel(_))
    }

    /// Whether the connection ends with its next response, since all do, or all leave and this one cannot.
    pub(crate) fn drains(&self, connection: &Connection<L>) -> Option<u64> {
        match self.stop_of(connection) {
            Stop::Drain { since_ms, .. } => Some(since_ms),
            Stop::Release { since_ms } if connection.seal != Seal::None => Some(since_ms),
            _ => None,
        }
    }
}
