//! The connections of one core, and what drives them here.
//!
//! Owns both, and the clock. Never runs a turn: `engine` does. Called by: the engine and, through
//! [`Shared`](howth_connection::Shared), the application.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use howth_connection::{Connections, Driver, Handshakes};
use howth_engine::{EngineOptions, Handed};

use crate::link::{Link, Sockets};
use crate::settle::Scratch;
use crate::wake::WakeList;

/// Generations of connections wrap here.
const GENERATION_MASK: u32 = 0x00ff_ffff;

pub(crate) struct Core {
    pub(crate) connections: Connections<Link>,
    pub(crate) wakes: Arc<WakeList>,
    pub(crate) scratch: Scratch,
    pub(crate) handshakes: Handshakes,
    /// Connections that were given up and wait for whoever takes them.
    pub(crate) released: Vec<Handed>,
    /// tokio's reactor does not run: what it knows of sockets is old.
    pub(crate) is_unassisted: bool,
    /// The engine's own turn is on the stack, which settles what the application changes before it ends.
    pub(crate) is_in_turn: bool,
    started: Instant,
}

impl Core {
    pub(crate) fn new(options: EngineOptions, wakes: Arc<WakeList>) -> Self {
        let started = Instant::now();
        Core {
            connections: Connections::new(options, 0, SystemTime::now(), GENERATION_MASK),
            wakes,
            scratch: Scratch::default(),
            handshakes: Handshakes::default(),
            released: Vec::new(),
            is_unassisted: false,
            is_in_turn: false,
            started,
        }
    }

    pub(crate) fn read_clock(&mut self) {
        let now_ms = self.started.elapsed().as_millis() as u64;
        self.connections.set_clock(now_ms, SystemTime::now);
    }

    /// The moment that the connections call `at_ms`.
    pub(crate) fn instant(&self, at_ms: u64) -> Instant {
        self.started + std::time::Duration::from_millis(at_ms)
    }
}

impl Driver for Core {
    type Link = Link;
    type Transport<'a> = Sockets;

    fn connections(&self) -> &Connections<Link> {
        &self.connections
    }

    fn parts(&mut self) -> (Sockets, &mut Connections<Link>) {
        let sockets = Sockets {
            is_unassisted: self.is_unassisted,
        };
        (sockets, &mut self.connections)
    }

    fn changed(&mut self) {
        if !self.is_in_turn && self.connections.has_work() {
            self.wakes.wake_root();
        }
    }
}
