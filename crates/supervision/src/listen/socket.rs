//! Binding: from a host and a port, or a path, to a listening socket.
//!
//! Owns the socket options, and what a name stands for. Never decides which address, nor how long a socket is kept. Called by:
//! `place`; its parent, with what is asked for.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::Wanted;
use super::explain::{explain, explain_unix};
use crate::error::ListenError;

/// Connections that wait in the kernel to be accepted; the kernel caps it (net.core.somaxconn).
const BACKLOG: i32 = 4096;

/// What else is said of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketOptions {
    is_ipv6_only: bool,
    backlog: i32,
}

impl Default for SocketOptions {
    fn default() -> Self {
        SocketOptions {
            is_ipv6_only: false,
            backlog: BACKLOG,
        }
    }
}

impl From<&Wanted> for SocketOptions {
    fn from(wanted: &Wanted) -> Self {
        SocketOptions {
            is_ipv6_only: wanted.is_ipv6_only,
            backlog: wanted.backlog.map_or(BACKLOG, i32::from),
        }
    }
}

/// Where somebody wants to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// The same, with the host's address.
#[derive(Debug)]
pub(super) enum Target {
    Tcp {
        host: String,
        port: u16,
        resolved: SocketAddr,
    },
    Unix(PathBuf),
}

impl Target {
    pub(super) fn resolve(asked: Asked) -> Result<Self, ListenError> {
        Ok(match asked {
            Asked::Tcp { host, port } => Target::Tcp {
                resolved: resolve(&host, port)?,
                host,
                port,
            },
            Asked::Unix(path) => Target::Unix(path),
        })
    }

    /// Whether any port will do.
    pub(super) fn is_any_port(&self) -> bool {
        matches!(self, Target::Tcp { port: 0, .. })
    }

    /// Somebody listens there.
    pub(super) fn in_use(&self) -> ListenError {
        let error = io::Error::from(io::ErrorKind::AddrInUse);
        match self {
            Target::Tcp { host, port, .. } => explain(host, *port, &error),
            Target::Unix(path) => explain_unix(path, &error),
        }
    }
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

/// A socket of TCP that listens. `shared`: others of this process may as well.
pub(super) fn tcp_listener(
    address: SocketAddr,
    shared: bool,
    options: SocketOptions,
) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        // `::` means every address of the machine, as it does for Node, unless the program says otherwise.
        let _ = socket.set_only_v6(options.is_ipv6_only);
    }
    socket.bind(&address.into())?;
    // Addresses in use by a listener are only noticed by listen(2) when SO_REUSEADDR is set.
    socket.listen(options.backlog)?;
    Ok(socket.into())
}

/// A Unix-domain socket that listens, in the place of one that nobody listens on any more.
pub(super) fn unix_listener(
    path: &Path,
    options: SocketOptions,
) -> io::Result<std::os::unix::net::UnixListener> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    socket.listen(options.backlog)?;
    Ok(socket.into())
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
