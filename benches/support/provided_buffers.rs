//! Buffers that the kernel chooses from, all of them the same memory: nobody reads what is received, and what is sent
//! is always the same.
//!
//! Owns the memory, and never frees it: the process measures or serves until it ends.

use std::alloc::{Layout, alloc_zeroed};
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;

/// The group of the one set of buffers that a ring has.
pub const BUFFER_GROUP: u16 = 0;

/// A ring of provided buffers.
#[derive(Debug)]
pub struct ProvidedBuffers {
    entries: NonNull<BufRingEntry>,
    memory: *mut u8,
    buffer_bytes: u32,
    mask: u16,
    tail: u16,
}

impl ProvidedBuffers {
    /// Registers room for `buffers` of them, a power of two; none is provided yet.
    ///
    /// # Errors
    /// The kernel has no ring-mapped buffers (before 5.19), or no memory.
    pub fn register(ring: &IoUring, buffers: u16, buffer_bytes: u32) -> io::Result<Self> {
        let entries = page_aligned(usize::from(buffers) * size_of::<BufRingEntry>())?.cast();
        let memory = page_aligned(buffer_bytes as usize)?.as_ptr();
        let address = entries.as_ptr() as u64;
        // SAFETY: the memory is page-aligned, holds so many entries, and is never freed.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(address, buffers, BUFFER_GROUP, 0)
        }?;
        Ok(ProvidedBuffers {
            entries,
            memory,
            buffer_bytes,
            mask: buffers - 1,
            tail: 0,
        })
    }

    /// Gives the kernel a buffer, or gives it back.
    pub fn provide(&mut self, buffer: u16) {
        let position = usize::from(self.tail & self.mask);
        // SAFETY: the position is below the number of entries.
        let mut entry = unsafe { self.entries.add(position) };
        // SAFETY: it points to an entry, which the kernel reads only after the tail has passed it, below.
        let entry = unsafe { entry.as_mut() };
        entry.set_addr(self.memory as u64);
        entry.set_len(self.buffer_bytes);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the tail lies in the first entry of a registered ring.
        let tail = unsafe { BufRingEntry::tail(self.entries.as_ptr()) };
        // SAFETY: two bytes, aligned, written by this thread alone while the kernel reads them.
        let tail = unsafe { &*tail.cast::<AtomicU16>() };
        tail.store(self.tail, Ordering::Release);
    }
}

fn page_aligned(bytes: usize) -> io::Result<NonNull<u8>> {
    const PAGE_BYTES: usize = 4096;
    let layout = Layout::from_size_align(bytes, PAGE_BYTES).map_err(io::Error::other)?;
    // SAFETY: no caller asks for nothing.
    NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}
