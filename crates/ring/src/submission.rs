//! The unsafe edge of the submission side: pushing entries, entering the kernel, asking a socket.
//!
//! Owns no memory. Its callers, the ring engine and the ring client, guarantee what an entry points to, and that a socket they
//! name is open and theirs. Never keeps anything.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{FromRawFd, OwnedFd};

use io_uring::{IoUring, cqueue, squeue, types};
use socket2::{SockAddr, SockRef};

use crate::vocabulary::{Errno, RingOptions, Socket, Wait};

/// The smallest ring that is tried.
const SUBMISSIONS_MIN: u32 = 16;

const ENTER_GETEVENTS: u32 = 1;

/// Sets a ring up for one thread: completions are worked on only when that thread enters
/// (`DEFER_TASKRUN`, Linux 6.1), which spares it interrupts and makes a turn's batch.
pub fn set_up(options: RingOptions) -> io::Result<IoUring> {
    let mut builder = IoUring::builder();
    builder
        .dontfork()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_submit_all()
        .setup_clamp();
    let RingOptions {
        mut submissions,
        mut completions,
        ..
    } = options;
    let mut ring = loop {
        match builder.setup_cqsize(completions).build(submissions) {
            // The limit on locked memory is short: a smaller ring serves as well, in more turns.
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) && submissions > SUBMISSIONS_MIN => {
                submissions /= 2;
                completions /= 2;
            }
            built => break built?,
        }
    };
    // An older kernel answers an error and the plain descriptor serves as well.
    let _ = ring.split().0.register_ring_fd();
    Ok(ring)
}

/// Undoes what would keep the ring, and with it the sockets of its operations, beyond its drop for as long as
/// the thread lives.
pub fn tear_down(ring: &mut IoUring) {
    let (mut submitter, _, _) = ring.split();
    let _ = submitter.unregister_ring_fd();
}

/// How an operation ended: a number that is not negative, or an error.
pub fn result_of(completion: &cqueue::Entry) -> Result<u32, Errno> {
    u32::try_from(completion.result()).map_err(|_| Errno(-completion.result()))
}

/// Queues an entry; a full queue is submitted first.
///
/// # Safety
/// What the entry points to stays where and what it is until the operation completes.
pub unsafe fn push(ring: &mut IoUring, entry: squeue::Entry) {
    loop {
        // SAFETY: as the caller promised.
        if unsafe { ring.submission().push(&entry) }.is_ok() {
            return;
        }
        // Submitting makes room even when it fails for a full completion queue: entries are taken in order,
        // and the next enter with GETEVENTS reaps.
        let _ = ring.submit();
    }
}

/// Submits everything queued and waits as told. Returns whether the completion queue had overflowed.
pub fn enter(ring: &mut IoUring, wait: Wait) -> io::Result<bool> {
    let overflowed = ring.submission().cq_overflow();
    let entered = match wait {
        Wait::For(duration) if ring.completion().is_empty() => {
            let timespec = types::Timespec::from(duration);
            let arguments = types::SubmitArgs::new().timespec(&timespec);
            ring.submitter().submit_with_args(1, &arguments)
        }
        _ => {
            let queued = ring.submission().len() as u32;
            // SAFETY: no argument is passed, so there is nothing to be valid; the count is the queue's own.
            unsafe {
                ring.submitter()
                    .enter::<libc::sigset_t>(queued, 0, ENTER_GETEVENTS, None)
            }
        }
    };
    match entered {
        Ok(_) => Ok(overflowed),
        Err(error) => match error.raw_os_error() {
            // A timeout, a signal, or a completion queue that is to be reaped first: all are turns.
            Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN) => Ok(overflowed),
            _ => Err(error),
        },
    }
}

/// recv(2), without waiting, of what is there.
pub fn receive_now(socket: Socket, bytes_max: usize) -> Result<Vec<u8>, Errno> {
    // Memory for what has arrived, not for what may: a slow client's bytes come in small pieces.
    let available = queued_bytes(socket, libc::FIONREAD) as usize;
    let wanted = available.clamp(1, bytes_max.max(1));
    let mut bytes = Vec::with_capacity(wanted);
    let received = with_socket(socket, |reference| {
        // A vector may have more room than was asked for.
        let room = &mut bytes.spare_capacity_mut()[..wanted];
        reference.recv_with_flags(room, libc::MSG_DONTWAIT)
    });
    match received {
        Ok(length) => {
            // SAFETY: recv(2) has written so many bytes at the start of the spare capacity.
            unsafe { bytes.set_len(length) };
            Ok(bytes)
        }
        Err(error) => Err(Errno(error.raw_os_error().unwrap_or(libc::EIO))),
    }
}

/// sendmsg(2), without waiting; gives how many bytes were taken. `more`: they may wait in the kernel for what is sent next.
pub fn send_now(socket: Socket, slices: &[&[u8]], more: bool) -> usize {
    let more = if more { libc::MSG_MORE } else { 0 };
    let slices: Vec<IoSlice<'_>> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
    with_socket(socket, |reference| {
        reference
            .send_vectored_with_flags(&slices, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL | more)
            .unwrap_or(0)
    })
}

/// getpeername(2).
pub fn peer_address(socket: Socket) -> Option<SockAddr> {
    with_socket(socket, |reference| reference.peer_addr().ok())
}

/// ioctl(2) SIOCOUTQ: bytes in the send queue, unsent or unacknowledged.
pub fn unacknowledged_bytes(socket: Socket) -> u32 {
    // The same number as SIOCOUTQ.
    queued_bytes(socket, libc::TIOCOUTQ)
}

/// ioctl(2) of a request that counts bytes of a queue.
fn queued_bytes(socket: Socket, request: libc::c_ulong) -> u32 {
    let mut bytes: libc::c_int = 0;
    // SAFETY: both requests that are made here, FIONREAD and TIOCOUTQ, write one int, which outlives the call.
    let result = unsafe { libc::ioctl(socket.0, request, &raw mut bytes) };
    if result == 0 {
        bytes.max(0).cast_unsigned()
    } else {
        0
    }
}

/// shutdown(2).
pub fn shutdown(socket: Socket, both: bool) {
    let how = if both { Shutdown::Both } else { Shutdown::Write };
    // Fails where the client has ended the connection already, which comes to the same.
    let _ = with_socket(socket, |reference| reference.shutdown(how));
}

/// setsockopt(2) SO_LINGER with 0 seconds.
pub fn reset_on_close(socket: Socket) {
    // A socket that cannot be told so ends plainly.
    let _ = with_socket(socket, |reference| {
        reference.set_linger(Some(std::time::Duration::ZERO))
    });
}

/// shutdown(2) and close(2): operations in flight keep a socket open beyond its close, for as long as they live.
pub fn close_now(socket: Socket) {
    let _ = with_socket(socket, |reference| reference.shutdown(Shutdown::Both));
    drop(owned(socket));
}

/// Takes the descriptor back from the engine, or a client's ring.
pub fn owned(socket: Socket) -> OwnedFd {
    // SAFETY: they own the sockets they have, and let go of each once, when they give it up or are dropped; they use it
    // in no way afterwards, and nothing is in flight on one that is given up.
    unsafe { OwnedFd::from_raw_fd(socket.0) }
}

/// Lends a socket to a call that does not keep it.
pub fn with_socket<R>(socket: Socket, ask: impl FnOnce(SockRef<'_>) -> R) -> R {
    // SAFETY: the engine asks only for connections whose close was not queued yet and that it has not given up, and
    // closes no socket in any other way but here, when it is dropped; so the descriptor is open during the call.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(socket.0) };
    ask(SockRef::from(&borrowed))
}
