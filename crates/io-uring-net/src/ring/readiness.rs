//! Telling another poller that completions wait.
//!
//! With `DEFER_TASKRUN` the ring's own descriptor wakes nobody: work is only noted until its thread enters (measured on
//! Linux 6.18: poll(2) on it sleeps to its timeout). A registered eventfd is signalled. It is switched off in the
//! shared memory while the core is awake, so that a busy core does not pay for it. Owns that eventfd. Never waits on
//! it: whoever parks does. Called by: the ring, as a core parks and wakes.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use io_uring::IoUring;

/// eventfd(2), empty, which never blocks.
pub(super) fn new_eventfd() -> io::Result<OwnedFd> {
    // SAFETY: eventfd(2) takes no pointers.
    let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The eventfd of one ring.
#[derive(Debug)]
pub(super) struct Readiness {
    eventfd: OwnedFd,
    is_on: bool,
}

impl Readiness {
    /// Registers a new eventfd, switched off.
    pub(super) fn register(ring: &mut IoUring) -> io::Result<Self> {
        let eventfd = new_eventfd()?;
        ring.submitter().register_eventfd(eventfd.as_raw_fd())?;
        ring.completion().disable_eventfd();
        Ok(Readiness {
            eventfd,
            is_on: false,
        })
    }

    /// Switches the signals on. What completed before is not signalled.
    pub(super) fn switch_on(&mut self, ring: &mut IoUring) {
        self.is_on = true;
        ring.completion().enable_eventfd();
    }

    /// Switches the signals off and forgets those that came.
    pub(super) fn switch_off(&mut self, ring: &mut IoUring) {
        self.is_on = false;
        ring.completion().disable_eventfd();
        let mut count = 0u64;
        // SAFETY: eight bytes that outlive the call; an empty eventfd answers EAGAIN at once.
        let _ = unsafe {
            libc::read(
                self.eventfd.as_raw_fd(),
                (&raw mut count).cast(),
                size_of::<u64>(),
            )
        };
    }

    /// Whether completions are signalled.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Another descriptor of the same eventfd.
    pub(super) fn duplicate(&self) -> io::Result<OwnedFd> {
        self.eventfd.try_clone()
    }
}
