//! A bug, put in by tests: a core panics in its loop.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_DUE: AtomicBool = AtomicBool::new(false);

/// The next core that has something to do panics.
pub(crate) fn arrange() {
    IS_DUE.store(true, Ordering::Relaxed);
}

/// Whether no panic is to come.
pub(crate) fn is_over() -> bool {
    !IS_DUE.load(Ordering::Relaxed)
}

/// No panic is to come after all.
pub(crate) fn forget() {
    IS_DUE.store(false, Ordering::Relaxed);
}

pub(super) fn strike() {
    assert!(
        !IS_DUE.swap(false, Ordering::Relaxed),
        "a fault that a test arranged"
    );
}
