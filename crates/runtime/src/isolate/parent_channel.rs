//! The pipe to the parent process, if `child_process.fork()` started this one.

use std::env;
use std::sync::{Arc, Mutex, PoisonError};

use deno_runtime::deno_node::ops::ipc::ChildIpcSerialization;

/// Node's variables: the pipe's file descriptor, and how messages are written.
const DESCRIPTOR: &str = "NODE_CHANNEL_FD";
const SERIALIZATION: &str = "NODE_CHANNEL_SERIALIZATION_MODE";

/// The pipe, until an isolate has taken it: only one can speak for the process.
#[derive(Clone, Default)]
pub(super) struct ParentChannel(Arc<Mutex<Option<(i64, ChildIpcSerialization)>>>);

impl ParentChannel {
    /// Takes the variables out of the environment, so that children of this process do not inherit them. No other
    /// thread may run yet that reads the environment.
    pub(super) fn from_environment() -> Self {
        let Some(descriptor) = taken(DESCRIPTOR).and_then(|descriptor| descriptor.parse().ok()) else {
            return Self::default();
        };
        let serialization = taken(SERIALIZATION).and_then(|mode| mode.parse().ok());
        let channel = (descriptor, serialization.unwrap_or(ChildIpcSerialization::Json));
        Self(Arc::new(Mutex::new(Some(channel))))
    }

    pub(super) fn take(&self) -> Option<(i64, ChildIpcSerialization)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn taken(variable: &str) -> Option<String> {
    let value = env::var(variable).ok()?;
    // SAFETY: `Process::new`, the only caller, requires that no thread reads the environment while the variable
    // is there: cores, the only ones that do, start later.
    unsafe { env::remove_var(variable) };
    Some(value)
}
