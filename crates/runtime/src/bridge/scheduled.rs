//! The application of a core as its scheduling sees it.
//!
//! Owns which requests need no JavaScript, and which events JavaScript hears of. Never calls JavaScript, so that it works while a
//! handler runs. Called by: the reception.

use howth_engine::{Event, ExchangeId, Exchanges};
use howth_scheduling::Application;
use howth_sockets::Observed;

use super::state::Bridge;

impl Application for Bridge {
    fn with_exchanges<R>(&self, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R> {
        self.with(ask)
    }

    fn has_fixed_routes(&self) -> bool {
        let servers = self.servers();
        self.before().is_some() || servers.iter().any(|server| server.table.may_answer())
    }

    fn answer(&self, id: ExchangeId) -> bool {
        if let Some(before) = self.before()
            && self.with(|exchanges| before.answer(exchanges, id)) == Some(true)
        {
            return true;
        }
        self.answers(id)
    }

    fn settles(&self, event: Event, now_us: u64) -> bool {
        if self.sockets().is_empty() {
            return false;
        }
        let observed =
            self.with_sockets(|sockets, exchanges| sockets.observe(exchanges, event, now_us / 1000));
        observed == Some(Observed::Done)
    }

    fn is_wanted(&self, event: Event) -> bool {
        match event {
            // Whether somebody listens for a client's leaving is known after its request was handled, which may stand
            // in the same batch.
            Event::Request(_)
            | Event::Rejected(_)
            | Event::Disconnected(_)
            | Event::Opened(..)
            | Event::Closed(..) => true,
            other => other.exchange().is_some_and(|id| self.is_watched(id)),
        }
    }

    fn slice_max(&self) -> usize {
        let servers = self.servers();
        let least = servers.iter().map(|server| server.slice_max.get()).min();
        least.unwrap_or(usize::MAX)
    }
}
