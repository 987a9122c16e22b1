//! Who is told how a run goes, while it goes.

use crate::record::Second;

/// Is called on the thread that called [`run_observed`](crate::run_observed); the run does not wait for it.
pub trait Observer {
    /// The warm-up is over, or there was none: what is counted begins now.
    fn counting_begins(&mut self) {}

    /// A second of the run is over.
    fn second(&mut self, second: &Second) {
        let _ = second;
    }

    /// Whether the run is to be broken off; asked after every second of it.
    fn is_interrupted(&self) -> bool {
        false
    }
}

/// An observer of seconds alone.
pub(crate) struct EverySecond<F>(pub(crate) F);

impl<F: FnMut(&Second)> Observer for EverySecond<F> {
    fn second(&mut self, second: &Second) {
        (self.0)(second);
    }
}
