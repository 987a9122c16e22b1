//! A message that was not taken.
//!
//! Owns that message until its sender has it back. Called by: rings and lanes, for whoever sends.

/// The ring is full, or nobody will ever read it; the message comes back.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused<T>(pub T);
