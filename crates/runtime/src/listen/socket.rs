//! Binding: from a host and a port, or a path, to a listening socket; and what went wrong, in words.
//!
//! Owns the socket options. Never decides which address: its parent does.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};

use super::Address;
use crate::engine::Listener;
use crate::error::ListenError;

/// Connections that wait in the kernel to be accepted; the kernel caps it (net.core.somaxconn).
const BACKLOG: i32 = 4096;

/// Where further listening sockets for an address come from.
#[derive(Debug)]
pub(super) enum Place {
    /// Bound anew for each, with `SO_REUSEPORT`.
    Tcp(SocketAddr),
    /// Kept, for duplicates.
    TcpKept(std::net::TcpListener),
    /// Kept, for duplicates: Unix-domain sockets know no `SO_REUSEPORT`.
    Unix(UnixSocket),
    /// No longer kept: the process is ending.
    Closed,
}

impl Place {
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Place::TcpKept(_) | Place::Unix(_))
    }

    /// One more listening socket.
    pub(super) fn another(&self, address: &Address) -> Result<Listener, ListenError> {
        match self {
            Place::Tcp(resolved) => tcp_listener(*resolved, true)
                .map(Listener::Tcp)
                .map_err(|error| explain(&address.host, address.port, &error)),
            Place::TcpKept(listener) => listener
                .try_clone()
                .map(Listener::Tcp)
                .map_err(|error| explain(&address.host, address.port, &error)),
            Place::Unix(socket) => socket
                .listener
                .try_clone()
                .map(Listener::Unix)
                .map_err(|error| explain_unix(&socket.path, &error)),
            Place::Closed => Err(ListenError::Ending),
        }
    }
}

/// A Unix-domain socket whose file goes when it is dropped, while it still listens: whoever finds no file, or one
/// that nobody listens on, may put its own there.
#[derive(Debug)]
pub(super) struct UnixSocket {
    path: PathBuf,
    listener: std::os::unix::net::UnixListener,
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // Whoever removed it before has done what is wanted.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Binds the first socket of an address; gives the port as well, which may have been left to the kernel.
pub(super) fn bind_tcp(host: &str, port: u16, is_kept: bool) -> Result<(Place, u16, Listener), ListenError> {
    let resolved = resolve(host, port)?;
    let explained = |error: io::Error| explain(host, port, &error);
    // With SO_REUSEPORT alone another process of the same user could share the port unnoticed.
    if port != 0 {
        drop(tcp_listener(resolved, false).map_err(explained)?);
    }
    let listener = tcp_listener(resolved, true).map_err(explained)?;
    let resolved = listener.local_addr().map_err(explained)?;
    let port = resolved.port();
    let place = match is_kept {
        true => Place::TcpKept(listener.try_clone().map_err(explained)?),
        false => Place::Tcp(resolved),
    };
    Ok((place, port, Listener::Tcp(listener)))
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr, ListenError> {
    let unresolved = |cause: String| ListenError::Host {
        host: host.to_owned(),
        cause,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses = (host, port)
        .to_socket_addrs()
        .map_err(|error| unresolved(error.to_string()))?;
    addresses
        .next()
        .ok_or_else(|| unresolved("the resolver gave none".to_owned()))
}

fn tcp_listener(address: SocketAddr, shared: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        // `::` means every address of the machine, as it does for Node.
        let _ = socket.set_only_v6(false);
    }
    socket.bind(&address.into())?;
    // Addresses in use by a listener are only noticed by listen(2) when SO_REUSEADDR is set.
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

pub(super) fn bind_unix(path: &Path) -> Result<(Place, Listener), ListenError> {
    let explained = |error: io::Error| explain_unix(path, &error);
    remove_stale(path).map_err(explained)?;
    let listener = std::os::unix::net::UnixListener::bind(path).map_err(explained)?;
    let first = listener.try_clone().map_err(explained)?;
    let socket = UnixSocket {
        path: path.to_owned(),
        listener,
    };
    Ok((Place::Unix(socket), Listener::Unix(first)))
}

/// Removes a socket that a process which ended badly has left behind; never one that answers, and never a
/// file of another kind.
fn remove_stale(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Ok(()),
    }
}

fn explain(host: &str, port: u16, error: &io::Error) -> ListenError {
    let host = host.to_owned();
    match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse { port, host },
        io::ErrorKind::PermissionDenied => ListenError::Denied { port, host },
        io::ErrorKind::AddrNotAvailable => ListenError::Host {
            host,
            cause: error.to_string(),
        },
        _ => ListenError::Other {
            port,
            host,
            cause: error.to_string(),
        },
    }
}

fn explain_unix(path: &Path, error: &io::Error) -> ListenError {
    ListenError::Unix {
        path: path.display().to_string(),
        cause: match error.kind() {
            io::ErrorKind::AddrInUse => "it is in use".to_owned(),
            _ => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_told() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = taken.local_addr().expect("it is bound").port();
        let error = bind_tcp("127.0.0.1", port, false).expect_err("it is in use");
        assert!(matches!(error, ListenError::PortInUse { .. }), "{error}");
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a new socket"));
        let live = bind_unix(&path).expect("the stale socket is replaced");
        assert!(bind_unix(&path).is_err());
        drop(live);
    }
}
