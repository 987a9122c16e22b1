//! What the ring engine keeps of each connection: its socket, and what is in flight on it.
//!
//! Owns that record and the way from connections to the kernel. Never queues an operation: `settle` does. Called by: the
//! modules of the engine.

use std::sync::Arc;

use howth_connection::{Layer, Layered, Outgoing, Transport};
use howth_engine::{PeerAddress, Sealed, TlsFacts, TlsServer};

use crate::kernel::{Kernel, Socket};

/// How a connection's bytes are received. Multishot into provided buffers, as a rule, which an idle connection owns
/// nothing for; a large request body straight into memory of its own, whenever a poll says that there is some of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Receiving {
    /// None is in flight.
    #[default]
    Off,
    /// A multishot receive is in flight.
    Armed,
    /// A poll is in flight.
    Polled,
    /// Either is in flight and was cancelled.
    Cancelling,
}

/// How far the socket's end is; it only ever moves down this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// It is open.
    #[default]
    Not,
    /// Our sending side is shut down.
    Sending,
    /// Both sides are, or whatever was in flight was cancelled and the close resets.
    Both,
    /// The close is in flight, perhaps with the cancellation of a receive.
    Closing,
    /// The socket is closed; what was cancelled has not completed.
    Closed,
}

/// What is in flight on a connection.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub(crate) socket: Option<Socket>,
    pub(crate) receiving: Receiving,
    pub(crate) ending: Ending,
    /// A send, or a poll for room.
    pub(crate) is_sending: bool,
    /// What with a file behind it waits for room in the socket, or for a read.
    pub(crate) waiting: Option<Box<Outgoing>>,
    /// The last bytes may wait in the kernel for the end, to leave with it.
    pub(crate) awaits_end: bool,
    /// The client's end of stream was received.
    pub(crate) is_read_closed: bool,
    /// Operations in flight, the receive and the send included.
    pub(crate) operations: u8,
    /// What its bytes are sealed by.
    pub(crate) layer: Option<Box<Layer>>,
}

impl Link {
    pub(crate) fn new(socket: Socket, tls: Option<&dyn TlsServer>) -> Self {
        Link {
            socket: Some(socket),
            layer: tls.map(|tls| Box::new(Layer::new(tls))),
            ..Link::default()
        }
    }
}

impl Layered for Link {
    #[inline]
    fn layer(&self) -> Option<&Layer> {
        self.layer.as_deref()
    }

    #[inline]
    fn layer_mut(&mut self) -> Option<&mut Layer> {
        self.layer.as_deref_mut()
    }
}

/// The kernel, as connections see it.
pub(crate) struct Sockets<'a, K>(pub(crate) &'a mut K);

impl<K: Kernel> Transport<Link> for Sockets<'_, K> {
    fn send_now(&mut self, link: &mut Link, slices: &[&[u8]]) -> usize {
        let socket = link.socket.filter(|_| !link.is_sending && link.layer.is_none());
        socket.map_or(0, |socket| self.0.send_now(socket, slices, false))
    }

    fn seal_now(&mut self, link: &mut Link, slices: &[&[u8]], spare: &mut Vec<Box<Sealed>>) -> usize {
        let layer = link.layer.as_mut().filter(|_| !link.is_sending);
        layer.map_or(0, |layer| layer.seal_now(slices, spare))
    }

    fn peer_address(&self, link: &Link) -> Option<PeerAddress> {
        self.0.peer_address(link.socket?)
    }

    fn unacknowledged_bytes(&self, link: &Link) -> Option<u32> {
        Some(self.0.unacknowledged_bytes(link.socket?))
    }

    fn tls_facts(&self, link: &Link) -> Option<Arc<TlsFacts>> {
        link.layer.as_ref()?.facts()
    }
}
