//! Scheduling on engines and applications in memory: no socket, no other thread.

mod peer_cores;
mod reception;
mod support;
