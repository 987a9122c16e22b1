//! HTTP/1.1 without input or output: bytes in, events out; response heads in, bytes out.
//!
//! Owns: what a request is (RFC 9112, strictly), how long its body is, in which form its URL is seen, when it is
//! refused and with what answer, how a response is framed and written. Never does: sockets, clocks, threads,
//! allocation per head in the steady state. Called by: `howth_connection`, for both engines; the runtime, for the form of
//! paths and the types that both know.
//!
//! A [`Decoder`] reads one connection. It is handed whatever has arrived and answers one [`Step`] at a time;
//! the same bytes give the same events and the same verdict however they were split. Tokenising is
//! `httparse`'s; every rule it is lenient about is checked again here, because two readers who disagree about
//! where a message ends are how requests are smuggled (RFC 9112 section 11.2).
//!
//! ```
//! use howth_http1::{Decoded, Decoder, Limits, RequestHead};
//!
//! let (mut decoder, mut head) = (Decoder::new(), RequestHead::new());
//! let input = b"GET /hello HTTP/1.1\r\nhost: example\r\n\r\n";
//! let step = decoder.decode(input, &Limits::default(), &mut head).unwrap();
//! assert_eq!((step.consumed, step.decoded), (input.len(), Decoded::Head));
//! assert_eq!((head.method(), head.path(), head.authority()), ("GET", "/hello", Some("example")));
//! ```

#![forbid(unsafe_code)]

mod assembled;
mod bytes;
mod chunked;
mod connection;
mod date;
mod decoder;
mod encode;
mod fields;
mod framing;
mod head;
mod host;
mod interim;
mod limits;
mod parse;
mod rejection;
mod request_line;
mod response;
mod scan;
mod serialized;
mod set_field;
mod status;
mod target;
mod trailers;

pub use assembled::RequestStart;
pub use date::Date;
pub use decoder::{Decoded, Decoder, Step};
pub use encode::{CHUNK_END, CONTINUE, encode_chunk, encode_chunk_start, encode_head, encode_last_chunk};
pub use fields::is_token;
pub use head::{BodyLength, FieldLines, RequestHead, Version};
pub use interim::{encode_interim, encode_switch};
pub use limits::Limits;
pub use rejection::Rejection;
pub use response::{
    Field, Framing, InvalidResponse, RequestFacts, ResponseHead, ResponsePlan, has_content, is_forwarded,
    plan_response, validate_field,
};
pub use serialized::{serialize_authority, serialize_path};
pub use status::reason;
pub use trailers::{Trailers, is_trailer};
