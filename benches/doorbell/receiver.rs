//! The core that is woken.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::mpsc;
use std::time::Duration;

use io_uring::types::Fd;
use io_uring::{IoUring, opcode};

use super::measure::{Meanwhile, Shared};
use super::thread_time::thread_time;

/// What a sender rings: the receiver's ring, or the eventfd that it polls.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub ring: RawFd,
    pub eventfd: RawFd,
}

/// What a receiver tells at the end.
pub struct Heard {
    /// Nanoseconds from each ring to its hearing.
    pub latencies: Vec<u64>,
    pub cpu: Duration,
}

/// A ring as the engine has it.
pub fn ring() -> io::Result<IoUring> {
    IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .build(16)
}

/// Waits for so many wakes.
pub fn run(
    shared: &Shared,
    meanwhile: Meanwhile,
    wakes: u64,
    targets: &mpsc::Sender<Target>,
) -> io::Result<Heard> {
    let mut ring = ring()?;
    let eventfd = eventfd()?;
    let poll = opcode::PollAdd::new(Fd(eventfd.as_raw_fd()), libc::POLLIN as u32).multi(true);
    // SAFETY: the entry points to nothing.
    unsafe { ring.submission().push(&poll.build()) }.map_err(io::Error::other)?;
    ring.submit()?;
    let target = Target {
        ring: ring.as_raw_fd(),
        eventfd: eventfd.as_raw_fd(),
    };
    targets.send(target).map_err(io::Error::other)?;
    let mut latencies = Vec::with_capacity(wakes as usize);
    let before = thread_time()?;
    while latencies.len() < wakes as usize {
        match meanwhile {
            Meanwhile::Sleeps => ring.submit_and_wait(1)?,
            Meanwhile::Works => look(&ring)?,
        };
        if ring.completion().count() > 0 {
            latencies.extend(shared.hear(latencies.len() as u64 + 1));
        }
    }
    let cpu = thread_time()? - before;
    Ok(Heard { latencies, cpu })
}

/// Enters without waiting, so that deferred work is done.
fn look(ring: &IoUring) -> io::Result<usize> {
    const GETEVENTS: u32 = 1;
    // SAFETY: no argument is passed, and nothing is submitted.
    unsafe { ring.submitter().enter::<libc::sigset_t>(0, 0, GETEVENTS, None) }
}

fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: eventfd(2) takes no pointers.
    let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
