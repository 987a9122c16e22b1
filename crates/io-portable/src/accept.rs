//! Accepting connections: when, how many at a time, and when not.
//!
//! At the connection limit nothing is accepted, so that clients wait in the kernel's backlog. Where new connections are
//! given up, there is no limit. Owns the listeners. Never reads a connection. Called by: the engine's turn, and its
//! methods.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use howth_engine::{KnownClient, Listener, PeerAddress, TlsServer};

use crate::engine::PortableEngine;
use crate::link::Link;
use crate::socket::{Acceptor, Socket};

/// How many connections are accepted before the open ones have their turn.
const ACCEPTS_PER_TURN_MAX: usize = 64;
/// How long accepting rests when the process or the system is out of descriptors or memory.
const RETRY_MS: u64 = 100;

/// Who was accepted, and what is to seal what they say.
type Accepted = (u32, Socket, PeerAddress, Option<Arc<dyn TlsServer>>);

/// The listeners, and whether they are accepted from.
pub(crate) struct Accept {
    /// None: they are closed.
    pub(crate) acceptors: Vec<Listening>,
    /// The one that is asked first, so that each has its turn.
    first: usize,
    pub(crate) waker: Waker,
    /// There were as many connections as there may be when something was last accepted, or was to be.
    pub(crate) is_full: bool,
    /// New clients are left to other engines for now.
    pub(crate) leaves_clients: bool,
    /// New connections are given up as they are accepted.
    pub(crate) releases_new: bool,
}

/// One listener.
pub(crate) struct Listening {
    acceptor: Acceptor,
    /// The slot that its connections know it by.
    slot: u32,
    /// What seals its connections.
    tls: Option<Arc<dyn TlsServer>>,
    /// Until when it rests, in milliseconds of the connections' clock.
    rests_until_ms: Option<u64>,
}

impl Accept {
    pub(crate) fn new(waker: Waker) -> Self {
        Accept {
            acceptors: Vec::new(),
            first: 0,
            waker,
            is_full: false,
            leaves_clients: false,
            releases_new: false,
        }
    }

    /// Accepts from one more listener.
    fn add(&mut self, acceptor: Acceptor, slot: u32, tls: Option<Arc<dyn TlsServer>>) {
        self.acceptors.push(Listening {
            acceptor,
            slot,
            tls,
            rests_until_ms: None,
        });
        self.waker.wake_by_ref();
    }

    /// When accepting is to be tried again.
    pub(crate) fn retry_ms(&self) -> Option<u64> {
        let resting = self
            .acceptors
            .iter()
            .filter_map(|listening| listening.rests_until_ms);
        resting.min()
    }

    /// Whether it is to be tried again by now.
    pub(crate) fn is_retried(&self, now_ms: u64) -> bool {
        self.retry_ms().is_some_and(|until_ms| until_ms <= now_ms)
    }

    /// Looks again whom there is to accept, if there was no room when it was last looked.
    pub(crate) fn look_again(&mut self) {
        if std::mem::take(&mut self.is_full) {
            self.waker.wake_by_ref();
        }
    }
}

impl Accept {
    /// Accepts from any listener; pending: nobody is there, and the waker is told of who comes.
    fn poll_any(&mut self, now_ms: u64, is_unassisted: bool) -> Poll<io::Result<Accepted>> {
        let count = self.acceptors.len();
        for place in 0..count {
            let listener = (self.first + place) % count;
            let listening = &mut self.acceptors[listener];
            // Whoever asks meanwhile would only make another attempt fail.
            if listening.rests_until_ms.is_some_and(|until_ms| now_ms < until_ms) {
                continue;
            }
            listening.rests_until_ms = None;
            let acceptor = &listening.acceptor;
            let mut poll = acceptor.poll_accept(&mut Context::from_waker(&self.waker));
            if poll.is_pending() && is_unassisted {
                poll = acceptor.accept_now();
            }
            if let Poll::Ready(Err(error)) = &poll
                && !is_of_one_connection(error)
            {
                listening.rests_until_ms = Some(now_ms + RETRY_MS);
            }
            if poll.is_ready() {
                let slot = listening.slot;
                self.first = (listener + 1) % count;
                let tls = listening.tls.clone();
                return poll.map_ok(|(socket, peer)| (slot, socket, peer, tls));
            }
        }
        Poll::Pending
    }
}

