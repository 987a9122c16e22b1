//! The pipe to the parent process, if `child_process.fork()` started this one.
//!
//! Owns the pipe until an isolate has taken it, and the variables of the environment that name it: they are read once, at
//! the start of the process. What a program sets afterwards is for its own children. Called by: [`super::initialize`], and
//! whoever starts an isolate.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use deno_runtime::deno_node::ops::ipc::ChildIpcSerialization;
use howth_supervision::take_variable;

/// Node's variables: the pipe's file descriptor, and how messages are written.
const DESCRIPTOR: &str = "NODE_CHANNEL_FD";
const SERIALIZATION: &str = "NODE_CHANNEL_SERIALIZATION_MODE";

static OF_THIS_PROCESS: OnceLock<ParentChannel> = OnceLock::new();

/// The pipe, until an isolate has taken it: only one can speak for the process.
#[derive(Clone, Default)]
pub(super) struct ParentChannel(Arc<Mutex<Option<(i64, ChildIpcSerialization)>>>);

impl ParentChannel {
    /// Takes the variables out of the environment, so that children of this process do not inherit them. The first call
    /// must come while the process has one thread; further ones do nothing.
    pub(super) fn read_environment() {
        OF_THIS_PROCESS.get_or_init(Self::from_environment);
    }

    /// What the environment named when it was read; nothing, if it was not.
    pub(super) fn of_this_process() -> Self {
        OF_THIS_PROCESS.get().cloned().unwrap_or_default()
    }

    fn from_environment() -> Self {
        let Some(descriptor) = take_variable(DESCRIPTOR).and_then(|descriptor| descriptor.parse().ok())
        else {
            return Self::default();
        };
        let serialization = take_variable(SERIALIZATION).and_then(|mode| mode.parse().ok());
        let channel = (descriptor, serialization.unwrap_or(ChildIpcSerialization::Json));
        Self(Arc::new(Mutex::new(Some(channel))))
    }

    pub(super) fn take(&self) -> Option<(i64, ChildIpcSerialization)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
