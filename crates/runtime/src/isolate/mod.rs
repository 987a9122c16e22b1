//! One isolate: a V8 heap with Deno's and howth's JavaScript in it, ready to run a program.
//!
//! Owns: what an isolate is started with, and the services that the isolates of a process share. Never does:
//! serve requests, decide what follows a failure, start threads of its own. Called by: the cores, once each.
//!
//! An isolate must be started, polled and dropped on one thread, and inside a tokio runtime: V8 puts delayed
//! work (its idle-time garbage collection) there.

mod bootstrap;
mod bridge;
mod description;
mod heap;
mod inspector;
mod memory_limit;
mod options;
mod parent_channel;
mod platform;
mod printed_error;
mod process;
mod web_worker;

use std::rc::Rc;

use deno_core::error::CoreError;
use deno_core::{ModuleSpecifier, v8};
use deno_runtime::worker::MainWorker;

use crate::topics::Mail;

pub(crate) use description::description;
pub use heap::{UNWINDING_FACTOR, heap_bytes_default};
pub use inspector::listen_for_debugger;
pub use memory_limit::memory_bytes;
pub use options::{HeapLimitHook, IsolateOptions};
pub(crate) use platform::may_collect;
pub use platform::{UnknownFlags, initialize};
pub use printed_error::describe;
pub use process::{Process, ProcessOptions};

/// An isolate, bootstrapped; the program is not loaded yet.
pub struct Isolate {
    /// Deno's worker: module loading, the event loop, ops.
    pub worker: MainWorker,
    /// The object on which `js/boot/main.js` puts what Rust calls. Drop it before the worker.
    pub bridge: v8::Global<v8::Object>,
}

impl Isolate {
    /// Starts an isolate from the snapshot, on the thread that is to run it.
    ///
    /// # Panics
    /// Outside of a tokio runtime, and before [`initialize`].
    pub fn start(process: &Process, options: IsolateOptions) -> Self {
        bootstrap::start(process, options, None)
    }

    /// The same for one that is a core's, with the way its messages go.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub(crate) fn start_on_core(process: &Process, options: IsolateOptions, mail: Rc<Mail>) -> Self {
        bootstrap::start(process, options, Some(mail))
    }

    /// Loads and runs the entry module, until its top-level code is through.
    ///
    /// # Errors
    /// If a module is not found or faulty, or the code throws.
    pub async fn run_entry(&mut self, entry: &ModuleSpecifier) -> Result<deno_core::ModuleId, CoreError> {
        let module = self.worker.preload_main_module(entry).await?;
        self.worker.evaluate_module(module).await?;
        Ok(module)
    }

    /// What a module exports, once it is loaded.
    ///
    /// # Errors
    /// If the module was not instantiated.
    pub fn exports(&mut self, module: deno_core::ModuleId) -> Result<v8::Global<v8::Object>, CoreError> {
        self.worker.js_runtime.get_module_namespace(module)
    }
}
