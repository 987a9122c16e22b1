//! The doorbell: how another thread makes something complete in a ring.
//!
//! Owns an eventfd that the ring polls, whether it was rung already, and how a core is reached that has parked
//! elsewhere. Never reads the eventfd: each write tells the poll, which is edge-triggered, whatever the count. Called
//! by: the ring; any thread, through a waker.
//!
//! A core that has parked waits for the readiness of its ring, another eventfd. The kernel signals no eventfd from within
//! a write to an eventfd, where the doorbell's completion happens: it puts the signal off for milliseconds the first
//! time, and for ever after that (measured, Linux 6.18). So whoever rings makes the ring ready as well.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use super::readiness::{Readiness, new_eventfd};

/// The doorbell of one ring, shared with whoever may ring it. May outlive the ring: then nobody hears it.
#[derive(Debug)]
pub(super) struct Doorbell {
    eventfd: File,
    /// What a core waits for that has parked.
    readiness: File,
    /// It was rung, and the ring's thread has not heard it yet: to ring again would change nothing.
    is_rung: AtomicBool,
    is_parked: AtomicBool,
}

impl Doorbell {
    pub(super) fn new(readiness: &Readiness) -> io::Result<Self> {
        Ok(Doorbell {
            eventfd: File::from(new_eventfd()?),
            readiness: File::from(readiness.duplicate()?),
            is_rung: AtomicBool::new(false),
            is_parked: AtomicBool::new(readiness.is_on()),
        })
    }

    /// The ring's thread has the completion, and sees from now on what was done before the doorbell was rung.
    pub(super) fn heard(&self) {
        // Acquire: what was done before. Release: whoever rings after this has to write.
        self.is_rung.swap(false, Ordering::AcqRel);
    }

    /// The ring's thread is about to wait elsewhere, after one more turn; or does so no more.
    pub(super) fn set_parked(&self, is_parked: bool) {
        // Sequentially consistent, as the load in `ring` is: a turn that begins after this finds the completion, or else
        // whoever rings finds this.
        self.is_parked.store(is_parked, Ordering::SeqCst);
    }

    fn ring(&self) {
        // Acquire and release as in `heard`: who is second leaves what it has done to the completion under way.
        if self.is_rung.swap(true, Ordering::AcqRel) {
            return;
        }
        signal(&self.eventfd);
        if self.is_parked.load(Ordering::SeqCst) {
            signal(&self.readiness);
        }
    }
}

/// Adds one to an eventfd.
fn signal(mut eventfd: &File) {
    // Fails only when the count is full, after 2^64 times: then it is readable in any case.
    let _ = eventfd.write(&1u64.to_ne_bytes());
}

impl AsRawFd for Doorbell {
    fn as_raw_fd(&self) -> RawFd {
        self.eventfd.as_raw_fd()
    }
}

impl Wake for Doorbell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}
