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
mod vocabulary;

pub use buffers::ProvidedBuffers;
pub use submission::set_up;
pub use token::{GENERATION_MASK, Operation, Token};
pub use vocabulary::{Errno, Lease, RingOptions, Socket, Wait};
