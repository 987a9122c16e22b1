//! A load generator: opens connections to one server, asks, verifies every answer, measures.
//!
//! Owns: the clients' side of HTTP/1.1, HTTP/2 and WebSocket over TCP and TLS, the pace of requests, the record of
//! latencies. Never does: terminal output, argument parsing, io_uring itself (that is `howth-io-uring-net`).
//! Called by: `howth bench http`, `howth-compare` and tests, through [`run`], [`run_observed`] and [`run_over`].
//!
//! Linux 6.1 or newer; elsewhere the crate is empty.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod connection;
mod cpu;
mod decoder;
mod descriptors;
mod error;
mod expectation;
mod http2;
mod http_client;
mod observer;
mod options;
mod pace;
mod record;
mod report;
mod request;
mod run;
mod sequence;
mod target;
mod tls;
mod websocket;
mod worker;

pub use error::{ErrorClass, Errors, LoadError};
pub use expectation::Expectation;
pub use observer::Observer;
pub use options::{Occasional, Options, Pace, Stop};
pub use record::{Record, Second};
pub use report::{Cpu, Latency, Percentile, Report};
pub use run::{run, run_observed, run_over, run_with_progress};
