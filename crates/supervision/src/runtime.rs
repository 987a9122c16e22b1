//! What the supervisor needs of whoever knows what a program is.
//!
//! Owns the traits. Never knows what a program is. Called by: the supervisor; implemented by the runtime.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::{error, io};

use howth_mesh::{Receiver, Sender};

use crate::core_slot::CoreSlot;
use crate::error::Error;
use crate::listen::Listeners;
use crate::order::{Order, Report};

/// Finds programs and starts cores that run them. Never blocks for long: signals are heard in between.
pub trait Runtime {
    /// A program that was found, with what its cores have in common. A clone is cheap.
    type Program: Clone;

    /// Why one was not found, or what ended one of its cores.
    type Failure: Failure;

    /// Finds the program anew, for so many cores that listen by `listeners`: its files may have changed since `before`.
    ///
    /// # Errors
    /// There is none, or it is faulty.
    fn find(
        &self,
        listeners: &Arc<Listeners>,
        cores: NonZeroUsize,
        before: Option<&Self::Program>,
    ) -> Result<Self::Program, Self::Failure>;

    /// Starts the thread of a core, which obeys `orders` and ends its `reports` with how it has ended.
    ///
    /// # Errors
    /// The thread could not be made.
    fn start_core(
        &self,
        program: &Self::Program,
        core_slot: CoreSlot,
        orders: Receiver<Order>,
        reports: Sender<Report<Self::Failure>>,
    ) -> io::Result<Arc<dyn Terminate>>;

    /// The limit of each core's heap.
    fn heap_bytes_max(&self, program: &Self::Program) -> usize;

    /// Whether a program has ever asked to hear of this signal.
    fn was_listened_for(&self, signal: i32) -> bool;

    /// What serves, for the line that says where.
    fn description(&self) -> String;
}

/// Why a program or one of its cores failed: a line that names the cause and the remedy.
pub trait Failure: error::Error + From<Error> + Send + 'static {
    /// A new core is to take the place of the one that it has ended.
    fn restarts(&self) -> bool;
}

/// Ends the application of a core from outside, whatever it does.
pub trait Terminate {
    /// Ends what runs. Does not wait for that.
    fn terminate(&self);
}
