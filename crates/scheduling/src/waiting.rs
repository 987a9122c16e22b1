//! An event that waits for the application, and since when.
//!
//! Owns the two. Decides nothing. Called by: the reception, and whatever puts something into it.

use howth_engine::Event;

/// An event that waits for the application, and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The event.
    pub event: Event,
    /// In microseconds of the clock that all cores share.
    pub arrived_us: u64,
}

impl Waiting {
    /// Whether it is a request: only these cost anything to speak of.
    #[inline]
    pub fn is_request(&self) -> bool {
        matches!(self.event, Event::Request(_))
    }
}
