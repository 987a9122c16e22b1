//! Requests that one core hands to another, and the responses on their way back.
//!
//! The core that has the connection is the request's *origin*; there it is *forwarded* until its response is whole. On the
//! core that answers it is a *remote request*, with an id of its own that an application cannot tell from any other. Owns what
//! crosses ([`Message`]) and the books of both sides ([`Relay`]). Never carries a message (the mesh does), decides that
//! a request is handed over (the runtime does), or writes a response (the origin's engine does). Called by: the runtime,
//! on each core's own thread.
#![forbid(unsafe_code)]

mod forwarded;
mod message;
mod relay;
mod remote_requests;

pub use message::{Message, RequestMessage, ResponseParts};
pub use relay::{Relay, is_remote};
