//! The receive buffers of a simulated kernel.
//!
//! Owns their memory and who has each. Never gives one out that is not free.

use std::collections::VecDeque;

use howth_io_uring_net::Lease;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// The kernel: free, or in a completion that nobody has seen.
    Kernel,
    /// The engine.
    Engine,
}

#[derive(Debug)]
pub(super) struct Buffers {
    memory: Vec<u8>,
    buffer_bytes: usize,
    owners: Vec<Owner>,
    free: VecDeque<u16>,
}

impl Buffers {
    pub(super) fn new(count: u16, buffer_bytes: u32) -> Self {
        let buffer_bytes = buffer_bytes as usize;
        Buffers {
            memory: vec![0; usize::from(count) * buffer_bytes],
            buffer_bytes,
            owners: vec![Owner::Kernel; usize::from(count)],
            free: (0..count).collect(),
        }
    }

    pub(super) fn buffer_bytes(&self) -> usize {
        self.buffer_bytes
    }

    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    pub(super) fn leased(&self) -> usize {
        self.owners
            .iter()
            .filter(|owner| **owner == Owner::Engine)
            .count()
    }

    /// Puts bytes, no more than a buffer has room for, into a free buffer.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> Option<Lease> {
        let buffer = self.free.pop_front()?;
        let start = usize::from(buffer) * self.buffer_bytes;
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
        Some(Lease {
            buffer,
            len: u32::try_from(bytes.len()).expect("no more than a buffer holds"),
        })
    }

    /// The engine has it now.
    pub(super) fn lease(&mut self, lease: &Lease) {
        self.owners[usize::from(lease.buffer)] = Owner::Engine;
    }

    pub(super) fn bytes(&self, lease: &Lease) -> &[u8] {
        let start = usize::from(lease.buffer) * self.buffer_bytes;
        &self.memory[start..start + lease.len as usize]
    }

    /// The kernel has it again. False: it was not the engine's to give.
    pub(super) fn release(&mut self, lease: Lease) -> bool {
        let index = usize::from(lease.buffer);
        if self.owners.get(index) != Some(&Owner::Engine) {
            return false;
        }
        self.owners[index] = Owner::Kernel;
        // What is read of it after this is not what was received.
        let start = index * self.buffer_bytes;
        self.memory[start..start + lease.len as usize].fill(b'?');
        self.free.push_back(lease.buffer);
        true
    }
}
