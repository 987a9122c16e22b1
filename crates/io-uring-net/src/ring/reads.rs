//! The memory of reads of files in flight.
//!
//! Owns the memory, and the open file, from the moment a read is queued until its completion is reaped; that is what makes
//! pointer and descriptor in the entry valid. Never looks at the bytes. Called by: the ring.

use std::collections::HashMap;
use std::os::fd::AsRawFd as _;

use howth_engine::FileBody;
use io_uring::{opcode, squeue, types};

use crate::kernel::Errno;

/// The reads in flight, by connection; each has at most one.
#[derive(Debug, Default)]
pub(super) struct Reads(HashMap<u32, Held>);

#[derive(Debug)]
struct Held {
    part: FileBody,
    bytes: Vec<u8>,
}

impl Reads {
    /// Makes room for the bytes, and gives the entry that reads them.
    pub(super) fn hold(&mut self, index: u32, part: FileBody) -> squeue::Entry {
        let mut bytes = vec![0; part.length as usize];
        let entry = opcode::Read::new(
            types::Fd(part.file.as_raw_fd()),
            bytes.as_mut_ptr(),
            bytes.len() as u32,
        )
        .offset(part.offset)
        .build();
        // The heap bytes stay where they are while `Held` moves.
        let before = self.0.insert(index, Held { part, bytes });
        assert!(before.is_none(), "a connection has two reads in flight");
        entry
    }

    /// Gives what a completed read has read.
    pub(super) fn take(&mut self, index: u32, result: Result<u32, Errno>) -> Result<Vec<u8>, Errno> {
        let held = self.0.remove(&index);
        let Held { mut bytes, part } = held.expect("a read completes that was never queued");
        drop(part);
        bytes.truncate(result? as usize);
        Ok(bytes)
    }

    /// The ring ends, and what is in flight with it, but not at once: the kernel may still write to memory that would be
    /// somebody else's by then, so it stays forever. That is a piece of a file for each connection, once in a core's life.
    pub(super) fn abandon(&mut self) {
        std::mem::forget(std::mem::take(&mut self.0));
    }
}
