//! The program, and what its cores have in common.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::core::{Mode, Shared};
use crate::engine::Chosen;
use crate::error::Error;
use crate::isolate::{self, Process, ProcessOptions};
use crate::listen::Listeners;
use crate::modules::{Cache, Modules};
use crate::options::Options;

/// Finds the program anew: its files may have changed since the last start.
pub(super) fn find_program(
    mode: Mode,
    options: &Arc<Options>,
    chosen: &Chosen,
    listeners: &Arc<Listeners>,
    cores: NonZeroUsize,
) -> Result<Shared, Error> {
    let working_directory = std::env::current_dir().map_err(Error::Core)?;
    let cache = options.cache.as_deref().map(Cache::new);
    let modules = Modules::discover(&options.entry, &working_directory, cache)?;
    let heap_bytes_max = options
        .heap_bytes_max
        .unwrap_or_else(|| isolate::heap_bytes_default(isolate::memory_bytes(), cores));
    let process = Process::new(
        modules,
        ProcessOptions {
            version: env!("CARGO_PKG_VERSION"),
            arguments: options.arguments.clone(),
            worker_heap_bytes_max: heap_bytes_max,
            inspect: options.inspect.is_some(),
        },
    );
    Ok(Shared {
        mode,
        options: options.clone(),
        process,
        chosen: chosen.clone(),
        listeners: listeners.clone(),
        heap_bytes_max,
    })
}
