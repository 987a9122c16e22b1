//! A connection on its way from one engine to another.
//!
//! Owns the socket, and nothing else of the client's: a connection of which a byte was received stays where it is until
//! that was answered, and what the client sends on the way waits in the kernel. Made by: the engine that gives the
//! connection up. Called by: the engine that adopts it, on whatever thread that is.

use std::os::fd::OwnedFd;
use std::sync::Arc;

pub use howth_clients::KnownClient;

use crate::{Place, TlsServer};

/// An open connection that no engine has. Dropping it closes it.
#[derive(Debug)]
pub struct Handed {
    socket: OwnedFd,
    place: Place,
    is_of_only: bool,
    has_asked: bool,
    tls: Option<Arc<dyn TlsServer>>,
    client: Option<Box<KnownClient>>,
}

impl Handed {
    /// `place`: where it was accepted. `has_asked`: a request was answered on it, so that its next one has as long as on any
    /// idle connection.
    pub fn new(socket: OwnedFd, place: Place, has_asked: bool) -> Self {
        Handed {
            socket,
            place,
            is_of_only: false,
            has_asked,
            tls: None,
            client: None,
        }
    }

    /// A connection of an engine that had no other listener: one that has another is its next as well.
    pub fn of_only(self, is_of_only: bool) -> Self {
        Handed { is_of_only, ..self }
    }

    /// Where it was accepted.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether its engine had no other listener.
    pub fn is_of_only(&self) -> bool {
        self.is_of_only
    }

    /// A connection that is to speak TLS, and has not begun to.
    pub fn with_tls(self, tls: Option<Arc<dyn TlsServer>>) -> Self {
        Handed { tls, ..self }
    }

    /// What is to seal its bytes.
    pub fn tls(&self) -> Option<&Arc<dyn TlsServer>> {
        self.tls.as_ref()
    }

    /// A connection of whose client something is known already.
    pub fn with_client(self, client: Option<Box<KnownClient>>) -> Self {
        Handed { client, ..self }
    }

    /// What is known of its client, which is its next engine's to keep.
    pub fn take_client(&mut self) -> Option<Box<KnownClient>> {
        self.client.take()
    }

    /// The socket, connected and in non-blocking mode.
    pub fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// Whether a request was answered on it.
    pub fn has_asked(&self) -> bool {
        self.has_asked
    }

    /// The socket, for its new engine.
    pub fn into_socket(self) -> OwnedFd {
        self.socket
    }
}
