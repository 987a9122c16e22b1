//! Binding: from a host and a port, or a path, to a listening socket.
//!
//! Owns the socket options. Never decides which address, nor how long a socket is kept: its parent does, which calls it.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};

use super::Address;
use super::explain::{explain, explain_unix};
use crate::error::ListenError;
use howth_engine::ListeningSocket;

/// Connections that wait in the kernel to be accepted; the kernel caps it (net.core.somaxconn).
const BACKLOG: i32 = 4096;

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

/// A place to listen at, and its sockets.
#[derive(Debug)]
pub(super) enum Place {
    Tcp(TcpPlace),
    /// Unix-domain sockets know no `SO_REUSEPORT`: all cores have duplicates of one.
    Unix(UnixSocket),
    /// The process is ending.
    Closed,
}

/// A socket for each core, all of one port by `SO_REUSEPORT`.
#[derive(Debug)]
pub(super) struct TcpPlace {
    /// As it was asked for: the port may be 0, and a name may have another address the next time. `None`: inherited.
    asked: Option<(String, u16)>,
    resolved: SocketAddr,
    bound: SocketAddr,
    sockets: BTreeMap<usize, std::net::TcpListener>,
}

impl Place {
    pub(super) fn is_at(&self, target: &Target) -> bool {
        match (self, target) {
            (Place::Tcp(place), Target::Tcp { host, port, resolved }) => {
                let is_asked = place
                    .asked
                    .as_ref()
                    .is_some_and(|asked| *asked == (host.clone(), *port));
                is_asked || [place.resolved, place.bound].contains(resolved) || place.has_inherited(*resolved)
            }
            (Place::Unix(socket), Target::Unix(path)) => socket.path == *path,
            // Nothing is bound any more.
            (Place::Closed, _) => true,
            _ => false,
        }
    }

    /// A duplicate of a core's socket.
    pub(super) fn listener(
        &mut self,
        core: usize,
        address: &Address,
    ) -> Result<ListeningSocket, ListenError> {
        match self {
            Place::Tcp(place) => place
                .listener(core)
                .map(ListeningSocket::Tcp)
                .map_err(|error| explain(&address.host, address.port, &error)),
            Place::Unix(socket) => socket
                .listener
                .try_clone()
                .map(ListeningSocket::Unix)
                .map_err(|error| explain_unix(&socket.path, &error)),
            Place::Closed => Err(ListenError::Ending),
        }
    }

    /// Lets go of the sockets of all other cores.
    pub(super) fn close_all_but(&mut self, is_kept: impl Fn(usize) -> bool) {
        if let Place::Tcp(place) = self {
            place.sockets.retain(|&core, _| is_kept(core));
        }
    }

    /// Adds a duplicate of every socket, in the order of their cores.
    pub(super) fn duplicate(&self, duplicates: &mut Vec<OwnedFd>) -> io::Result<()> {
        match self {
            Place::Tcp(place) => {
                for socket in place.sockets.values() {
                    duplicates.push(socket.try_clone()?.into());
                }
            }
            Place::Unix(socket) => duplicates.push(socket.listener.try_clone()?.into()),
            Place::Closed => {}
        }
        Ok(())
    }

    /// Lets go of the sockets, but not of what else there is of them.
    pub(super) fn leave(&mut self) {
        if let Place::Unix(socket) = self {
            socket.is_left = true;
        }
        *self = Place::Closed;
    }

    /// Lets go of the socket of one core, where it has one of its own.
    pub(super) fn close_core(&mut self, core: usize) {
        if let Place::Tcp(place) = self {
            place.sockets.remove(&core);
        }
    }
}

impl TcpPlace {
    fn listener(&mut self, core: usize) -> io::Result<std::net::TcpListener> {
        if let Some(socket) = self.sockets.get(&core) {
            return socket.try_clone();
        }
        let socket = match (tcp_listener(self.bound, true), self.sockets.values().next()) {
            (Err(error), Some(shared)) if error.kind() == io::ErrorKind::AddrInUse => shared.try_clone()?,
            (socket, _) => socket?,
        };
        let duplicate = socket.try_clone();
        self.sockets.insert(core, socket);
        duplicate
    }

