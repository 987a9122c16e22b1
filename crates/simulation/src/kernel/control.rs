//! What a simulation sees of a kernel from outside.
//!
//! Owns numbers and a list of violations. Decides nothing.

use std::cell::{Cell, RefCell};

use howth_io_uring_net::Completion;

/// What a simulation sees of a kernel, and tells it.
#[derive(Debug, Default)]
pub struct Control {
    /// Whether faults happen.
    pub has_faults: Cell<bool>,
    /// What the engine must not have done, in words.
    pub violations: RefCell<Vec<String>>,
    /// Buffers that the engine has and has not given back.
    pub leased: Cell<usize>,
    /// Buffers that are neither free, nor in a completion, nor leased: lost.
    pub lost_buffers: Cell<usize>,
    /// Operations in flight that an engine waits for before it has finished: all, closes included, but for the poll of the
    /// doorbell, which lasts, and what cancels an accept, which may be told later than the accept itself.
    pub operations: Cell<usize>,
    /// Bytes of sends in flight.
    pub sending_bytes: Cell<usize>,
    /// Whether the doorbell is polled.
    pub hears_doorbell: Cell<bool>,
    /// Rings that the poll has not told of.
    pub rings: Cell<u32>,
}

impl Control {
    pub(super) fn violate(&self, what: String) {
        self.violations.borrow_mut().push(what);
    }
}

/// A completion without the bytes of a send.
pub(super) fn brief(completion: &Completion) -> String {
    match completion {
        Completion::Sent { token, result, .. } => format!("Sent {token:?} {result:?}"),
        other => format!("{other:?}"),
    }
}
