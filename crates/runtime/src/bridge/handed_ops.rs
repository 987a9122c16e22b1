//! Ops of a server whose connections another process has accepted, a worker of node:cluster, and sockets that a program was
//! given.
//!
//! The engine has no listener of its own then. Owns the way from a number of a descriptor to a socket. Called by: JavaScript;
//! the op that listens.

use std::io;
use std::net::IpAddr;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

use deno_core::{OpState, op2};
use deno_error::JsErrorBox;
use howth_engine::{Handed, ListenerId, ListeningSocket};
use howth_supervision::Address;
use socket2::Socket;

use super::openings::Source;
use super::server_ops::hold;
use super::state::{Bridge, Reach};

/// Connections that wait in the kernel to be accepted, where the program does not say; the kernel caps it.
const LISTEN_BACKLOG: i32 = 4096;

/// Serves connections that are handed over, and gives what the server is called; they were accepted at the address `host` and the port.
#[op2(fast)]
pub(super) fn op_howth_serve_handed(
    state: &OpState,
    #[string] host: &str,
    port: u16,
) -> Result<u32, JsErrorBox> {
    let address = Address {
        host: host.to_owned(),
        port,
        ip: host.parse::<IpAddr>().ok(),
        ..Address::default()
    };
    let bridge = state.borrow::<Bridge>();
    let served = bridge.serve(Source::Handed(address), Reach::ThisCore);
    let (listener, _) = served.map_err(|error| JsErrorBox::generic(error.to_string()))?;
    hold(state);
    Ok(listener.0)
}

/// Hands over the connection of a server whose descriptor it is; it was made for the caller, by `TCPWrap.fdForIpc`, who does not know it
/// any more afterwards. False: it ends.
#[op2(fast)]
pub(super) fn op_howth_hand_over(state: &OpState, listener: u32, descriptor: i32) -> bool {
    let bridge = state.borrow::<Bridge>();
    let connection = connection_of(descriptor);
    let taken = bridge.takes_handed(ListenerId(listener));
    let (Ok(socket), Some((place, tls))) = (connection, taken) else {
        return false;
    };
    bridge.hand_over(Handed::new(socket, place, false).with_tls(tls))
}

/// The connection's socket, in the state in which those are that an engine accepts.
fn connection_of(descriptor: RawFd) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: `fdForIpc` has made the descriptor for whoever calls it, and its only caller in `js/node_http/worker.js` passes
    // the number on at once and forgets it: nobody else closes it. JavaScript has no other name for it than the number.
    let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    socket.set_nonblocking(true)?;
    // Of a Unix-domain socket there is nothing to set.
    let _ = socket.set_tcp_nodelay(true);
    Ok(socket.into())
}

/// A socket that the program was given, by its descriptor, in the state in which those are that an engine accepts from. It is a
/// duplicate: the program's own stays open.
pub(super) fn listening_socket(descriptor: RawFd, backlog: Option<u16>) -> io::Result<ListeningSocket> {
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor is used for the one call that duplicates it, on the thread on which the program says its number; one
    // that names nothing is an error of that call.
    let given = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let socket = Socket::from(given.try_clone_to_owned()?);
    socket.set_nonblocking(true)?;
    // As in Node, one that is only bound listens from here on; of one that listens already this is its new bound.
    socket.listen(backlog.map_or(LISTEN_BACKLOG, i32::from))?;
    match socket.local_addr()?.as_socket() {
        Some(_) => Ok(ListeningSocket::Tcp(socket.into())),
        None => Ok(ListeningSocket::Unix(socket.into())),
    }
}
