//! Compression of responses: which content coding a client is sent, which responses are encoded, and how.
//!
//! Owns the negotiation (`accept_encoding`), the rules by which a response is taken (`selection`) and its head changes
//! (`head`), the encoders, and [`CompressedExchanges`], through which an application answers where responses are compressed.
//! Never starts a thread ([`Workers`] are given), touches a socket or looks at a clock. Called by: the runtime, on each core's
//! own thread.
#![forbid(unsafe_code)]

pub mod accept_encoding;
mod coding;
mod decoder;
mod encoder;
mod exchanges;
mod head;
pub mod media_types;
mod selection;

pub use coding::Coding;
pub use decoder::{BODY_DECODING, DECODER_BYTES_MAX};
pub use encoder::{Effort, EncodeError, Encoder, Encoders, Step, Use};
pub use exchanges::{CORE_BYTES_MAX, CompressedExchanges, Room, Workers};
pub use selection::{Policy, Selection};
