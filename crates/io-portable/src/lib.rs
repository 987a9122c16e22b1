//! The portable engine: the seam of `howth-engine` over Hyper 1 and tokio, wherever tokio runs.
//!
//! Owns sockets, responses and deadlines where io_uring is missing. Never runs the application: a
//! [`Handler`](howth_engine::Handler) does. Called by: the runtime, which polls one [`PortableEngine`] per
//! core inside the root future of a current-thread runtime.
//!
//! Requests are decoded and judged by `howth_http1`, the same code the io_uring engine runs, so that both
//! accept, refuse and hand over exactly the same. So are whole responses encoded. For a stream, or a large body, Hyper
//! gets a stand-in request once the response begins (see `transport`), and encodes and frames it as
//! `howth_http1::plan_response` says.
//!
//! What differs from an engine that follows the seam to the letter:
//!
//! | Behaviour | Here |
//! |---|---|
//! | Case and order of response fields, where Hyper writes | names are lower-case; lines of one name stand together; the engine's own fields come last |
//! | Response field values with control characters, where Hyper writes | answered with 500; Hyper sends none but the tab |
//! | Response trailers | only those the response's `trailer` field names; Hyper drops the others, and that field where no body goes out |
//! | Chunk sizes | upper-case hexadecimal |
//! | Reset of a Unix-domain connection | a plain close: such sockets have none |
//! | A reset that follows the client's end of stream | noticed with the next write, not at once |
//! | A refused body or response | the exchange can be read until the refusal is out, then it is aborted |
//! | Counters `buffers_exhausted`, `completions_overflowed` | always 0: they belong to io_uring |

#![forbid(unsafe_code)]

mod answer;
mod body_clock;
mod calls;
mod connection;
mod deadlines;
mod drain;
mod engine;
mod hand_over;
mod link;
mod receive;
mod refuse;
mod request_body;
mod response_body;
mod service;
mod shared;
mod socket;
mod table;
mod timers;
mod transport;
mod unassisted;
mod wake;

pub use engine::PortableEngine;
