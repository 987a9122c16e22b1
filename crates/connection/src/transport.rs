//! What connections ask of whoever carries their bytes.
//!
//! Owns the two traits a driver implements. Nearly everything goes the other way: a driver tells what has happened and
//! asks what is [wanted](crate::Wanted). A layer that changes bytes on their way ([TLS](crate::Layer)) stands between the
//! driver's sockets and these traits: they see clear text alone. No call of a transport waits. Called by: `deadlines`, `direct`, `exchanges`.

use std::sync::Arc;

use howth_engine::{PeerAddress, Sealed, TlsFacts};

use crate::Connections;

/// The sockets of a core. `L` is what the driver keeps of each connection.
pub trait Transport<L> {
    /// Sends what the peer takes at once of `slices`, without waiting; gives how many bytes that were, none on an error, which
    /// the next send meets as well. Only called while everything that was sent before has been taken. Nothing is taken where
    /// bytes are sealed on their way.
    fn send_now(&mut self, link: &mut L, slices: &[&[u8]]) -> usize;

    /// Seals of `slices` what one send takes, into memory of `spare`, where bytes are sealed on their way; gives how many of their
    /// bytes that were. It is sent like what was taken from the connection before. Only called while all of that has been taken.
    fn seal_now(&mut self, _link: &mut L, _slices: &[&[u8]], _spare: &mut Vec<Box<Sealed>>) -> usize {
        0
    }

    /// Who is at the other end.
    fn peer_address(&self, link: &L) -> Option<PeerAddress>;

    /// Bytes that were sent and that the peer has not acknowledged; `None`: nobody knows.
    fn unacknowledged_bytes(&self, link: &L) -> Option<u32>;

    /// What was agreed upon about how its bytes are sealed; `None`: they are not.
    fn tls_facts(&self, _link: &L) -> Option<Arc<TlsFacts>> {
        None
    }
}

/// What drives the connections of a core: an engine.
pub trait Driver {
    /// What it keeps of each connection.
    type Link: Default;
    /// Its sockets, borrowed.
    type Transport<'a>: Transport<Self::Link>
    where
        Self: 'a;

    /// The connections.
    fn connections(&self) -> &Connections<Self::Link>;

    /// The sockets and the connections, apart.
    fn parts(&mut self) -> (Self::Transport<'_>, &mut Connections<Self::Link>);

    /// The application has changed something, perhaps: there may be [work](Connections::has_work), and perhaps nobody is awake.
    fn changed(&mut self) {}
}
