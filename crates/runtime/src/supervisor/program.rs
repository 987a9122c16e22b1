//! The program, and what its cores have in common.

use std::num::NonZeroUsize;
use std::sync::Arc;

use howth_scheduling::Watchdog;

use crate::bridge;
use crate::core::{Mode, Shared, Topology};
use crate::engine::Chosen;
use crate::error::Error;
use crate::isolate::{self, Process, ProcessOptions};
use crate::listen::Listeners;
use crate::modules::{Cache, Modules};
use crate::options::Options;

/// Finds the program anew: its files may have changed since `before`.
pub(super) fn find_program(
    mode: Mode,
    options: &Arc<Options>,
    chosen: &Chosen,
    listeners: &Arc<Listeners>,
    watchdog: &Arc<Watchdog>,
    cores: NonZeroUsize,
    before: Option<&Process>,
) -> Result<Shared, Error> {
    let working_directory = std::env::current_dir().map_err(Error::Core)?;
    let cache = options.cache.as_deref().map(Cache::new);
    let modules = Modules::start(&options.entry, &working_directory, cache, &options.start)?;
    let description = isolate::description(options, &modules, &working_directory);
    let heap_bytes_max = options
        .heap_bytes_max
        .unwrap_or_else(|| isolate::heap_bytes_default(isolate::memory_bytes(), cores));
    let process_options = ProcessOptions {
        version: env!("CARGO_PKG_VERSION"),
        arguments: options.arguments.clone(),
        worker_heap_bytes_max: heap_bytes_max,
        kv_bytes_max: options.kv_bytes_max,
        worker_ops: Some(bridge::worker_extension),
        inspect: options.inspect.is_some(),
        description,
    };
    let process = match before {
        Some(before) => before.renewed(modules, process_options),
        None => Process::new(modules, process_options),
    };
    Ok(Shared {
        mode,
        options: options.clone(),
        process,
        chosen: chosen.clone(),
        listeners: listeners.clone(),
        watchdog: watchdog.clone(),
        counters: (0..cores.get()).map(|_| Arc::default()).collect(),
        restarts: (0..cores.get()).map(|_| Arc::default()).collect(),
        topology: (cores.get() > 1).then(|| Topology::new(cores.get())),
        heap_bytes_max,
    })
}
