//! The seam between an engine and an application, both of one core.
//!
//! Owns: the vocabulary the two sides share: [`Handler`] (what an application is), [`Exchanges`] (what an
//! engine lets it do), the identifiers, the options. Never does: input or output, threads, V8, io_uring.
//! Called by: the two engines, which implement [`Exchanges`] and drive a [`Handler`]; the runtime, which
//! implements [`Handler`] over V8; tests and benchmarks, which implement it in plain Rust.
//!
//! An *exchange* is one request and its response (RFC 9110 section 3.4). Everything here happens on the one
//! thread of a core, so nothing is `Send` and nothing locks; but for [`Handed`], which carries a connection from one core
//! to another.

pub mod body;
mod error;
mod event;
mod exchanges;
mod handed;
mod listener;
mod options;
pub mod stopwatch;

pub use error::{Gone, InterimError, UpgradeError, WriteError};
pub use event::{Event, ExchangeId, Handler, Turn, first_generation};
pub use exchanges::{Backpressure, Body, BodyRead, Exchanges, PeerAddress, TlsState};
pub use handed::Handed;
pub use listener::Listener;
pub use options::{BindAddress, Counters, Deadlines, EngineOptions};
