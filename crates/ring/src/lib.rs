//! io_uring as servers and clients use it: set-up, submission, provided buffers, tokens, plain calls on sockets.
//!
//! Owns: the memory that the kernel receives into, and the way into the kernel. Never does: decide what is asked of it, know a
//! protocol. Called by: the ring engine and the ring client, which own what their operations point to.
//!
//! Linux 6.1 or newer; elsewhere the crate is empty.
#![cfg(target_os = "linux")]

mod buffers;
pub mod submission;
mod token;

use std::time::Duration;

pub use buffers::ProvidedBuffers;
pub use submission::set_up;
pub use token::{GENERATION_MASK, Operation, Token};

/// A connected socket, named as the kernel names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket(pub i32);

/// An error number of errno(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

/// A provided buffer that holds received bytes. Not `Clone`: it is given back exactly once.
#[derive(Debug, PartialEq, Eq)]
pub struct Lease {
    /// The buffer's id in its group.
    pub buffer: u16,
    /// How many bytes were received.
    pub len: u32,
}

/// How long one turn may wait for the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all: submit, and take what is there.
    Not,
    /// Until something completes, for this long at most.
    For(Duration),
}

/// How large a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingOptions {
    /// Submission queue entries.
    pub submissions: u32,
    /// Completion queue entries. A multishot receive completes without a submission, so this follows the
    /// number of connections that may become readable within one turn.
    pub completions: u32,
    /// Provided buffers; a power of two of at most 32,768.
    pub buffers: u16,
    /// The size of a provided buffer.
    pub buffer_bytes: u32,
}

impl Default for RingOptions {
    fn default() -> Self {
        RingOptions {
            submissions: 1024,
            completions: 8192,
            buffers: 1024,
            buffer_bytes: 4096,
        }
    }
}
