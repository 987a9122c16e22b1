//! From socket to socket: opening, ending and closing connections, and their deadlines.

use std::net::TcpStream;

use howth_ring_client::{Errno, Operation, Token};

use super::{RETRY_NS, SWEEP_NS_MAX, Worker};
use crate::connection::{Connection, Phase};
use crate::error::ErrorClass;

/// Generations of connections wrap here.
const GENERATION_MASK: u32 = 0x00ff_ffff;

impl Worker {
    /// Opens a slot's next connection.
    pub(super) fn open(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.opened_ns = self.now_ns;
        connection.phase = Phase::Connecting;
        match self.ring.open(index as u32) {
            Ok(()) => {
                connection.operations = 1;
                self.ring.connect(index as u32, connection.generation);
            }
            // No descriptor left.
            Err(_) => self.fail(index, ErrorClass::Connect),
        }
    }

    /// Makes a socket that is connected a slot's first connection.
    pub(super) fn adopt(&mut self, index: usize, stream: TcpStream) {
        let connection = &mut self.connections[index];
        connection.opened_ns = self.now_ns;
        self.ring.adopt(index as u32, stream);
        match connection.set_up(&self.layers) {
            Ok(()) => {
                self.arm(index);
                self.proceed(index);
            }
            Err(class) => self.fail(index, class),
        }
    }

    pub(super) fn connected(&mut self, token: Token, result: Result<(), Errno>) {
        let Some(index) = self.index_of(token) else { return };
        let connection = &mut self.connections[index];
        connection.operations -= 1;
        if connection.phase != Phase::Connecting {
            return self.close_when_quiet(index);
        }
        let set_up = match result {
            Ok(()) => connection.set_up(&self.layers),
            Err(_) => Err(ErrorClass::Connect),
        };
        match set_up {
            Ok(()) => {
                self.recorder.tally.connections_opened += 1;
                self.arm(index);
                self.proceed(index);
            }
            Err(class) => self.fail(index, class),
        }
    }

    /// Counts every request on the way as failed and ends the connection.
    pub(super) fn fail(&mut self, index: usize, class: ErrorClass) {
        let connection = &mut self.connections[index];
        let was_opening = matches!(connection.phase, Phase::Connecting | Phase::Handshaking);
        let class = if was_opening { ErrorClass::Connect } else { class };
        if was_opening {
            connection.retry_ns = self.now_ns + RETRY_NS;
            if connection.queue.is_empty() && self.has_begun {
                self.recorder.error(self.now_ns, class);
            }
        }
        self.outstanding -= connection.queue.len();
        for started in connection.queue.drain(..) {
            self.recorder.verdict(&started, self.now_ns, Err(class));
        }
        self.end(index);
    }

    /// Ends a connection: what is in flight on it is awaited, then it is closed.
    pub(super) fn end(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        let (number, generation) = (index as u32, connection.generation);
        let was = std::mem::replace(&mut connection.phase, Phase::Closing);
        match was {
            Phase::Closing | Phase::Idle => {
                connection.phase = was;
                return;
            }
            _ if connection.operations == 0 => {}
            Phase::Connecting => {
                connection.operations += 1;
                self.ring.cancel_connect(number, generation);
            }
            Phase::Handshaking | Phase::Open => {
                connection.operations += 1;
                self.ring.shutdown(number, generation);
            }
        }
        self.close_when_quiet(index);
    }

    /// A cancel, a shutdown or a close is over.
    pub(super) fn done(&mut self, token: Token) {
        let Some(index) = self.index_of(token) else { return };
        self.connections[index].operations -= 1;
        match token.operation {
            Operation::Close => self.closed(index),
            _ => self.close_when_quiet(index),
        }
    }

    /// Closes the socket of an ended connection once nothing is in flight on it.
    pub(super) fn close_when_quiet(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        if connection.phase != Phase::Closing || connection.operations > 0 {
            return;
        }
        if self.ring.is_open(index as u32) {
            connection.operations = 1;
            self.ring.close(index as u32, connection.generation);
        } else {
            self.closed(index);
        }
    }

    /// Looks at every deadline, now and then.
    pub(super) fn sweep(&mut self) {
        if self.now_ns < self.sweep_ns {
            return;
        }
        self.sweep_ns = self.now_ns + SWEEP_NS_MAX.min(self.plan.timeout_ns / 4).max(1_000_000);
        for index in 0..self.connections.len() {
            let connection = &self.connections[index];
            if connection.phase == Phase::Idle {
                self.proceed(index);
            } else if is_late(connection, self.now_ns, self.plan.timeout_ns) {
                self.fail(index, ErrorClass::Timeout);
            }
        }
    }

    /// The connection a token means, unless it is gone.
    pub(super) fn index_of(&self, token: Token) -> Option<usize> {
        let index = token.index as usize;
        let connection = self.connections.get(index)?;
        (connection.generation == token.generation).then_some(index)
    }

    fn closed(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.clear();
        connection.generation = (connection.generation + 1) & GENERATION_MASK;
        connection.phase = Phase::Idle;
        self.proceed(index);
    }
}

fn is_late(connection: &Connection, now_ns: u64, timeout_ns: u64) -> bool {
    let since_ns = match connection.phase {
        Phase::Connecting | Phase::Handshaking => Some(connection.opened_ns),
        Phase::Open => connection.queue.front().map(|started| started.begun_ns),
        Phase::Idle | Phase::Closing => None,
    };
    since_ns.is_some_and(|since_ns| now_ns.saturating_sub(since_ns) > timeout_ns)
}
