//! What an engine accepts from, and what it does with whoever comes.
//!
//! Owns the listening socket, of either kind, and what names it. Never binds it. Called by: whoever binds; engines.

use std::sync::Arc;

use crate::TlsServer;

/// Names a listener. No other of the process ever has its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListenerId(pub u32);

/// Names the address that a listener listens at: the same for those of all cores, and of one behind another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place(pub u32);

impl Place {
    /// That of a connection which came in nowhere: any listener takes it.
    pub const ANYWHERE: Place = Place(u32::MAX);

    /// Its bit in a set of places; those that are numbered higher are in none.
    pub fn bit(self) -> u64 {
        1_u64.checked_shl(self.0).unwrap_or(0)
    }
}

/// A place where clients come in.
#[derive(Debug)]
pub struct Listener {
    /// Where they come from.
    pub socket: ListeningSocket,
    /// Sockets besides that one, where the same server listens.
    pub more: Vec<ListeningSocket>,
    /// What it is called.
    pub id: ListenerId,
    /// Where that is.
    pub place: Place,
    /// What their bytes are sealed by; `None`: they speak in clear.
    pub tls: Option<Arc<dyn TlsServer>>,
}

/// A bound, listening socket.
#[derive(Debug)]
pub enum ListeningSocket {
    /// TCP, both families.
    Tcp(std::net::TcpListener),
    /// A Unix-domain stream socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
    /// None: all its connections were accepted elsewhere, and are [handed](crate::Handed) over.
    Elsewhere,
}

/// The only listener, or the first.
impl From<ListeningSocket> for Listener {
    fn from(socket: ListeningSocket) -> Self {
        Listener {
            socket,
            more: Vec::new(),
            id: ListenerId::default(),
            place: Place::default(),
            tls: None,
        }
    }
}

impl From<std::net::TcpListener> for Listener {
    fn from(listener: std::net::TcpListener) -> Self {
        ListeningSocket::Tcp(listener).into()
    }
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for Listener {
    fn from(listener: std::os::unix::net::UnixListener) -> Self {
        ListeningSocket::Unix(listener).into()
    }
}
