//! The HTTP connection without input or output: bytes and time in, events and bytes out.
//!
//! Owns: what becomes of the bytes of a connection and of the responses to it: decoding, exchanges and their order, bodies
//! both ways with their watermarks, keep-alive, lingering, every deadline, the reason of every end. Never does: sockets,
//! clocks, threads, V8; time is passed in. Called by: the two engines, which drive it, and the application, through
//! [`Shared`].
//!
//! A driver [opens](Connections::open) a connection for each socket, tells what has happened to it
//! ([`received`](Connections::received), [`end_of_stream`](Connections::end_of_stream), [`sent`](Connections::sent),
//! [`broken`](Connections::broken)), and then, for each [unsettled](Connections::next_unsettled) one, sends its
//! [`output`](Connections::output) and does what is [wanted](Wanted).

#![forbid(unsafe_code)]

mod backpressure;
mod body;
mod clients;
mod coded_body;
mod connection;
mod connections;
mod deadlines;
mod direct;
mod encoded;
mod end;
mod exchange;
mod exchanges;
mod files;
mod hand_over;
mod handshakes;
mod http2;
mod layer;
mod layered;
mod listeners;
mod names;
mod order;
mod outgoing;
mod output;
mod receive;
mod refuse;
mod respond;
mod response_fields;
mod secure;
mod segment;
mod settle;
mod stop;
mod stream_deadlines;
mod stream_end;
mod stream_receive;
mod stream_respond;
mod stream_send;
mod switch;
mod table;
mod timer_wheel;
mod transport;

pub use clients::Arrival;
pub use connection::End;
pub use connections::Connections;
pub use exchanges::Shared;
pub use handshakes::Handshakes;
pub use layer::{Layer, Layered};
pub use outgoing::Outgoing;
pub use segment::Segment;
pub use settle::{Receive, Wanted};
pub use table::Table;
pub use transport::{Driver, Transport};
