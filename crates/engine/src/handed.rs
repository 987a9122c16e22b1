//! A connection on its way from one engine to another.
//!
//! Owns the socket, and nothing else of the client's: a connection of which a byte was received stays where it is until
//! that was answered, and what the client sends on the way waits in the kernel. Made by: the engine that gives the
//! connection up. Called by: the engine that adopts it, on whatever thread that is.

use std::os::fd::OwnedFd;

/// An open connection that no engine has. Dropping it closes it.
#[derive(Debug)]
pub struct Handed {
    socket: OwnedFd,
    has_asked: bool,
}

impl Handed {
    /// `has_asked`: a request was answered on it, so that its next one has as long as on any idle connection.
    pub fn new(socket: OwnedFd, has_asked: bool) -> Self {
        Handed { socket, has_asked }
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
