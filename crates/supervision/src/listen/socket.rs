//! Binding: from a host and a port, or a path, to a listening socket.
//!
//! Owns the socket options, and what a name stands for. Never decides which address, nor how long a socket is kept. Called by:
//! `place`; its parent, with what is asked for.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use socket2::{Domain, Protocol, Socket, Type};

use super::Wanted;
use super::address::ListenAddress;
use super::explain::{explain, explain_unix};
use crate::error::ListenError;

/// Connections that wait in the kernel to be accepted; the kernel caps it (net.core.somaxconn).
pub(super) const BACKLOG: i32 = 4096;

/// What else is said of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketOptions {
    pub(super) is_ipv6_only: bool,
    pub(super) backlog: i32,
    /// Who may connect to one of the Unix domain; `None`: as the process's umask has it.
    pub(super) unix_mode: Option<u32>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        SocketOptions {
            is_ipv6_only: false,
            backlog: BACKLOG,
            unix_mode: None,
        }
    }
}

impl From<&Wanted> for SocketOptions {
    fn from(wanted: &Wanted) -> Self {
        SocketOptions {
            is_ipv6_only: wanted.is_ipv6_only,
            backlog: wanted.backlog.map_or(BACKLOG, i32::from),
            ..SocketOptions::default()
        }
    }
}

/// Where somebody wants to listen, with the host's address.
#[derive(Debug)]
pub(super) enum Target {
    Tcp {
        host: String,
        port: u16,
        resolved: SocketAddr,
        /// Another socket of the server has the port for IPv4.
        is_only_v6: bool,
    },
    Unix(PathBuf),
    /// All that was inherited and is not listened on.
    Inherited,
}

impl Target {
    pub(super) fn resolve(asked: ListenAddress) -> Result<Self, ListenError> {
        Ok(match asked {
            ListenAddress::Tcp { host, port } => Target::Tcp {
                resolved: resolve(&host, port)?,
                host,
                port,
                is_only_v6: false,
            },
            ListenAddress::Unix(path) => Target::Unix(path),
            ListenAddress::Inherited => Target::Inherited,
        })
    }

    /// Those that one server is to listen at. Where it listens at every address of IPv4, and at every one of IPv6 with the same
    /// port, the one does not take the other's.
    pub(super) fn resolve_all(asked: Vec<ListenAddress>) -> Result<Vec<Self>, ListenError> {
        let targets: Result<Vec<Target>, ListenError> = asked.into_iter().map(Target::resolve).collect();
        let mut targets = targets?;
        let of_v4 = |target: &Target| match target {
            Target::Tcp { resolved, port, .. } if resolved.is_ipv4() => Some(*port),
            _ => None,
        };
        let ports: Vec<u16> = targets.iter().filter_map(of_v4).collect();
        for target in &mut targets {
            if let Target::Tcp {
                resolved,
                port,
                is_only_v6,
                ..
            } = target
            {
                *is_only_v6 = resolved.is_ipv6() && *port != 0 && ports.contains(port);
            }
        }
        Ok(targets)
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
            Target::Inherited => ListenError::NotPassed,
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
        // `::` alone means every address of the machine, as it does for Node, unless the program says otherwise.
        let _ = socket.set_only_v6(options.is_ipv6_only);
    }
    socket.bind(&address.into())?;
    // Addresses in use by a listener are only noticed by listen(2) when SO_REUSEADDR is set.
    socket.listen(options.backlog)?;
    Ok(socket.into())
}
