//! What of a connection needs no input or output, for engines to drive.
//!
//! Owns: tables of reusable slots, the timer wheel of deadlines, the bytes of responses in the order they go out. Never
//! does: sockets, clocks, threads; time is passed in. Called by: the ring engine.

#![forbid(unsafe_code)]

mod outgoing;
mod output;
mod table;
mod timer_wheel;

pub use outgoing::Outgoing;
pub use output::{Output, SEGMENT_BYTES_MIN};
pub use table::Table;
pub use timer_wheel::{TICK_MS, TimerWheel};
