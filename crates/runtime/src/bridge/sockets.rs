//! The WebSockets among what the ops of an isolate work on.
//!
//! Owns when all of them end. Called by: their ops; the core's loop.

use howth_engine::{ExchangeId, Exchanges, ListenerId};
use howth_sockets::Sockets;
use howth_websocket::code;

use super::state::Bridge;

impl Bridge {
    /// Runs `act` on the WebSockets and the engine; `None` before JavaScript listens. It must call no JavaScript.
    pub(super) fn with_sockets<R>(&self, act: impl FnOnce(&mut Sockets, &dyn Exchanges) -> R) -> Option<R> {
        self.with(|exchanges| act(&mut self.sockets(), exchanges))
    }

    /// Has all WebSockets end: the isolate is lost.
    pub(crate) fn abandon_sockets(&self) {
        self.with_sockets(|sockets, exchanges| sockets.abandon(exchanges));
    }

    /// JavaScript was ended: closes the WebSocket that it was at, and gives those that it is to be told of again, if no event
    /// about them waits.
    pub(crate) fn recover_sockets(
        &self,
        lost: Option<ExchangeId>,
        waits: impl Fn(ExchangeId) -> bool,
    ) -> Vec<ExchangeId> {
        let told = self.with_sockets(|sockets, exchanges| {
            if let Some(lost) = lost {
                sockets.close(exchanges, lost, Some(code::UNEXPECTED), "");
            }
            sockets.tell_again(waits)
        });
        told.unwrap_or_default()
    }

    /// Has the WebSockets of a server close, which ends.
    pub(crate) fn leave_sockets_of(&self, listener: ListenerId) {
        self.with_sockets(|sockets, exchanges| sockets.leave_of(exchanges, listener));
    }

    /// Has all WebSockets close: the core ends, or another takes its place.
    pub(crate) fn leave_sockets(&self) {
        self.with_sockets(|sockets, exchanges| sockets.leave(exchanges));
    }
}
