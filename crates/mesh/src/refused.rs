//! A message that was not taken.

/// The ring is full, or nobody will ever read it; the message comes back.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused<T>(pub T);
