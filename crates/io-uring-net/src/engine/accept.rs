//! Accepting connections: arming the multishot accept of each listener, and not arming it when there is no room.
//!
//! At the connection limit the multishots are cancelled, so that clients wait in the kernel's backlog; that is
//! backpressure without a byte of memory. Those that it had accepted by then wait here, unread. Where new connections
//! are given up, there is no limit. Owns the state of each listening socket. Never reads a connection. Called by: the turn, and
//! the engine's methods.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use howth_engine::{KnownClient, Listener, ListenerId, ListeningSocket, Place, TlsServer};

use crate::engine::link::Link;
use crate::engine::{Core, RingEngine};
use crate::kernel::{Completion, Errno, Kernel, Socket, Wait};
use crate::ring::Ring;
use howth_ring::{Operation, Token};

/// How long accepting rests when the process or the machine is out of descriptors or memory, or accepting fails otherwise.
const RETRY_MS: u64 = 100;

/// How often, and how long each time, the end of the accept is waited for when the engine ends.
const ENDING_TURNS_MAX: u32 = 10;
const ENDING_WAIT: Duration = Duration::from_millis(10);

/// The token of an acceptor's accept.
fn token(acceptor: u32) -> Token {
    Token {
        operation: Operation::Accept,
        index: acceptor,
        generation: 0,
    }
}

/// Names no connection.
const CANCEL: Token = Token {
    operation: Operation::Cancel,
    index: u32::MAX,
    generation: 0,
};

/// A listening socket, which the kernel knows by its number in the list of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acceptor {
    /// The slot of its listener, which may have several.
    listener: u32,
    accepting: Accepting,
}

/// The state of a listening socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Accepting {
    /// No accept is in flight.
    #[default]
    Off,
    /// The multishot is armed.
    Armed,
    /// It was cancelled and has not completed yet.
    Cancelling,
    /// Not before this moment, in milliseconds of the engine's clock.
    Resting(u64),
    /// There is no socket: connections come from elsewhere.
    Elsewhere,
    /// It is closed.
    Ended,
}

/// Prepares what accepted connections inherit: no delay of small writes.
fn descriptor_of(socket: ListeningSocket) -> io::Result<Option<OwnedFd>> {
    match socket {
        ListeningSocket::Tcp(listener) => {
            socket2::SockRef::from(&listener).set_tcp_nodelay(true)?;
            Ok(Some(listener.into()))
        }
        ListeningSocket::Unix(listener) => Ok(Some(listener.into())),
        ListeningSocket::Elsewhere => Ok(None),
    }
}

impl RingEngine<Ring> {
    /// Serves the connections of one more listener from the next turn on.
    ///
    /// # Errors
    /// What setting it up says.
    pub fn listen(&mut self, listener: Listener) -> io::Result<()> {
        let sockets = std::iter::once(listener.socket).chain(listener.more);
        let descriptors: io::Result<Vec<Option<OwnedFd>>> = sockets.map(descriptor_of).collect();
        let descriptors = descriptors?;
        let mut core = self.shared.0.borrow_mut();
        let slot = core.add_listener(listener.id, listener.place);
        core.tls[slot as usize] = listener.tls;
        for descriptor in descriptors {
            let accepting = match descriptor {
                Some(_) => Accepting::Off,
                None => Accepting::Elsewhere,
            };
            let acceptor = core.add_acceptor(slot, accepting);
            core.kernel.listen(acceptor, descriptor);
        }
        Ok(())
    }
}

impl<K: Kernel + 'static> RingEngine<K> {
    /// Has the connections that are accepted from a listener's slot from now on begin with a handshake.
    pub fn seal(&mut self, listener: u32, tls: Arc<dyn TlsServer>) {
        self.shared.0.borrow_mut().tls[listener as usize] = Some(tls);
    }
}

