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

mod added_fields;
pub mod body;
mod body_decoder;
mod clients;
mod error;
mod event;
mod exchanges;
mod file;
mod handed;
mod listener;
mod listeners;
mod options;
#[doc(hidden)]
pub mod pass_on;
mod sealed;
#[doc(hidden)]
pub mod stand_in;
pub mod stopwatch;
mod tls;

pub use added_fields::{AddedFieldError, AddedFields, Adding};
pub use body_decoder::{BodyDecoder, BodyDecoding, CODED_BODIES_MAX, Undecodable};
pub use clients::ClientOptions;
pub use error::{Gone, InterimError, UpgradeError, WriteError};
pub use event::{ConnectionId, Event, ExchangeId, Handler, Turn, first_generation};
pub use exchanges::{Backpressure, Body, BodyRead, ConnectionEnd, Exchanges, PeerAddress};
pub use file::FileBody;
pub use handed::{Handed, KnownClient};
pub use howth_http2::Limits as Http2Limits;
pub use listener::{Listener, ListenerId, ListeningSocket, Place};
pub use listeners::Listeners;
pub use options::{BindAddress, Counters, Deadlines, EngineOptions};
pub use sealed::Sealed;
pub use tls::{Opened, TlsFacts, TlsFailure, TlsServer, TlsSession};
