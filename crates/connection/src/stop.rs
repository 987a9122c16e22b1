//! The end of all connections of a listener, or of every listener: by a drain, at once, or by giving them up.
//!
//! Owns which of these it is, and how far a drain has come. Never decides how one connection ends, which is for `settle` and
//! `end`, or leaves, which is for `hand_over`. Called by: the driver.

use crate::connection::{Connection, Phase};
use crate::connections::Connections;

/// Whether, and how, the connections of a listener come to an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stop {
    /// They go on.
    #[default]
    Not,
    /// None is added, and those that are open go on.
    Accepting,
    /// Each is given up to another engine once it is idle.
    Release { since_ms: u64 },
    /// Each ends with its next response; since when, and whether idle ones end with the next turn.
    Drain { since_ms: u64, ends_idle: bool },
}

impl<L> Connections<L> {
    /// Lets requests in flight finish: every response from now on closes its connection; idle connections are closed after a
    /// short grace, so that a request that is on the wire already is still answered. The clock has to be right.
    pub fn drain(&mut self) {
        for listener in self.listeners.slots() {
            self.drain_listener(listener);
        }
    }

    /// [`drain`](Self::drain) of a listener's connections alone.
    pub fn drain_listener(&mut self, listener: u32) {
        if matches!(self.listeners[listener].stop, Stop::Drain { .. }) {
            return;
        }
        self.listeners[listener].stop = Stop::Drain {
            since_ms: self.now_ms,
            ends_idle: false,
        };
        for index in self.slots_of(listener) {
            self.connections[index].is_leaving = false;
            self.unsettle(index);
        }
        self.listeners.look_for_ends();
    }

    /// No connection is added to a listener's; those that are open go on until they end by themselves, but for those that have
    /// said nothing.
    pub fn stop_accepting(&mut self, listener: u32) {
        if self.listeners[listener].stop != Stop::Not {
            return;
        }
        self.listeners[listener].stop = Stop::Accepting;
        for index in self.slots_of(listener) {
            let connection = &self.connections[index];
            if !connection.has_asked && connection.is_between_requests() && connection.exchanges == 0 {
                self.end(index);
            }
            self.unsettle(index);
        }
        self.listeners.look_for_ends();
    }

    /// Has the idle connections of a listener that drains ended by the next [`end_idle`](Self::end_idle), without a grace.
    pub fn wish_idle_ended(&mut self, listener: u32) {
        if let Stop::Drain { ends_idle, .. } = &mut self.listeners[listener].stop {
            *ends_idle = true;
            self.ends_idle = true;
        }
    }

    /// Ends what is idle, where that is wished, after what has arrived was read. True: it was wished.
    pub fn end_idle(&mut self) -> bool {
        if !std::mem::take(&mut self.ends_idle) {
            return false;
        }
        for listener in self.listeners.slots() {
            if let Stop::Drain {
                ends_idle: true,
                since_ms,
            } = self.listeners[listener].stop
            {
                let ends_idle = self.end_idle_of(listener);
                self.listeners[listener].stop = Stop::Drain { since_ms, ends_idle };
                self.ends_idle |= ends_idle;
            }
        }
        self.listeners.look_for_ends();
        true
    }

    /// True: some are left.
    fn end_idle_of(&mut self, listener: u32) -> bool {
        let mut is_left = false;
        for index in self.slots_of(listener) {
            if self.connections[index].is_http2() && self.connections[index].exchanges == 0 {
                self.finish_frames(index);
            } else if self.is_idle(index) {
                match self.connections[index].is_read {
                    true => self.end(index),
                    // It was accepted in this turn, and nobody has looked what has come.
                    false => is_left = true,
                }
            }
        }
        is_left
    }

    /// Ends all connections without further ado.
    pub fn end_all(&mut self) {
        for index in self.slots() {
            self.end(index);
        }
    }

    /// [`end_all`](Self::end_all) of a listener's.
    pub fn end_all_of(&mut self, listener: u32) {
        for index in self.slots_of(listener) {
            self.end(index);
        }
    }

    /// Gives every connection up as soon as it is idle. Where a listener is stopping already, that goes on.
    pub fn release_all(&mut self) {
        for listener in self.listeners.slots() {
            if self.listeners[listener].stop == Stop::Not {
                self.listeners[listener].stop = Stop::Release {
                    since_ms: self.now_ms,
                };
                self.unsettle_of(listener);
            }
        }
    }

    /// Whether connections of every listener end with their next response.
    pub fn is_draining(&self) -> bool {
        let is_draining = |slot| matches!(self.listeners[slot].stop, Stop::Drain { .. });
        self.is_stopping() && self.listeners.slots().all(is_draining)
    }

    /// Whether no connection is to be added.
    #[inline]
    pub fn is_stopping(&self) -> bool {
        self.listeners.are_stopping()
    }

    /// How the connection's listener comes to its end.
    #[inline]
    pub(crate) fn stop_of(&self, connection: &Connection<L>) -> Stop {
        self.listeners[connection.listener].stop
    }

    /// Whether a listener's connections have ended; or a drain of them has come so far that every response has left, and no
    /// request can come: what is left are connections whose clients have not ended them yet.
    pub(crate) fn is_listener_through(&self, listener: u32) -> bool {
        let listening = &self.listeners[listener];
        let is_silent = |index: u32| {
            let connection = &self.connections[index];
            connection.listener != listener
                || (connection.exchanges == 0 && connection.phase >= Phase::Lingering)
        };
        listening.connections == 0
            || (matches!(listening.stop, Stop::Drain { ends_idle: false, .. })
                && self.connections.indices().all(is_silent))
    }

    /// Something has come of a connection that may be the last which its listener has to wait for.
    #[inline]
    pub(crate) fn note_ending(&mut self, listener: u32) {
        if self.listeners[listener].stop != Stop::Not {
            self.listeners.look_for_ends();
        }
    }
}
