//! A waker that remembers: the loop polls the isolate only when something woke it.
//!
//! Owns whether it was woken. Never polls. Called by: the core's loop, which looks; whatever wakes the isolate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

/// Wakes the core's task and leaves a mark.
#[derive(Debug)]
pub struct WakeFlag {
    woken: AtomicBool,
    task: Waker,
}

impl WakeFlag {
    /// One that wakes the task of `context`, and was woken already.
    pub fn new(context: &Context<'_>) -> Arc<Self> {
        Arc::new(WakeFlag {
            woken: AtomicBool::new(true),
            task: context.waker().clone(),
        })
    }

    /// Whether it wakes this task.
    pub fn is_for(&self, context: &Context<'_>) -> bool {
        self.task.will_wake(context.waker())
    }

    /// Whether it was woken since the last call.
    pub fn take(&self) -> bool {
        self.woken.swap(false, Ordering::AcqRel)
    }

    /// Whether it was woken, as [`take`](Self::take) would say.
    pub fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.task.wake_by_ref();
        }
    }
}
