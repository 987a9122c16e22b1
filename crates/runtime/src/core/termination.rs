//! Ending a core's JavaScript from outside of it, whatever it does.
//!
//! Owns the reason, and the handle by which V8 is told. Never waits: the loop of the core looks at the reason once
//! V8 has unwound what ran. Called by: the garbage collector at the heap's limit, on the core's own thread; the
//! supervisor, on its thread, when a core hears no orders.

use std::sync::OnceLock;

use deno_core::v8;
use howth_supervision::{Ended, Terminate};

/// Why the JavaScript of a core was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The heap reached its limit.
    HeapLimit,
    /// It kept the core from hearing orders.
    Unresponsive,
}

impl From<Reason> for Ended {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::HeapLimit => Ended::HeapLimit,
            Reason::Unresponsive => Ended::Unresponsive,
        }
    }
}

/// Shared by a core and the supervisor.
#[derive(Debug, Default)]
pub(crate) struct Termination {
    /// The first one counts.
    reason: OnceLock<Reason>,
    isolate: OnceLock<v8::IsolateHandle>,
}

impl Termination {
    /// Why nothing may run in the isolate any more; `None` while it may.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.reason.get().copied()
    }

    /// Notes that V8 is unwinding what runs, or about to.
    pub(super) fn note(&self, reason: Reason) {
        // A second reason changes nothing.
        let _ = self.reason.set(reason);
    }

    pub(super) fn set_isolate(&self, isolate: v8::IsolateHandle) {
        // A core has one isolate.
        let _ = self.isolate.set(isolate);
        if let (Some(_), Some(isolate)) = (self.reason(), self.isolate.get()) {
            isolate.terminate_execution();
        }
    }
}

impl Terminate for Termination {
    /// Ends what runs, once: the core's loop lets nothing run after it. An isolate that does not exist yet is ended
    /// as soon as it does.
    fn terminate(&self) {
        self.note(Reason::Unresponsive);
        if let Some(isolate) = self.isolate.get() {
            isolate.terminate_execution();
        }
    }
}
