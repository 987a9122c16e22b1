//! Silence, and other times after which something is done about a WebSocket.
//!
//! Owns these times. A socket has one alarm, set to the earliest moment at which there may be something to do; what the client
//! says meanwhile only moves the moment on when the alarm comes. Called by: `receive`, `upgrade`, `close`.

use howth_engine::{ExchangeId, Exchanges};
use howth_websocket::{Opcode, code};

use crate::close::{self, LEAVING};
use crate::send::write_frame;
use crate::socket::{Phase, Socket};

/// How long a client has to close when the server has.
pub(crate) const CLOSE_MS: u64 = 5_000;
/// How long a socket stays when the core is to end: what is on its way is still taken.
const LEAVE_MS: u64 = 500;
/// A client that was silent is asked whether it is there so long before it is given up, or at half of the time.
const ASK_MS: u64 = 8_000;

impl Socket {
    /// From now on silence counts.
    pub(crate) fn watch(&self, exchanges: &dyn Exchanges, id: ExchangeId, is_leaving: bool) {
        if is_leaving {
            self.leave(exchanges, id);
        } else if self.settings.silence_ms > 0 {
            set(exchanges, id, self.next_silence_ms());
        }
    }

    pub(crate) fn leave(&self, exchanges: &dyn Exchanges, id: ExchangeId) {
        if self.phase == Phase::Open {
            set(exchanges, id, LEAVE_MS);
        }
    }

    /// The silence at which there is something to do.
    fn next_silence_ms(&self) -> u64 {
        let silence_ms = self.settings.silence_ms;
        match self.settings.sends_pings && !self.is_asked {
            true => silence_ms - ASK_MS.min(silence_ms / 2),
            false => silence_ms,
        }
    }

    pub(crate) fn alarm(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, is_leaving: bool, now_ms: u64) {
        match self.phase {
            Phase::Over => return,
            Phase::Closing => return self.lose(exchanges, id, ""),
            Phase::Open if is_leaving => return self.close(exchanges, id, LEAVING, ""),
            Phase::Open => {}
        }
        // What has come and was not taken waits for the application, not for the client; and a client that has not taken what was
        // sent could not answer a question behind it. The engine ends one that takes nothing.
        let waits = !self.inbox.is_empty() || self.is_unread || self.ending.is_some();
        if waits || (!self.is_asked && exchanges.unsent_bytes(id) > 0) {
            self.heard_ms = now_ms;
        }
        let silent_ms = now_ms.saturating_sub(self.heard_ms);
        if silent_ms >= self.next_silence_ms() {
            if self.is_asked || !self.settings.sends_pings {
                close::write(exchanges, id, Some(code::GOING_AWAY), "silent for too long");
                return self.lose(exchanges, id, "the client was silent for too long");
            }
            self.is_asked = true;
            let _ = write_frame(exchanges, id, Opcode::Ping, false, b"");
        }
        set(
            exchanges,
            id,
            self.next_silence_ms().saturating_sub(silent_ms).max(1),
        );
    }
}

fn set(exchanges: &dyn Exchanges, id: ExchangeId, in_ms: u64) {
    // One that is gone is told of as that.
    let _ = exchanges.set_alarm(id, Some(in_ms));
}