    /// Whether somebody has bound what was asked for: any port, or every address of the machine, in whichever family.
    fn has_inherited(&self, resolved: SocketAddr) -> bool {
        let (bound, asked) = (self.bound.ip(), resolved.ip());
        let is_host = bound == asked || (bound.is_unspecified() && asked.is_unspecified());
        let is_port = [0, self.bound.port()].contains(&resolved.port());
        self.asked.is_none() && is_host && is_port
    }
}

/// The places of sockets that were bound by somebody else, who gives them in the order of the cores.
pub(super) fn places_of(inherited: Vec<ListeningSocket>) -> io::Result<Vec<(Address, Place)>> {
    let mut places: Vec<(Address, Place)> = Vec::new();
    for listener in inherited {
        match listener {
            ListeningSocket::Tcp(listener) => add_tcp(&mut places, listener)?,
            // Nobody hands over what there is not.
            ListeningSocket::Elsewhere => {}
            ListeningSocket::Unix(listener) => {
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                let path = path.unwrap_or_default();
                let address = Address {
                    host: String::new(),
                    port: 0,
                    ip: None,
                    unix: Some(path.clone()),
                    is_secure: false,
                };
                let is_left = false;
                places.push((
                    address,
                    Place::Unix(UnixSocket {
                        path,
                        listener,
                        is_left,
                    }),
                ));
            }
        }
    }
    Ok(places)
}

fn add_tcp(places: &mut Vec<(Address, Place)>, listener: std::net::TcpListener) -> io::Result<()> {
    let bound = listener.local_addr()?;
    for (_, place) in places.iter_mut() {
        if let Place::Tcp(place) = place
            && place.bound == bound
        {
            place.sockets.insert(place.sockets.len(), listener);
            return Ok(());
        }
    }
    let address = Address {
        host: bound.ip().to_string(),
        port: bound.port(),
        ip: Some(bound.ip()),
        unix: None,
        is_secure: false,
    };
    let place = TcpPlace {
        asked: None,
        resolved: bound,
        bound,
        sockets: BTreeMap::from([(0, listener)]),
    };
    places.push((address, Place::Tcp(place)));
    Ok(())
}

/// A Unix-domain socket whose file goes when it is dropped, while it still listens: whoever finds no file, or one
/// that nobody listens on, may put its own there.
#[derive(Debug)]
pub(super) struct UnixSocket {
    path: PathBuf,
    listener: std::os::unix::net::UnixListener,
    /// Another process listens there.
    is_left: bool,
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        if !self.is_left {
            // Whoever removed it before has done what is wanted.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Binds the first socket of a place.
pub(super) fn bind(core: usize, target: Target) -> Result<(Address, Place), ListenError> {
    match target {
        Target::Tcp { host, port, resolved } => bind_tcp(core, host, port, resolved),
        Target::Unix(path) => bind_unix(&path).map(|socket| {
            let address = Address {
                host: String::new(),
                port: 0,
                ip: None,
                unix: Some(path),
                is_secure: false,
            };
            (address, Place::Unix(socket))
        }),
    }
}

fn bind_tcp(
    core: usize,
    host: String,
    port: u16,
    resolved: SocketAddr,
) -> Result<(Address, Place), ListenError> {
    let explained = |error: io::Error| explain(&host, port, &error);
    // With SO_REUSEPORT alone another process of the same user could share the port unnoticed.
    if port != 0 {
        drop(tcp_listener(resolved, false).map_err(explained)?);
    }
    let listener = tcp_listener(resolved, true).map_err(explained)?;
    let bound = listener.local_addr().map_err(explained)?;
    let place = TcpPlace {
        asked: Some((host.clone(), port)),
        resolved,
        bound,
        sockets: BTreeMap::from([(core, listener)]),
    };
    let address = Address {
        host,
        port: bound.port(),
        ip: Some(bound.ip()),
        unix: None,
        is_secure: false,
    };
    Ok((address, Place::Tcp(place)))
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

fn bind_unix(path: &Path) -> Result<UnixSocket, ListenError> {
    let explained = |error: io::Error| explain_unix(path, &error);
    remove_stale(path).map_err(explained)?;
    let listener = std::os::unix::net::UnixListener::bind(path).map_err(explained)?;
    Ok(UnixSocket {
        path: path.to_owned(),
        listener,
        is_left: false,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_told() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = taken.local_addr().expect("it is bound").port();
        let asked = Asked::Tcp {
            host: "127.0.0.1".to_owned(),
            port,
        };
        let target = Target::resolve(asked).expect("an address");
        let error = bind(0, target).expect_err("it is in use");
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
