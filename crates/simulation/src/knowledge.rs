//! What is known of all clients and applications of a simulation, by which each side's doing is judged on the other.
//!
//! Owns that record. Never judges. Called by: applications, clients, the run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::reader::Reading;

/// What applications and checks know of clients.
#[derive(Debug)]
pub struct Knowledge {
    /// The seed that plans come from.
    pub seed: u64,
    /// Requests of one connection that an application may have at once.
    pub pipeline_max: usize,
    /// Of each client: what it sends.
    pub readings: Vec<Reading>,
    /// Of each client: how many of its requests an application was told of.
    pub told: Vec<usize>,
    /// Of clients that speak HTTP/2: which these were.
    pub told_streams: BTreeSet<(usize, usize)>,
    /// Of each client that does: how many of its requests an application may have at once.
    pub streams_max: BTreeMap<usize, usize>,
    /// Of each client: how many bytes it has sent, and whether it has ended its side.
    pub sent: Vec<(usize, bool)>,
    /// Of each client: what an application has done with its tunnel.
    pub tunnels: Vec<Tunnel>,
    /// Where the server speaks TLS: what was agreed upon with each client that any may be with.
    pub agreed: Option<BTreeMap<usize, Option<&'static [u8]>>>,
    /// Of each client's request: which of its interim responses the client is to get.
    pub informed: BTreeMap<(usize, usize), Vec<usize>>,
    /// Of a response no more than this waits before its application is to pause.
    pub write_high_watermark_bytes: u64,
    /// An alarm came so much too early, which it may if clocks jump.
    pub early_alarm_ms: Option<u64>,
    /// Of each connection: whose it is.
    pub clients: Vec<usize>,
    /// What went wrong.
    pub faults: Vec<String>,
    /// Requests that were answered to the end.
    pub completed: u64,
}

/// What an application has done with a tunnel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tunnel {
    /// Bytes that it has sent.
    pub written: usize,
    /// It has ended its side.
    pub is_finished: bool,
    /// It has broken the tunnel off.
    pub is_failed: bool,
}

/// Shared by the applications of all engines.
pub type SharedKnowledge = Rc<RefCell<Knowledge>>;
