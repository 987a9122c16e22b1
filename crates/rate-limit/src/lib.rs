//! How often each client may ask, counted by all threads of a process together.
//!
//! Owns rates as they are written, the algorithm (GCRA) and the bounded table of those who ask. Never does: input or output,
//! clocks, HTTP; the time is passed in, in nanoseconds since some moment that is the same for all who ask. Called by: the
//! runtime's bridge, on every core at once; the command line, which reads rates.
#![forbid(unsafe_code)]

mod rate;
mod table;

pub use rate::{BURST_MAX, COUNT_MAX, InvalidRate, Rate, Refused};
pub use table::{KEY_BYTES, KEYS_DEFAULT, KEYS_MAX, KEYS_MIN, Table};