impl<K: Kernel> Core<K> {
    /// Gives the slot of a new listener, which has no socket yet.
    pub(super) fn add_listener(&mut self, id: ListenerId, place: Place) -> u32 {
        let slot = self.connections.add_listener(id, place);
        if self.tls.len() <= slot as usize {
            self.tls.push(None);
        }
        self.tls[slot as usize] = None;
        self.aborted.retain(|aborted| *aborted != slot);
        slot
    }

    /// The same of one whose socket the kernel has.
    pub(super) fn add_listener_of_kernel(&mut self, id: ListenerId, place: Place) {
        let slot = self.add_listener(id, place);
        self.add_acceptor(slot, Accepting::Off);
    }

    /// Gives the number of a new socket of a listener.
    fn add_acceptor(&mut self, listener: u32, accepting: Accepting) -> u32 {
        let acceptor = Acceptor { listener, accepting };
        let ended = self
            .acceptors
            .iter()
            .position(|acceptor| acceptor.accepting == Accepting::Ended);
        match ended {
            Some(ended) => {
                self.acceptors[ended] = acceptor;
                ended as u32
            }
            None => {
                self.acceptors.push(acceptor);
                self.acceptors.len() as u32 - 1
            }
        }
    }

    pub(super) fn settle_accepting(&mut self) {
        self.place_waiting();
        let may_accept = (self.connections.has_room() || self.releases_new) && !self.leaves_clients;
        let mut has_ended = false;
        for acceptor in 0..self.acceptors.len() as u32 {
            if self.acceptors[acceptor as usize].accepting != Accepting::Ended {
                self.settle_acceptor(acceptor, may_accept);
                has_ended |= self.acceptors[acceptor as usize].accepting == Accepting::Ended;
            }
        }
        if has_ended {
            // Of a client one accept on a socket is told, which may have been that one's: others on the same socket look anew.
            self.cancel_armed();
        }
    }

    fn settle_acceptor(&mut self, index: u32, may_accept: bool) {
        let Acceptor { listener, accepting } = self.acceptors[index as usize];
        let is_stopping = self.connections.is_listener_stopping(listener);
        let wanted = may_accept && !is_stopping;
        self.acceptors[index as usize].accepting = match accepting {
            Accepting::Resting(until_ms) if wanted && self.connections.now_ms() < until_ms => accepting,
            Accepting::Off | Accepting::Resting(_) if wanted => {
                self.kernel.accept(token(index));
                Accepting::Armed
            }
            Accepting::Armed if !wanted => {
                self.kernel.cancel(token(index), CANCEL);
                Accepting::Cancelling
            }
            Accepting::Off | Accepting::Resting(_) | Accepting::Elsewhere if is_stopping => {
                self.kernel.close_listener(index);
                Accepting::Ended
            }
            // Nobody waits for the end of the rest: a moment that has passed would be looked at without end.
            Accepting::Resting(_) if !wanted => Accepting::Off,
            unchanged => unchanged,
        };
        let is_closed =
            |acceptor: &Acceptor| acceptor.listener != listener || acceptor.accepting == Accepting::Ended;
        if is_stopping && self.acceptors.iter().all(is_closed) {
            self.connections.listener_closed(listener);
        }
    }

    /// Whether any of the listening sockets is open here.
    pub(super) fn is_listening(&self) -> bool {
        self.acceptors
            .iter()
            .any(|acceptor| acceptor.accepting != Accepting::Ended)
    }

    /// Opens the connections that were accepted, as far as there is room, or gives them up.
    fn place_waiting(&mut self) {
        for _ in 0..self.waiting.len() {
            let Some((listener, socket)) = self.waiting.pop_front() else {
                return;
            };
            // The last ones are served here: nobody else would.
            let is_last = self.connections.is_listener_stopping(listener);
            let tls = self.tls[listener as usize].clone();
            if self.releases_new && !is_last {
                let handed = self.hand(socket, listener, false);
                self.released.push(handed.with_tls(tls));
            } else if self.connections.has_room() || is_last {
                self.open(socket, listener, tls.as_deref(), (false, None));
            } else {
                self.waiting.push_back((listener, socket));
            }
        }
    }

