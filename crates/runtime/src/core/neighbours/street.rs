//! All cores of a program, as far as they know of each other.
//!
//! Owns the mesh, and who has which place in it. Made once for each program, so that old code and new know nothing of
//! each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use howth_engine::Handed;
use howth_mesh::Mesh;
use howth_relay::Message;

use crate::core::pulse::Pulse;
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
pub(crate) struct Street {
    /// Which of the meshes of the process.
    number: u64,
    pub(super) mesh: Arc<Mesh<Note>>,
    epochs: AtomicU64,
    pulses: Vec<Mutex<Weak<Pulse>>>,
}

impl Street {
    pub(crate) fn new(cores: usize) -> Arc<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        Arc::new(Street {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            mesh: Mesh::new(cores, RING_LENGTH),
            epochs: AtomicU64::new(0),
            pulses: (0..cores).map(|_| Mutex::default()).collect(),
        })
    }

    /// What the core shows of itself that has the place now.
    pub(super) fn pulse(&self, core: usize) -> Weak<Pulse> {
        let pulse = self.pulses[core].lock().unwrap_or_else(PoisonError::into_inner);
        pulse.clone()
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
        self.pulses.len()
    }

    /// One that no core had.
    pub(super) fn next_epoch(&self) -> Epoch {
        self.epochs.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn move_in(&self, core: usize, pulse: &Arc<Pulse>) {
        *self.pulses[core].lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(pulse);
    }
}
