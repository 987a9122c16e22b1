//! What every engine has to do: a list of cases that knows no engine.
//!
//! An engine's test file gives a [`Start`] function to [`engine_cases!`]; every case becomes a test. Engines run them over
//! real sockets; what they have in common, `howth_connection`, runs those that need none in memory, with a clock that the
//! test moves. Owns the cases, their application and client, and exchanges without an engine (`recorder`). Never starts one.

#![expect(missing_docs, reason = "a case's name says what it promises")]

pub mod added;
pub mod adopted;
pub mod announced;
mod answers;
pub mod bodies;
pub mod bounds;
pub mod broken;
mod cases;
#[doc(hidden)]
pub mod cases_of_clients;
mod client;
pub mod coded;
pub mod counted;
pub mod deadlines;
pub mod differential;
pub mod encoded;
pub mod files;
mod frames;
pub mod hand_over;
mod harness;
pub mod http2;
pub mod http2_bodies;
pub mod http2_ends;
pub mod http2_waits;
pub mod identities;
pub mod interim;
pub mod kept;
pub mod life;
pub mod listeners;
pub mod messages;
pub mod named;
pub mod pipelines;
mod place;
#[doc(hidden)]
pub mod placed;
pub mod recorder;
pub mod refusals;
pub mod responses;
pub mod secure;
pub mod secure_bounds;
pub mod streams;
mod tls_client;
pub mod tunnels;

pub use harness::{Command, Connect, Listen, MakeHandler, Running, Start};
pub use place::{Memory, Stream, wait_in};
pub use tls_client::start_secure;
