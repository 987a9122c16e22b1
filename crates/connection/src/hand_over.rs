//! Connections that go to another engine, and the end of all of them.
//!
//! Only a new connection leaves, of which nothing is read, or an idle one: the driver first stops receiving, and what has
//! arrived by then is decoded here, which makes the connection stay. So nothing of a client is ever under way between two
//! engines but its socket, and what the client sends meanwhile waits in that. Called by: the driver, and `settle`, which
//! asks of every connection whether it leaves.

use crate::connection::{Connection, Intake, Phase};
use crate::connections::{Connections, Stop};

impl<L> Connections<L> {
    /// Lets requests in flight finish: every response from now on closes its connection; idle connections are closed after a
    /// short grace, so that a request that is on the wire already is still answered. The clock has to be right.
    pub fn drain(&mut self) {
        if self.is_draining() {
            return;
        }
        self.stop = Stop::Drain {
            since_ms: self.now_ms,
            ends_idle: false,
        };
        for index in self.slots() {
            self.connections[index].is_leaving = false;
        }
        self.unsettle_all();
    }

    /// Has the idle connections of an engine that drains ended by the next [`end_idle`](Self::end_idle), without a grace.
    pub fn wish_idle_ended(&mut self) {
        if let Stop::Drain { ends_idle, .. } = &mut self.stop {
            *ends_idle = true;
        }
    }

    /// Ends what is idle, if that is wished, after what has arrived was read. True: it was wished.
    pub fn end_idle(&mut self) -> bool {
        let Stop::Drain {
            ends_idle: true,
            since_ms,
        } = self.stop
        else {
            return false;
        };
        let mut is_left = false;
        for index in self.slots() {
            if self.is_idle(index) {
                match self.connections[index].is_read {
                    true => self.end(index),
                    // It was accepted in this turn, and nobody has looked what has come.
                    false => is_left = true,
                }
            }
        }
        self.stop = Stop::Drain {
            since_ms,
            ends_idle: is_left,
        };
        true
    }

    /// Gives every connection up as soon as it is idle. A drain goes on.
    pub fn release_all(&mut self) {
        if !self.is_stopping() {
            self.stop = Stop::Release;
            self.unsettle_all();
        }
    }

    /// Begins to give up as many idle connections as `count` says, or as there are among those that `may_leave`.
    pub fn release_idle(&mut self, count: usize, may_leave: impl Fn(&L) -> bool) {
        let is_chosen = |index: &u32| {
            let connection = &self.connections[*index];
            self.is_idle(*index) && !connection.is_leaving && may_leave(&connection.link)
        };
        let chosen: Vec<u32> = self.connections.indices().filter(is_chosen).take(count).collect();
        for index in chosen {
            self.connections[index].is_leaving = true;
            self.unsettle(index);
        }
    }

    /// Whether connections end with their next response.
    pub fn is_draining(&self) -> bool {
        matches!(self.stop, Stop::Drain { .. })
    }

    /// Whether no connection is to be added.
    #[inline]
    pub fn is_stopping(&self) -> bool {
        self.stop != Stop::Not
    }

    /// Whether a drain has come so far that every response has left, and no request can come: what is left are
    /// connections whose clients have not ended them yet.
    pub fn is_through(&self) -> bool {
        let is_silent = |index: u32| self.connections[index].phase >= Phase::Lingering;
        matches!(self.stop, Stop::Drain { ends_idle: false, .. })
            && self.exchanges.occupied() == 0
            && self.connections.indices().all(is_silent)
    }

    /// Whether the connection is to be given up now.
    #[inline]
    pub(crate) fn leaves(&mut self, index: u32) -> bool {
        let may_leave = self.stop == Stop::Release || self.connections[index].is_leaving;
        may_leave && self.decide_to_leave(index)
    }

    fn decide_to_leave(&mut self, index: u32) -> bool {
        let is_idle = self.is_idle(index);
        let releases_all = self.stop == Stop::Release;
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
