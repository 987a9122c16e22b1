//! All cores of a program, as far as they know of each other.
//!
//! Owns the mesh, and who has which place in it. Made once for each program, so that old code and new know nothing of
//! each other. Never carries a message. Called by: cores, as they join and leave.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use howth_engine::Handed;
use howth_mesh::Mesh;
use howth_relay::Message;

use crate::core_status::CoreStatus;

/// Messages under way from one core to another.
pub const RING_LENGTH: usize = 256;

/// Tells the cores apart that have the same place one after the other.
pub(crate) type Epoch = u64;

/// What crosses from core to core.
#[derive(Debug)]
pub(crate) enum Note<P> {
    /// The sender has taken its place, in this epoch of its; the core that had it before has ended.
    Joined(Epoch),
    /// The sender has read that, and is there, in this epoch.
    Here(Epoch),
    /// The sender wants to end, and is to be handed nothing more.
    Leaving,
    /// The sender has read that, and hands nothing more over: what it had sent before is all there is.
    Parted,
    /// About a request; for the receiver of this epoch, and for no core that comes after it.
    Relay(Epoch, Message),
    /// A connection that the sender has no time for; for whoever is there.
    Connection(Handed),
    /// A message for the receiver's application.
    Mail(P),
}

/// All cores, as far as they know of each other.
pub struct Topology<P> {
    /// Which of the meshes of the process.
    number: u64,
    pub(crate) mesh: Arc<Mesh<Note<P>>>,
    epochs: AtomicU64,
    core_statuses: Vec<Mutex<Weak<CoreStatus>>>,
}

impl<P: Send> Topology<P> {
    /// That of a program with so many cores.
    pub fn new(cores: usize) -> Arc<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        Arc::new(Topology {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            mesh: Mesh::new(cores, RING_LENGTH),
            epochs: AtomicU64::new(0),
            core_statuses: (0..cores).map(|_| Mutex::default()).collect(),
        })
    }

    /// What the core shows of itself that has the place now.
    pub(crate) fn core_status(&self, core: usize) -> Weak<CoreStatus> {
        let core_status = self.core_statuses[core]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        core_status.clone()
    }

    /// Which of the topologies of the process it is.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many places there are.
    pub(crate) fn places(&self) -> usize {
        self.core_statuses.len()
    }

    /// One that no core had.
    pub(crate) fn next_epoch(&self) -> Epoch {
        self.epochs.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn join(&self, core: usize, core_status: &Arc<CoreStatus>) {
        *self.core_statuses[core]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(core_status);
    }
}
