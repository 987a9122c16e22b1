//! Conditional requests (RFC 9110 section 13).
//!
//! Owns what the conditions of a request come to, by the validators of what it would be answered with. Never does: files,
//! caches, clocks; time is passed in. Called by: `howth-files`, for files; `howth-response-cache`, for stored responses.
#![forbid(unsafe_code)]

mod evaluate;
mod tags;

pub use evaluate::{Outcome, Validators, evaluate, seconds_of_date};
pub use tags::{EntityTag, elements, entity_tags, values};
