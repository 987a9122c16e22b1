//! What the queue of a core needs of the application behind it.
//!
//! Owns the trait. Never asks for what the application's own code would answer. Called by: the reception; implemented
//! by the runtime's bridge.

use howth_engine::{Event, ExchangeId, Exchanges};

/// The application of one core. All of it is asked on the core's thread, and also while the application's own code runs:
/// nothing here may call that.
pub trait Application {
    /// Runs `ask` on the exchanges that the application answers; `None` before it listens.
    fn with_exchanges<R>(&self, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R>;

    /// Whether any response is given without the application's own code.
    fn has_fixed_routes(&self) -> bool;

    /// Gives a response that needs no code of the application's own; false: there is none for this request.
    fn answer(&self, id: ExchangeId) -> bool;

    /// Deals with an event that the application's own code need not hear of; true: it is done with.
    fn settles(&self, _event: Event, _now_us: u64) -> bool {
        false
    }

    /// Whether the application wants to hear of it.
    fn is_wanted(&self, event: Event) -> bool;

    /// How many requests it is given at once, at most.
    fn slice_max(&self) -> usize;

    /// Answers for a handler that cannot: 503.
    fn refuse(&self, id: ExchangeId) {
        self.with_exchanges(|exchanges| exchanges.refuse(id));
    }

    /// Whether the exchange is not over.
    fn is_open(&self, id: ExchangeId) -> bool {
        self.with_exchanges(|exchanges| exchanges.head(id).is_some()) == Some(true)
    }
}