impl PortableEngine {
    /// Serves the connections of one more listener from the next turn on.
    ///
    /// # Errors
    /// What setting it up says.
    pub fn listen(&mut self, listener: Listener) -> io::Result<()> {
        let sockets = std::iter::once(listener.socket).chain(listener.more);
        let acceptors: io::Result<Vec<_>> = sockets.map(Acceptor::new).collect();
        let acceptors: Vec<Acceptor> = acceptors?.into_iter().flatten().collect();
        if let (None, Some(acceptor)) = (&self.address, acceptors.first()) {
            self.address = Some(acceptor.local_address()?);
        }
        let core = &mut *self.shared.0.borrow_mut();
        let slot = core.connections.add_listener(listener.id, listener.place);
        for acceptor in acceptors {
            self.accept.add(acceptor, slot, listener.tls.clone());
        }
        Ok(())
    }

    /// Closes a listener, or all, once those are accepted who have connected already: they may have sent a request, too.
    pub(crate) fn close_listeners(&mut self, slot: Option<u32>) {
        while self.accept() {}
        let is_left = |listener: u32| slot.is_some_and(|slot| slot != listener);
        self.accept.acceptors.retain(|listening| is_left(listening.slot));
        self.accept.first = 0;
        let connections = &mut self.shared.0.borrow_mut().connections;
        match slot {
            Some(slot) => connections.listener_closed(slot),
            None => connections.all_closed(),
        }
    }

    /// Accepts, or leaves new clients in the kernel's backlog. To begin again looks into the backlog as well.
    pub fn set_accepting(&mut self, accepts: bool) {
        self.accept.leaves_clients = !accepts;
        self.accept.waker.wake_by_ref();
    }

    /// Whether the listening sockets are open here.
    pub fn is_listening(&self) -> bool {
        !self.accept.acceptors.is_empty()
    }

    /// Gives new connections up as they are accepted, also while there are as many as there may be; or serves them. An
    /// engine that stops serves those that still come.
    pub fn release_new(&mut self, releases: bool) {
        if releases && !self.accept.releases_new {
            self.accept.look_again();
        }
        self.accept.releases_new = releases;
    }

    /// Accepts who is there, a bounded number of them. True: there may be more.
    pub(crate) fn accept(&mut self) -> bool {
        let core = &mut *self.shared.0.borrow_mut();
        let accept = &mut self.accept;
        for _ in 0..ACCEPTS_PER_TURN_MAX {
            if accept.leaves_clients || accept.acceptors.is_empty() {
                return false;
            }
            let releases = accept.releases_new && !core.connections.is_stopping();
            accept.is_full = !core.connections.has_room();
            if accept.is_full && !releases {
                return false;
            }
            let now_ms = core.connections.now_ms();
            match accept.poll_any(now_ms, core.is_unassisted) {
                Poll::Pending => return false,
                Poll::Ready(Ok((slot, socket, peer, tls))) => {
                    core.connections.counters.accepted += 1;
                    match releases {
                        true => core.give_away(socket, slot, false, |handed| handed.with_tls(tls)),
                        false => core.open(socket, peer, slot, tls.as_deref(), (false, None)),
                    }
                }
                // Of one client, or the listener rests.
                Poll::Ready(Err(_)) => {}
            }
        }
        accept.waker.wake_by_ref();
        true
    }
}

impl crate::core::Core {
    /// A new connection, or one of another engine: whether a request was answered on it there, and what is known of its client.
    pub(crate) fn open(
        &mut self,
        socket: Socket,
        peer: PeerAddress,
        listener: u32,
        tls: Option<&dyn TlsServer>,
        (has_asked, known): (bool, Option<Box<KnownClient>>),
    ) {
        let Some(arrival) = self.connections.admit(has_asked, known, || Some(peer.clone())) else {
            return;
        };
        let index = match tls {
            None => self.connections.open(Link::default(), listener, arrival),
            Some(_) => self.connections.open_sealed(Link::default(), listener, arrival),
        };
        let waker = self.wakes.waker(index);
        *self.connections.link_mut(index) = Link::new(socket, peer, waker, tls);
    }
}

/// Errors of `accept` that concern only the connection that would have been accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, PermissionDenied, TimedOut};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | PermissionDenied | TimedOut
    )
}
