//! HTTP/2 of a server, without input or output: bytes in, events out; responses in, bytes out.
//!
//! Owns: frames (RFC 9113), header compression (RFC 7541), streams, their windows and that of the connection, what of all
//! this a client may have or do at once, and which error answers what it may not. Never does: sockets, clocks, threads,
//! bodies; time is passed in, and what a client sends stays where it came. Called by: `howth_connection`, for both engines.
//!
//! A [`Session`] is one connection. It is handed whatever has arrived and answers one [`Step`] at a time; the same bytes
//! give the same events and the same verdict however they were split. What it has to say itself (settings,
//! acknowledgements, windows, resets) it appends to the same bytes as responses, in order.
//!
//! ```
//! use howth_http2::{Event, FieldBlock, Limits, PREFACE, Session};
//!
//! let (limits, mut block, mut out) = (Limits::default(), FieldBlock::new(), Vec::new());
//! let mut session = Session::<()>::open(&limits, &mut out);
//! // Settings, and GET http://h/ as a request that ends with its head.
//! let mut input = PREFACE.to_vec();
//! input.extend_from_slice(b"\0\0\0\x04\0\0\0\0\0");
//! input.extend_from_slice(b"\0\0\x06\x01\x05\0\0\0\x01\x82\x84\x86\x41\x01h");
//! let mut done = 0;
//! let stream = loop {
//!     let step = session.receive(&input[done..], &limits, &mut block, &mut out, 0).unwrap();
//!     done += step.consumed;
//!     if let Event::Request { stream, end: true } = step.event {
//!         break stream;
//!     }
//! };
//! assert_eq!((stream, block.iter().next()), (1, Some((&b":method"[..], &b"GET"[..]))));
//! session.headers(stream, 200, [(&b"date"[..], &b"today"[..])], true, &mut out);
//! assert!(session.is_over(stream));
//! ```

#![forbid(unsafe_code)]

mod block;
mod budget;
mod error;
mod frame;
mod hpack;
mod limits;
mod request;
mod session;

pub use block::FieldBlock;
pub use error::{ConnectionError, Reason};
pub use frame::PREFACE;
pub use limits::Limits;
pub use request::{RequestParts, Scheme};
pub use session::{Event, Session, Step, Stream};
