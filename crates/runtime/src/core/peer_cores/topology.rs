//! All cores of a program, as far as they know of each other.
//!
//! Owns the mesh, and who has which place in it. Made once for each program, so that old code and new know nothing of
//! each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use howth_engine::Handed;
use howth_mesh::Mesh;
use howth_relay::Message;

use crate::core::core_status::CoreStatus;
use crate::topics::{MeshAddress, Parcel};

/// Messages under way from one core to another.
pub(crate) const RING_LENGTH: usize = 256;

/// Tells the cores apart that have the same place one after the other.
pub(crate) type Epoch = u64;

/// What crosses from core to core.
#[derive(Debug)]
pub(crate) enum Note {
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
    /// A message for the receiver's isolate.
    Mail(Parcel),
}

/// All cores, as far as they know of each other.
pub(crate) struct Topology {
    /// Which of the meshes of the process.
    number: u64,
    pub(super) mesh: Arc<Mesh<Note>>,
    epochs: AtomicU64,
    core_statuses: Vec<Mutex<Weak<CoreStatus>>>,
}

impl Topology {
    pub(crate) fn new(cores: usize) -> Arc<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        Arc::new(Topology {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            mesh: Mesh::new(cores, RING_LENGTH),
            epochs: AtomicU64::new(0),
            core_statuses: (0..cores).map(|_| Mutex::default()).collect(),
        })
    }

    /// What the core shows of itself that has the place now.
    pub(super) fn core_status(&self, core: usize) -> Weak<CoreStatus> {
        let core_status = self.core_statuses[core]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        core_status.clone()
    }

    /// Where messages for a core's isolate go.
    pub(in crate::core) fn address(&self, core: usize) -> MeshAddress {
        MeshAddress {
            mesh: self.number,
            core,
        }
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.core_statuses.len()
    }

    /// One that no core had.
    pub(super) fn next_epoch(&self) -> Epoch {
        self.epochs.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn join(&self, core: usize, core_status: &Arc<CoreStatus>) {
        *self.core_statuses[core]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(core_status);
    }
}
