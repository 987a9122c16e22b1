//! The end of a WebSocket.
//!
//! Owns the closing handshake (RFC 6455 section 7): who has closed, and how long the other side's frame is awaited. Called by:
//! the application; `receive` and `deadlines`.

use howth_engine::{ConnectionEnd, ExchangeId, Exchanges, ListenerId};
use howth_websocket::{Violation, close_frame, code};

use crate::deadlines::CLOSE_MS;
use crate::socket::{Phase, Socket};
use crate::sockets::Sockets;
use crate::told::Told;

/// How a client has ended a socket.
#[derive(Debug)]
pub(crate) enum Ending {
    /// By a close frame.
    Closed {
        /// Its code, if it had one.
        code: Option<u16>,
        /// Its reason.
        reason: String,
    },
    /// By breaking a rule.
    Refused(Violation),
    /// By leaving.
    Gone,
}

impl Sockets {
    /// Closes a socket: what was sent goes out, and the client has a while to close as well. `code`: `None` sends none.
    pub fn close(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, code: Option<u16>, reason: &str) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            let waiting_bytes = socket.inbox.bytes();
            socket.close(exchanges, id, code, reason);
            self.waiting_bytes = self.waiting_bytes + socket.inbox.bytes() - waiting_bytes;
        }
    }

    /// Ends a socket at once. The application hears of it like of any other end.
    pub fn terminate(&mut self, exchanges: &dyn Exchanges, id: ExchangeId) {
        if self.contains(id) {
            end_connection(exchanges, id, ConnectionEnd::Reset);
        }
    }

    /// The core ends, or another takes its place: all sockets are closed, after a short grace for what is on its way.
    pub fn leave(&mut self, exchanges: &dyn Exchanges) {
        if std::mem::replace(&mut self.is_leaving, true) {
            return;
        }
        for (id, socket) in &self.sockets {
            socket.leave(exchanges, *id);
        }
    }

    /// The application is lost: all sockets are closed, and nobody is told.
    pub fn abandon(&mut self, exchanges: &dyn Exchanges) {
        self.waiting_bytes = 0;
        for (id, mut socket) in self.sockets.drain() {
            if socket.phase == Phase::Open {
                write(exchanges, id, Some(code::RESTART), "");
            }
            socket.end(exchanges, id, code::ABNORMAL, "", false);
        }
    }

    /// The same for the sockets of a listener that ends, while the core goes on.
    pub fn leave_of(&mut self, exchanges: &dyn Exchanges, listener: ListenerId) {
        if self.is_leaving || self.leaving.contains(&listener) {
            return;
        }
        self.leaving.push(listener);
        for (id, socket) in &self.sockets {
            if exchanges.listener(*id) == Some(listener) {
                socket.leave(exchanges, *id);
            }
        }
    }

    /// A listener has ended.
    pub fn stay(&mut self, listener: ListenerId) {
        self.leaving.retain(|leaving| *leaving != listener);
    }
}

impl Socket {
    pub(crate) fn close(
        &mut self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        code: Option<u16>,
        reason: &str,
    ) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
            write(exchanges, id, code, reason);
            // What has come and waits is not wanted any more.
            self.inbox.clear();
            // One that is gone is told of as that.
            let _ = exchanges.set_alarm(id, Some(CLOSE_MS));
        }
    }

    /// Deals with the end that the client has made, if the application has taken what came before.
    pub(crate) fn wind_up(&mut self, exchanges: &dyn Exchanges, id: ExchangeId) {
        if self.inbox.is_empty() {
            self.end_now(exchanges, id);
        }
    }

    /// Deals with the end that the client has made.
    pub(crate) fn end_now(&mut self, exchanges: &dyn Exchanges, id: ExchangeId) {
        let Some(ending) = self.ending.take() else {
            return;
        };
        let is_open = self.phase == Phase::Open;
        match ending {
            Ending::Closed { code, reason } => {
                // RFC 6455 section 5.5.1: a close frame is answered by one.
                if is_open {
                    write(exchanges, id, code, &reason);
                }
                self.end(exchanges, id, code.unwrap_or(code::NONE), &reason, true);
            }
            Ending::Refused(violation) => {
                // RFC 6455 section 7.1.7: the client is told what was wrong.
                let why = violation.to_string();
                if is_open {
                    write(exchanges, id, Some(violation.code()), &why);
                }
                self.end(exchanges, id, code::ABNORMAL, &why, false);
            }
            Ending::Gone => self.end(exchanges, id, code::ABNORMAL, "", false),
        }
    }

    /// The client is given up.
    pub(crate) fn lose(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, why: &str) {
        self.end(exchanges, id, code::ABNORMAL, why, false);
    }

    /// Nothing more goes either way: the application is told, and the connection ends behind what was written.
    pub(crate) fn end(
        &mut self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        code: u16,
        reason: &str,
        is_clean: bool,
    ) {
        if self.phase == Phase::Over {
            return;
        }
        self.phase = Phase::Over;
        self.ending = None;
        self.rest = Vec::new();
        self.rest_at = 0;
        self.inbox.push(Told::Close {
            code,
            reason: reason.to_owned(),
            is_clean,
        });
        end_connection(exchanges, id, ConnectionEnd::AtOnce);
    }
}

/// Writes a close frame. If the tunnel is gone, that is told as well.
pub(crate) fn write(exchanges: &dyn Exchanges, id: ExchangeId, code: Option<u16>, reason: &str) {
    let _ = exchanges.write(id, &close_frame(code, reason));
}

pub(crate) fn end_connection(exchanges: &dyn Exchanges, id: ExchangeId, end: ConnectionEnd) {
    if let Some(connection) = exchanges.connection(id) {
        // It is open, since its exchange is.
        let _ = exchanges.end_connection(connection, end);
    }
}

/// The code that tells a client of the server's end.
pub(crate) const LEAVING: Option<u16> = Some(code::GOING_AWAY);
