//! The memory of sends in flight.
//!
//! Owns the bytes from the moment a send is queued until its completion is reaped; that is what makes the pointers in
//! the entry valid. Never looks at them. Called by: the ring.

use std::io::IoSlice;

use howth_connection::Outgoing;
use io_uring::{opcode, squeue, types};

use crate::kernel::Socket;

/// The sends in flight; a connection has at most one.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    /// Where the send of each connection is in `sends`; `NONE`: it has none. All that an idle connection owns here.
    places: Vec<u32>,
    sends: Vec<Held>,
    /// Places in `sends` that hold nothing.
    free: Vec<u32>,
}

const NONE: u32 = u32::MAX;

#[derive(Debug, Default)]
struct Held {
    outgoing: Outgoing,
    /// What a vectored send points to; `None` when one segment is sent.
    vector: Option<Box<Vector>>,
}

/// A message header and its vector, at a fixed address.
struct Vector {
    header: libc::msghdr,
    slices: Vec<libc::iovec>,
}

impl std::fmt::Debug for Vector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Vector")
            .field("slices", &self.slices.len())
            .finish()
    }
}

/// The kernel takes no longer vector (UIO_MAXIOV).
const SLICES_MAX: usize = 1024;

impl InFlight {
    /// Takes the bytes and gives the entry that sends them.
    pub(super) fn hold(&mut self, socket: Socket, index: u32, outgoing: Outgoing) -> squeue::Entry {
        let slot = index as usize;
        if self.places.len() <= slot {
            self.places.resize(slot + 1, NONE);
        }
        assert!(self.places[slot] == NONE, "a connection has two sends in flight");
        // The shutdown or the close that follows sends what waits for it.
        let more = if outgoing.is_last() { libc::MSG_MORE } else { 0 };
        let flags = libc::MSG_NOSIGNAL | more;
        let mut held = Held {
            outgoing,
            vector: None,
        };
        let entry = if held.outgoing.segments_len() == 1 {
            let bytes = held.outgoing.slices().next().unwrap_or_default();
            // The heap bytes of a segment stay where they are while `held` moves. Longer sends than 2 GiB
            // are cut here and continue after their completion.
            let len = bytes.len().min(i32::MAX as usize) as u32;
            opcode::Send::new(types::Fd(socket.0), bytes.as_ptr(), len)
                .flags(flags)
                .build()
        } else {
            let vector = held.vector.insert(Vector::over(&held.outgoing));
            opcode::SendMsg::new(types::Fd(socket.0), &raw const vector.header)
                .flags(flags as u32)
                .build()
        };
        self.places[slot] = self.keep(held);
        entry
    }

    fn keep(&mut self, held: Held) -> u32 {
        if let Some(place) = self.free.pop() {
            self.sends[place as usize] = held;
            return place;
        }
        self.sends.push(held);
        self.sends.len() as u32 - 1
    }

    /// Gives the bytes of a completed send back.
    pub(super) fn take(&mut self, index: u32) -> Outgoing {
        let place = std::mem::replace(&mut self.places[index as usize], NONE);
        assert!(place != NONE, "a send completes that was never queued");
        self.free.push(place);
        std::mem::take(&mut self.sends[place as usize]).outgoing
    }

    /// Gives back what only many sends at once need.
    pub(super) fn shrink(&mut self) {
        if self.free.len() == self.sends.len() {
            self.sends = Vec::new();
            self.free = Vec::new();
        }
    }
}

impl Vector {
    fn over(outgoing: &Outgoing) -> Box<Self> {
        let slices = outgoing
            .slices()
            .take(SLICES_MAX)
            .map(IoSlice::new)
            .map(|slice| libc::iovec {
                iov_base: slice.as_ptr().cast_mut().cast(),
                iov_len: slice.len(),
            })
            .collect();
        // SAFETY: all zeroes is a valid msghdr: null pointers and zero lengths.
        let header = unsafe { std::mem::zeroed::<libc::msghdr>() };
        let mut vector = Box::new(Vector { header, slices });
        vector.header.msg_iov = vector.slices.as_mut_ptr();
        vector.header.msg_iovlen = vector.slices.len() as _;
        vector
    }
}
