//! How many cores serve, and on which processors.
//!
//! Owns both for the life of the process: a reload, or a core that starts again, changes neither. Never pins a thread.
//! Called by: the supervisor.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::affinity::{self, Pinning, usable_cores};
use crate::core_slot::CoreSlot;
use crate::error::Error;
use crate::inbox::Inbox;
use crate::mode::Mode;
use crate::options::Options;

#[derive(Clone, Debug)]
pub(super) struct Layout {
    cores: NonZeroUsize,
    /// Empty: no core is pinned.
    processors: Vec<usize>,
}

impl Layout {
    /// What the options ask for. Must be called on a thread that has the process's affinity mask.
    ///
    /// # Errors
    /// A processor that the process may not use.
    pub(super) fn new(mode: Mode, options: &Options) -> Result<Self, Error> {
        let cores = match (options.cores, mode, &options.pinning) {
            _ if options.watch => NonZeroUsize::MIN,
            (Some(cores), ..) => cores,
            (None, Mode::Run, _) => NonZeroUsize::MIN,
            // Who says where cores are to run says how many there are.
            (None, Mode::Serve, Pinning::To(processors)) => {
                NonZeroUsize::new(processors.len()).unwrap_or_else(usable_cores)
            }
            (None, Mode::Serve, _) => usable_cores(),
        };
        let processors = affinity::choose(&options.pinning, cores)?;
        Ok(Layout { cores, processors })
    }

    pub(super) fn cores(&self) -> NonZeroUsize {
        self.cores
    }

    /// A place for a core, on the processor that whoever has it stays on.
    pub(super) fn core_slot(&self, index: usize, inbox: Arc<Inbox>, waits: bool) -> CoreSlot {
        let count = self.processors.len();
        CoreSlot {
            index,
            processor: (count > 0).then(|| self.processors[index % count]),
            inbox,
            waits,
        }
    }
}
