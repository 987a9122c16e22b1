//! A ring of provided buffers (io_uring_register_buf_ring(3), Linux 5.19): the kernel takes one when bytes
//! arrive, so an idle connection owns none.
//!
//! Who may touch this memory, when: the kernel owns a buffer from [`release`](ProvidedBuffers::release) (or
//! the start) until the completion that names it; then the engine owns it, through a [`Lease`], until it is
//! released. Leases are consumed by `release`, so a buffer cannot be given back twice.
//!
//! Buffers are taken in turn, so every one that takes part becomes resident memory, however few are in use at
//! once. Few circulate at first; each receive that finds none brings another one in.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;
use io_uring::{IoUring, cqueue};

use crate::submission::result_of;
use crate::{Errno, Lease};

/// How many buffers circulate at first.
const CIRCULATING_MIN: u16 = 64;

/// The buffers and the ring that provides them.
#[derive(Debug)]
pub struct ProvidedBuffers {
    /// Shared with the kernel: page-aligned entries.
    entries: Mapping,
    /// The buffers, one behind the other.
    memory: Mapping,
    count: u16,
    buffer_bytes: u32,
    tail: u16,
    /// Buffers below this id are provided again after their release.
    circulating: u16,
    /// By id: the buffer is the kernel's, or leased.
    is_out: Box<[bool]>,
}

impl ProvidedBuffers {
    /// Maps `count` (a power of two) buffers of `buffer_bytes` each.
    pub fn new(count: u16, buffer_bytes: u32) -> io::Result<Self> {
        assert!(
            count.is_power_of_two(),
            "the number of provided buffers is a power of two"
        );
        let entries = Mapping::new(usize::from(count) * size_of::<BufRingEntry>())?;
        let memory = Mapping::new(usize::from(count) * buffer_bytes as usize)?;
        Ok(ProvidedBuffers {
            entries,
            memory,
            count,
            buffer_bytes,
            tail: 0,
            circulating: count.min(CIRCULATING_MIN),
            is_out: vec![false; usize::from(count)].into_boxed_slice(),
        })
    }

    /// Registers the ring as `group` and provides the first buffers.
    pub fn register(&mut self, ring: &IoUring, group: u16) -> io::Result<()> {
        let address = self.entries.address.as_ptr() as u64;
        // SAFETY: the mapping is page-aligned, holds `count` entries, and is dropped after the ring (field
        // order of `Ring` and `ClientRing`).
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(address, self.count, group, 0)
        }?;
        for buffer in 0..self.circulating {
            self.provide(buffer);
        }
        Ok(())
    }

    /// What a receive that took one of these buffers has brought: bytes, the end of the stream, or an error.
    pub fn received(&mut self, completion: &cqueue::Entry) -> Result<Option<Lease>, Errno> {
        let len = result_of(completion).inspect_err(|error| {
            if error.0 == libc::ENOBUFS {
                self.bring_another_in();
            }
        })?;
        let Some(buffer) = cqueue::buffer_select(completion.flags()) else {
            return Ok(None);
        };
        assert!(
            buffer < self.count && len <= self.buffer_bytes,
            "the kernel names a buffer that is not ours"
        );
        let lease = Lease { buffer, len };
        if len > 0 {
            return Ok(Some(lease));
        }
        self.release(lease);
        Ok(None)
    }

    /// The received bytes.
    pub fn bytes(&self, lease: &Lease) -> &[u8] {
        let start = usize::from(lease.buffer) * self.buffer_bytes as usize;
        // SAFETY: `received` made sure that the range lies in the mapping.
        let address = unsafe { self.memory.address.as_ptr().add(start) };
        // SAFETY: the range lies in the mapping, as above; the kernel does not write to a buffer that is not
        // provided, and it is not provided while its lease exists.
        unsafe { std::slice::from_raw_parts(address, lease.len as usize) }
    }

    /// Gives a buffer back to the kernel, or takes it out of circulation.
    pub fn release(&mut self, lease: Lease) {
        self.is_out[usize::from(lease.buffer)] = false;
        if lease.buffer < self.circulating {
            self.provide(lease.buffer);
        }
    }

    /// Lets as few buffers circulate as at first; the others follow when they are released. Frees the memory of all.
    /// No completion that names a buffer may be waiting, and no lease may be out: their bytes would be lost.
    pub fn shrink(&mut self) {
        self.circulating = self.count.min(CIRCULATING_MIN);
        self.memory.forget();
    }

    fn bring_another_in(&mut self) {
        if self.circulating < self.count {
            let buffer = self.circulating;
            self.circulating += 1;
            if !self.is_out[usize::from(buffer)] {
                self.provide(buffer);
            }
        }
    }

    fn provide(&mut self, buffer: u16) {
        self.is_out[usize::from(buffer)] = true;
        let base = self.entries.address.as_ptr().cast::<BufRingEntry>();
        let position = usize::from(self.tail & (self.count - 1));
        let start = usize::from(buffer) * self.buffer_bytes as usize;
        // SAFETY: `buffer` is below `count`, so the address lies in the mapping.
        let address = unsafe { self.memory.address.as_ptr().add(start) };
        // SAFETY: the position is below `count`, so the entry lies in the mapping.
        let entry = unsafe { base.add(position) };
        // SAFETY: the entry lies in the mapping; the kernel reads it only after the tail has passed it, below.
        let entry = unsafe { &mut *entry };
        entry.set_addr(address as u64);
        entry.set_len(self.buffer_bytes);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the tail lies in the first entry of a registered ring, which `base` points to.
        let tail = unsafe { BufRingEntry::tail(base) };
        // SAFETY: the tail is two bytes, aligned, and written by this thread alone while the kernel reads it.
        let tail = unsafe { &*tail.cast::<AtomicU16>() };
        tail.store(self.tail, Ordering::Release);
    }
}

/// Anonymous memory, page-aligned, zeroed.
#[derive(Debug)]
struct Mapping {
    address: NonNull<u8>,
    len: usize,
}

impl Mapping {
    fn new(len: usize) -> io::Result<Self> {
        // SAFETY: a new anonymous mapping aliases nothing.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let address = NonNull::new(address.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { address, len })
    }
}

impl Mapping {
    /// Gives the pages back; they read as zeroes from now on.
    fn forget(&mut self) {
        // SAFETY: the mapping is ours and of this length, and nobody counts on its bytes, as `shrink` demands. Memory
        // that is not given back serves as well.
        unsafe { libc::madvise(self.address.as_ptr().cast(), self.len, libc::MADV_DONTNEED) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, of this length, and nobody uses it any more: leases borrow from
        // `ProvidedBuffers`, and the ring was closed before.
        unsafe { libc::munmap(self.address.as_ptr().cast(), self.len) };
    }
}
