//! What workers have done, on its way back to the core.
//!
//! Owns the one lock between them. Called by: workers, which put something in; `exchanges`, on the core's thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::streams::PartDone;
use super::whole::WholeDone;

/// Something that a worker has done.
pub(super) enum Done {
    Whole(WholeDone),
    Part(PartDone),
}

/// What waits for the core.
#[derive(Default)]
pub(super) struct Mailbox {
    has_something: AtomicBool,
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    done: Vec<Done>,
    waker: Option<Waker>,
}

impl Mailbox {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_waker(&self, waker: &Waker) {
        let mut contents = self.contents();
        let own = contents.waker.get_or_insert_with(|| waker.clone());
        own.clone_from(waker);
    }

    pub(super) fn has_something(&self) -> bool {
        self.has_something.load(Ordering::Acquire)
    }

    pub(super) fn put(&self, done: Done) {
        let mut contents = self.contents();
        contents.done.push(done);
        self.has_something.store(true, Ordering::Release);
        let waker = contents.waker.clone();
        drop(contents);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn take(&self) -> Vec<Done> {
        if !self.has_something() {
            return Vec::new();
        }
        let mut contents = self.contents();
        self.has_something.store(false, Ordering::Release);
        std::mem::take(&mut contents.done)
    }
}
