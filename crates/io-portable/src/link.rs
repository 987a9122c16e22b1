//! What the portable engine keeps of each connection: its socket, and what of it is under way.
//!
//! Owns that record and the way from connections to sockets. Never decides what is read or written: `settle` does. Called
//! by: the modules of the engine.

use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use howth_connection::{Layer, Layered, Outgoing, Transport};
use howth_engine::{PeerAddress, Sealed, TlsFacts, TlsServer};
use tokio::task::JoinHandle;

use crate::settle::{READS_PER_TURN_MAX, WRITES_PER_TURN_MAX};
use crate::socket::Socket;

/// An open connection; `None` in a slot that is free.
#[derive(Debug, Default)]
pub(crate) struct Link(pub(crate) Option<Box<Open>>);

#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) socket: Socket,
    pub(crate) peer: PeerAddress,
    /// Puts the connection on the list of those that are ready.
    pub(crate) waker: Waker,
    /// Bytes that were taken from the connection and not by the kernel.
    pub(crate) outgoing: Outgoing,
    /// A part of a file, which another thread reads.
    pub(crate) reading: Option<JoinHandle<std::io::Result<Vec<u8>>>>,
    /// The socket may have something to read: nobody waits for that to change.
    pub(crate) may_be_readable: bool,
    /// The kernel takes no more bytes; the waker is told when it does.
    pub(crate) is_write_blocked: bool,
    /// Our sending side is shut down.
    pub(crate) is_shut_down: bool,
    /// What its bytes are sealed by.
    pub(crate) layer: Option<Box<Layer>>,
    /// How often it may still be read, and written, before the others have their turn.
    pub(crate) reads_left: u32,
    pub(crate) writes_left: u32,
}

impl Link {
    pub(crate) fn new(socket: Socket, peer: PeerAddress, waker: Waker, tls: Option<&dyn TlsServer>) -> Self {
        Link(Some(Box::new(Open {
            socket,
            peer,
            waker,
            outgoing: Outgoing::default(),
            reading: None,
            may_be_readable: true,
            is_write_blocked: false,
            is_shut_down: false,
            layer: tls.map(|tls| Box::new(Layer::new(tls))),
            reads_left: READS_PER_TURN_MAX,
            writes_left: WRITES_PER_TURN_MAX,
        })))
    }
}

impl Layered for Link {
    #[inline]
    fn layer(&self) -> Option<&Layer> {
        self.0.as_ref()?.layer.as_deref()
    }

    #[inline]
    fn layer_mut(&mut self) -> Option<&mut Layer> {
        self.0.as_mut()?.layer.as_deref_mut()
    }
}

impl Open {
    /// Writes what the kernel takes of `slices` at once. An error comes back with the next write.
    pub(crate) fn write(
        &mut self,
        slices: &[IoSlice<'_>],
        is_unassisted: bool,
    ) -> Poll<std::io::Result<usize>> {
        let mut context = Context::from_waker(&self.waker);
        let mut poll = self.socket.poll_write(&mut context, slices);
        if poll.is_pending() && is_unassisted {
            poll = self.socket.write_now(slices);
        }
        self.is_write_blocked = poll.is_pending();
        poll
    }
}

/// The sockets, as connections see them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sockets {
    pub(crate) is_unassisted: bool,
}

impl Transport<Link> for Sockets {
    fn send_now(&mut self, link: &mut Link, slices: &[&[u8]]) -> usize {
        let Some(open) = &mut link.0 else { return 0 };
        if !open.outgoing.is_empty() || open.is_write_blocked || open.layer.is_some() {
            return 0;
        }
        let slices: Vec<IoSlice<'_>> = slices
            .iter()
            .filter(|slice| !slice.is_empty())
            .map(|slice| IoSlice::new(slice))
            .collect();
        match open.write(&slices, self.is_unassisted) {
            Poll::Ready(Ok(written)) => written,
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        }
    }

    fn seal_now(&mut self, link: &mut Link, slices: &[&[u8]], spare: &mut Vec<Box<Sealed>>) -> usize {
        let open = link.0.as_mut().filter(|open| open.outgoing.is_empty());
        let layer = open.and_then(|open| open.layer.as_mut());
        layer.map_or(0, |layer| layer.seal_now(slices, spare))
    }

    fn peer_address(&self, link: &Link) -> Option<PeerAddress> {
        link.0.as_ref().map(|open| open.peer.clone())
    }

    fn tls_facts(&self, link: &Link) -> Option<Arc<TlsFacts>> {
        link.layer()?.facts()
    }

    /// No interface that all systems have tells.
    fn unacknowledged_bytes(&self, _: &Link) -> Option<u32> {
        None
    }
}
