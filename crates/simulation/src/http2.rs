//! Clients that speak HTTP/2, with frames, header compression and windows of their own (RFC 9113, RFC 7541).
//!
//! Owns: how such a client plays its script, and why its streams and its connection may end as they do. Called by: the run.

mod answer;
mod client;
mod excuse;
mod read;
mod stream;
mod windows;
mod write;

pub use client::StreamClient;
