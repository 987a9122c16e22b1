//! What the engine benchmark stands on: the servers, the client that asks them, and the clocks.
//!
//! Each server is a process of its own on one processor, so that its CPU time is that of its process and no
//! contestant shares an allocator or a cache-warm heap with another.

pub mod client;
pub mod contestants;
pub mod cpu_time;
pub mod processors;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod provided_buffers;
pub mod servers;
pub mod table;
