//! The program, and the cores that run it, as the supervisor starts them.
//!
//! Owns what the cores of a program have in common, and the first steps of the process. Never decides when a core starts or
//! ends: that is the supervisor's. Called by: the binary, through `serve` and `run`.

#[cfg(test)]
mod tests;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use howth_mesh::{Receiver, Sender};
use howth_scheduling::Watchdog;
use howth_supervision::{
    self as supervision, CoreSlot, Inherited, Listeners, Mode, Order, Report, Terminate, supervise,
};

use crate::bridge;
use crate::compression::{SharedCompression, WorkerThreads};
use crate::core::{self, Shared, Termination, Topology};
use crate::engine::Chosen;
use crate::error::Error;
use crate::isolate::{self, Process, ProcessOptions};
use crate::modules::{Cache, Modules};
use crate::options::Options;
use crate::redirect;
use crate::tls::{self, Secured};

pub(crate) fn serve(mode: Mode, options: Options) -> Result<ExitCode, Error> {
    let inherited = Inherited::take().map_err(supervision::Error::Inherited)?;
    isolate::initialize(&options.v8_flags)?;
    serve_on_cores(mode, options, inherited)
}

/// The same once V8 is there.
pub(crate) fn serve_on_cores(mode: Mode, options: Options, inherited: Inherited) -> Result<ExitCode, Error> {
    let chosen = Chosen::by(options.engine)?;
    let secured = Secured::new(options.tls.as_ref())?;
    if let Some(address) = options.redirect_http {
        redirect::begin(address, options.engine_options.clone(), secured.port().clone())
            .map_err(|cause| Error::Redirect { address, cause })?;
    }
    if let Some(address) = options.inspect {
        isolate::listen_for_debugger(address).map_err(|error| Error::Inspect(error.to_string()))?;
    }
    let compression = match &options.compression {
        Some(policy) => Some(SharedCompression {
            policy: Arc::new(policy.clone()),
            threads: WorkerThreads::start().map_err(supervision::Error::Core)?,
        }),
        None => None,
    };
    let supervised = supervision::Options {
        entry: options.entry.clone(),
        listen: options.listen.clone(),
        cores: options.cores,
        pinning: options.pinning.clone(),
        watch: options.watch,
        pid_file: options.pid_file.clone(),
        reload_check: options.reload_check.clone(),
        drain: options.drain,
        quiet: options.quiet,
    };
    let runtime = Runtime {
        mode,
        options: Arc::new(options),
        chosen,
        secured,
        compression,
        watchdog: Arc::default(),
    };
    supervise(mode, supervised, inherited, runtime)
}

/// Finds programs and starts cores for the supervisor.
struct Runtime {
    mode: Mode,
    options: Arc<Options>,
    chosen: Chosen,
    secured: Arc<Secured>,
    compression: Option<SharedCompression>,
    watchdog: Arc<Watchdog>,
}

impl supervision::Runtime for Runtime {
    type Program = Shared;
    type Failure = Error;

    fn find(
        &self,
        listeners: &Arc<Listeners>,
        cores: NonZeroUsize,
        before: Option<&Shared>,
    ) -> Result<Shared, Error> {
        let options = &self.options;
        // Each core opens them for itself.
        bridge::Folders::open(&options.folders)?;
        let working_directory = std::env::current_dir().map_err(supervision::Error::Core)?;
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
            cache_bytes_max: options.cache_bytes_max,
            worker_ops: bridge::worker_extension,
            inspect: options.inspect.is_some(),
            description,
            tls_arguments: options.tls.as_ref().map(tls::arguments).unwrap_or_default(),
        };
        let process = match before {
            Some(before) => before.process.renewed(modules, process_options),
            None => Process::new(modules, process_options),
        };
        Ok(Shared {
            mode: self.mode,
            options: options.clone(),
            process,
            chosen: self.chosen.clone(),
            listeners: listeners.clone(),
            secured: self.secured.clone(),
            compression: self.compression.clone(),
            watchdog: self.watchdog.clone(),
            counters: (0..cores.get()).map(|_| Arc::default()).collect(),
            restarts: (0..cores.get()).map(|_| Arc::default()).collect(),
            topology: (cores.get() > 1).then(|| Topology::new(cores.get())),
            heap_bytes_max,
        })
    }

    fn start_core(
        &self,
        shared: &Shared,
        core_slot: CoreSlot,
        orders: Receiver<Order>,
        reports: Sender<Report<Error>>,
    ) -> io::Result<Arc<dyn Terminate>> {
        let termination = Arc::new(Termination::default());
        core::spawn(core_slot, shared.clone(), termination.clone(), orders, reports)?;
        Ok(termination)
    }

    fn heap_bytes_max(&self, shared: &Shared) -> usize {
        shared.heap_bytes_max
    }

    fn was_listened_for(&self, signal: i32) -> bool {
        bridge::was_listened_for(signal)
    }

    fn description(&self) -> String {
        format!("{}; V8 {}", self.chosen, deno_core::v8::VERSION_STRING)
    }
}

impl supervision::Failure for Error {
    fn restarts(&self) -> bool {
        matches!(self, Error::Uncaught(uncaught) if uncaught.restarts)
    }
}
