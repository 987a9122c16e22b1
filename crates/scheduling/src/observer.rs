//! Who is told of all that the engine says, beside the application.
//!
//! Owns the trait. Called by: the reception, before anything is decided about an event.

use std::cell::RefCell;
use std::fmt::Debug;

use howth_engine::Event;

use crate::request_times::RequestTimes;

/// Takes note of events. It may ask the engine about an exchange, and must change nothing.
pub trait Observer: Debug {
    /// The engine says so, at this time of [`now_us`](crate::now_us).
    fn note(&self, event: Event, now_us: u64);
}

impl Observer for RefCell<RequestTimes> {
    fn note(&self, event: Event, now_us: u64) {
        self.borrow_mut().note(event, now_us);
    }
}
