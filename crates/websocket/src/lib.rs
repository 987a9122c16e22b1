//! WebSocket without input or output: bytes in, events out; messages in, frames out.
//!
//! Owns: what a handshake must say (RFC 6455 section 4.2), what a frame and a message are (section 5), which close codes
//! there are (section 7.4), compression of messages (RFC 7692). Never does: sockets, clocks, threads, the order of sending.
//! Called by: `howth_sockets`.
//!
//! A [`Decoder`] reads one connection. It is handed whatever has arrived and answers one [`Step`] at a time; the same bytes
//! give the same events and the same verdict however they were split. Payloads are unmasked where they lie, and a message
//! that has arrived whole is given from there.
//!
//! ```
//! use howth_websocket::{Decoder, Event, Kind, Peer};
//!
//! let mut decoder = Decoder::new(Peer::Client, 1024, false);
//! let mut bytes = *b"\x81\x82\x01\x02\x03\x04\x49\x6b";
//! let step = decoder.decode(&mut bytes, None).unwrap();
//! let Some(Event::Message(Kind::Text, payload)) = step.event else { panic!() };
//! assert_eq!(&*payload, b"Hi");
//! ```

#![forbid(unsafe_code)]

mod close;
mod decoder;
mod deflate;
mod encode;
mod extension;
mod frame;
mod handshake;
mod mask;
mod utf8;
mod violation;

pub use close::{Close, REASON_BYTES_MAX, code, is_sendable};
pub use decoder::{Decoder, Event, Payload, Peer, Step};
pub use deflate::{Deflater, Inflater};
pub use encode::{Head, close_frame, frame_head, masked_frame};
pub use extension::{Compression, agree};
pub use frame::{Kind, Opcode};
pub use handshake::{Handshake, Refusal, VERSION, accept};
pub use violation::Violation;
