//! The ring engine: HTTP/1.1 connections of one core over one io_uring.
//!
//! Owns: the ring, the provided buffers, sockets and what is in flight on them. Never does: JavaScript, threads, anything
//! of HTTP (that is `howth-connection`'s). Called by: the runtime, which drives [`RingEngine::turn`] with its handler over
//! V8; benchmarks and tests, which drive it with handlers in plain Rust.
//!
//! Linux 6.1 or newer; elsewhere the crate is empty and the portable engine serves.
#![cfg(target_os = "linux")]

mod engine;
mod kernel;
mod probe;
mod ring;

pub use engine::{Listener, RingEngine, Turn, Wait};
pub use howth_connection::Outgoing;
pub use howth_ring::{Operation, RingOptions, Token};
pub use kernel::{Completion, Errno, Kernel, Lease, Socket};
pub use probe::{Refusal, probe};
pub use ring::Ring;
