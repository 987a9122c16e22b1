//! The memory of sends in flight.
//!
//! Owns the bytes from the moment a send is queued until its completion is reaped; that is what makes the
//! pointers in the entry valid. Never looks at them.

use std::io::IoSlice;

use io_uring::{opcode, squeue, types};

use crate::kernel::{Outgoing, Socket};

/// The sends in flight, by connection index; a connection has at most one.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    sends: Vec<Option<Held>>,
}

#[derive(Debug)]
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
        if self.sends.len() <= slot {
            self.sends.resize_with(slot + 1, || None);
        }
        assert!(self.sends[slot].is_none(), "a connection has two sends in flight");
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
                .flags(libc::MSG_NOSIGNAL)
                .build()
        } else {
            let vector = held.vector.insert(Vector::over(&held.outgoing));
            opcode::SendMsg::new(types::Fd(socket.0), &raw const vector.header)
                .flags(libc::MSG_NOSIGNAL as u32)
                .build()
        };
        self.sends[slot] = Some(held);
        entry
    }

    /// Gives the bytes of a completed send back.
    pub(super) fn take(&mut self, index: u32) -> Outgoing {
        self.sends
            .get_mut(index as usize)
            .and_then(Option::take)
            .map(|held| held.outgoing)
            .expect("a send completes that was never queued")
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
