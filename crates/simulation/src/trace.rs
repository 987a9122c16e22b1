//! Prints what happens, for whoever looks into one seed.
//!
//! Owns a switch for each thread, which is off. Called by: the kernel, the clients; the tests, which switch it on.

use std::cell::Cell;

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
}

/// Prints from now on, on this thread.
pub fn start() {
    IS_ON.set(true);
}

/// Prints, if anybody wants it.
pub(crate) fn tell(what: impl FnOnce() -> String) {
    if IS_ON.get() {
        eprintln!("{}", what());
    }
}
