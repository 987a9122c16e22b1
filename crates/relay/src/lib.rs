//! Requests that one core hands to another, and the responses on their way back.
//!
//! The core that has the connection is the request's *home*; there it is *abroad* until its response is whole. On the
//! core that answers it is a *guest*, with an id of its own that an application cannot tell from any other. Owns what
//! crosses ([`Message`]) and the books of both sides ([`Relay`]). Never carries a message (the mesh does), decides that
//! a request is handed over (the runtime does), or writes a response (the home's engine does). Called by: the runtime,
//! on each core's own thread.
#![forbid(unsafe_code)]

mod abroad;
mod guests;
mod message;
mod relay;

pub use message::{Message, Parcel, ResponseParts};
pub use relay::{Relay, is_guest};