    /// A new connection, or one of another engine: whether a request was answered on it there, and what is known of its client.
    pub(super) fn open(
        &mut self,
        socket: Socket,
        listener: u32,
        tls: Option<&dyn TlsServer>,
        (has_asked, known): (bool, Option<Box<KnownClient>>),
    ) {
        let kernel = &self.kernel;
        let Some(arrival) = self
            .connections
            .admit(has_asked, known, || kernel.peer_address(socket))
        else {
            return self.kernel.discard(socket);
        };
        let link = Link::new(socket, tls);
        match tls {
            None => self.connections.open(link, listener, arrival),
            Some(_) => self.connections.open_sealed(link, listener, arrival),
        };
    }

    /// Ends those that wait, of one listener or of all.
    pub(super) fn discard_waiting(&mut self, of: Option<u32>) {
        for (listener, socket) in std::mem::take(&mut self.waiting) {
            match of.is_none_or(|of| of == listener) {
                true => self.kernel.discard(socket),
                false => self.waiting.push_back((listener, socket)),
            }
        }
    }

    pub(super) fn accepted(&mut self, token: Token, result: Result<Socket, Errno>, more: bool) {
        let acceptor = &mut self.acceptors[token.index as usize];
        let listener = acceptor.listener;
        if !more {
            acceptor.accepting = Accepting::Off;
        }
        match result {
            // Nobody of its is served any more.
            Ok(socket) if self.aborted.contains(&listener) => self.kernel.discard(socket),
            Ok(socket) => {
                self.connections.counters.accepted += 1;
                self.waiting.push_back((listener, socket));
                self.place_waiting();
            }
            // Cancelled, or of one client alone.
            Err(Errno(
                libc::ECANCELED
                | libc::ECONNABORTED
                | libc::ECONNRESET
                | libc::EINTR
                | libc::EPERM
                | libc::EPROTO
                | libc::ETIMEDOUT,
            )) => {}
            Err(_) => acceptor.accepting = Accepting::Resting(self.connections.now_ms() + RETRY_MS),
        }
    }

    /// Waits, when the engine itself ends, until every accept is over: an accept in flight keeps its listener open
    /// beyond its close, and clients would wait in a backlog that nobody accepts from. Submits queued closes too.
    pub(super) fn end_accepting(&mut self) {
        self.cancel_armed();
        let is_in_flight = |acceptor: &&Acceptor| acceptor.accepting == Accepting::Cancelling;
        let mut in_flight = self.acceptors.iter().filter(is_in_flight).count();
        for _ in 0..ENDING_TURNS_MAX {
            // A ring that fails here is about to be closed anyway.
            let wait = match in_flight {
                0 => Wait::Not,
                _ => Wait::For(ENDING_WAIT),
            };
            let _ = self.kernel.enter(wait);
            while let Some(completion) = self.kernel.reap() {
                if let Completion::Accepted { result, more, .. } = completion {
                    in_flight -= usize::from(!more);
                    if let Ok(socket) = result {
                        self.kernel.discard(socket);
                    }
                }
            }
            if in_flight == 0 {
                return;
            }
        }
    }

    /// Accepts that are armed end, and others try at once, if accepting is to go on.
    pub(super) fn set_accepting(&mut self, accepts: bool) {
        self.leaves_clients = !accepts;
        self.cancel_armed();
    }

    fn cancel_armed(&mut self) {
        for (index, acceptor) in self.acceptors.iter_mut().enumerate() {
            if acceptor.accepting == Accepting::Armed {
                self.kernel.cancel(token(index as u32), CANCEL);
                acceptor.accepting = Accepting::Cancelling;
            }
        }
    }

    /// When accepting is to be tried again, in milliseconds of the engine's clock.
    pub(super) fn accept_retry_ms(&self) -> Option<u64> {
        let resting = self
            .acceptors
            .iter()
            .filter_map(|acceptor| match acceptor.accepting {
                Accepting::Resting(until_ms) => Some(until_ms),
                _ => None,
            });
        resting.min()
    }
}
