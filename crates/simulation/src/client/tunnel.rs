//! A client whose connection has become a tunnel.
//!
//! Owns when it has everything, and whether the tunnel may end as it does. No deadline of HTTP counts here, and no drain ends
//! a tunnel: what is not the application's doing, or a fault of the kernel, is wrong.

use super::{Circumstances, Client, State};
use crate::knowledge::Tunnel;
use crate::network::Network;
use crate::reader::Reading;

impl Client {
    /// Whether everything of a tunnel was sent and has come back, or will not.
    pub(super) fn has_all_of_tunnel(&self, at: usize, reading: &Reading) -> bool {
        let number = self.answers.next;
        let bytes = &reading.messages[number].body.bytes;
        let is_sent = self.wire.sent == self.input.len();
        is_sent && (self.is_server_done || at == self.answers.plan(number).length + bytes.len())
    }

    /// The server has ended its side, or the whole.
    pub(super) fn tunnel_ended(
        &mut self,
        network: &mut Network,
        link: usize,
        at: usize,
        around: &Circumstances<'_>,
        by_reset: bool,
    ) -> Result<(), String> {
        let tunnel = around.knowledge.tunnels[self.number];
        if by_reset || !self.has_whole_tunnel(at, &tunnel) {
            let connection = &network.links[link];
            // Without a reset it would look whole.
            let is_broken = connection.is_broken_by_fault || around.is_aborted || tunnel.is_failed;
            let is_spoiled = self.wire.is_spoiled();
            let is_excused = by_reset && (is_broken || is_spoiled || self.has_stalled_too_long(around));
            self.state = State::Over;
            self.wire.close(network, link, false);
            return match is_excused {
                true => Ok(()),
                false => Err(format!(
                    "the tunnel ends (by a reset: {by_reset}) at byte {at} of {tunnel:?}: {}",
                    self.place()
                )),
            };
        }
        // Its own side goes on.
        self.is_server_done = true;
        Ok(())
    }

    fn has_whole_tunnel(&self, at: usize, tunnel: &Tunnel) -> bool {
        tunnel.is_finished && at == tunnel.written
    }

    /// It took no byte for longer than the server waits.
    pub(super) fn has_stalled_too_long(&self, around: &Circumstances<'_>) -> bool {
        let stall = around.options.deadlines.write_stall;
        let patience_ms = stall.map_or(u64::MAX, |stall| stall.as_millis() as u64);
        self.wire.has_stalled
            && self
                .script
                .stalls
                .is_some_and(|(_, stalled_ms)| stalled_ms >= patience_ms)
    }
}
