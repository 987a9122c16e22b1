//! Connections that go to another engine.
//!
//! Owns which of them leave, and when. Never touches a socket: the driver gives that up.
//!
//! Only a new connection leaves, of which nothing is read, or an idle one: the driver first stops receiving, and what has
//! arrived by then is decoded here, which makes the connection stay. So nothing of a client is ever under way between two
//! engines but its socket, and what the client sends meanwhile waits in that. Called by: the driver, and `settle`, which
//! asks of every connection whether it leaves.

use crate::connection::{Connection, Intake, Phase};
use crate::connections::Connections;
use crate::layer::Seal;
use crate::stop::Stop;

impl<L> Connections<L> {
    /// Begins to give up as many idle connections as `count` says, or as there are among those that `may_leave`.
    pub fn release_idle(&mut self, count: usize, may_leave: impl Fn(&L) -> bool) {
        let is_chosen = |index: &u32| {
            let connection = &self.connections[*index];
            self.is_idle(*index)
                && !connection.is_leaving
                && connection.seal == Seal::None
                && may_leave(&connection.link)
        };
        let chosen: Vec<u32> = self.connections.indices().filter(is_chosen).take(count).collect();
        for index in chosen {
            self.connections[index].is_leaving = true;
            self.unsettle(index);
        }
    }

    /// Whether the connection is to be given up now.
    #[inline]
    pub(crate) fn leaves(&mut self, index: u32) -> bool {
        let connection = &self.connections[index];
        let may_leave = connection.is_leaving || self.is_released(connection);
        // What seals a connection cannot be moved.
        may_leave && connection.seal == Seal::None && self.decide_to_leave(index)
    }

    /// Whether all connections of its listener are given up.
    pub(crate) fn is_released(&self, connection: &Connection<L>) -> bool {
        matches!(self.stop_of(connection), Stop::Release { .. })
    }

    fn decide_to_leave(&mut self, index: u32) -> bool {
        let is_idle = self.is_idle(index);
        let releases_all = self.is_released(&self.connections[index]);
        let connection = &mut self.connections[index];
        // Whoever was chosen and got a request in time stays; if all are to leave, it does once it has answered.
        connection.is_leaving = match is_idle {
            true => connection.is_leaving || releases_all,
            false => connection.is_leaving && releases_all,
        };
        is_idle
    }

    /// Whether nothing of a request or a response is anywhere here.
    pub(crate) fn is_idle(&self, index: u32) -> bool {
        let connection = &self.connections[index];
        connection.phase == Phase::Open
            && connection.exchanges == 0
            && matches!(connection.intake, Intake::Requests)
            && connection.is_between_requests()
            && !connection.is_read_closed()
            && connection.output.unsent() == 0
    }

    /// Whether the connection is not read from because it leaves: at once, or with the answer to what was read.
    pub(crate) fn is_read_elsewhere(&self, connection: &Connection<L>) -> bool {
        connection.is_leaving
            && connection.phase == Phase::Open
            && !matches!(connection.intake, Intake::Body(_) | Intake::Tunnel(_))
            // A part of a head that nothing is answered before is waited for.
            && (connection.exchanges > 0 || connection.is_between_requests())
    }
}
