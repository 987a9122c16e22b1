//! The portable engine: HTTP/1.1 connections of one core over tokio, wherever tokio runs.
//!
//! Owns sockets and their readiness where io_uring is missing. Never decodes, encodes or decides anything of HTTP:
//! `howth_connection` does, as for the ring engine. Never runs the application: a [`Handler`](howth_engine::Handler) does.
//! Called by: the runtime, which polls one [`PortableEngine`] per core inside the root future of a current-thread runtime.
//!
//! Bytes are read and written through Hyper's traits of input and output ([`hyper::rt`]).
//!
//! What differs from the ring engine:
//!
//! | Behaviour | Here |
//! |---|---|
//! | A client that takes nothing of a response | bytes that it acknowledged without making room for more are no progress |
//! | Counters `buffers_exhausted`, `completions_overflowed` | always 0: they belong to io_uring |

#![forbid(unsafe_code)]

mod accept;
mod core;
mod engine;
mod files;
mod hand_over;
mod link;
mod settle;
mod socket;
mod timer;
mod unassisted;
mod wake;

pub use engine::PortableEngine;
