//! Places to listen at: one socket for each core, or one for all.
//!
//! Owns how the cores of a process share an address, also such sockets as somebody else has bound. Never decides which address,
//! nor how long a socket is kept: its parent does, which calls it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::Address;
use super::explain::{explain, explain_unix};
use super::socket::{SocketOptions, Target, tcp_listener};
use super::unix::{UnixSocket, bind_unix, unix_address};
use crate::error::ListenError;
use howth_engine::ListeningSocket;

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
    options: SocketOptions,
    sockets: BTreeMap<usize, std::net::TcpListener>,
}

impl Place {
    pub(super) fn is_at(&self, target: &Target) -> bool {
        match (self, target) {
            (
                Place::Tcp(place),
                Target::Tcp {
                    host, port, resolved, ..
                },
            ) => {
                let is_asked = place
                    .asked
                    .as_ref()
                    .is_some_and(|asked| *asked == (host.clone(), *port));
                is_asked || [place.resolved, place.bound].contains(resolved) || place.has_inherited(*resolved)
            }
            (Place::Unix(socket), Target::Unix(path)) => socket.path == *path,
            (Place::Tcp(place), Target::Inherited) => place.asked.is_none(),
            (Place::Unix(socket), Target::Inherited) => socket.is_inherited,
            // Nothing is bound any more.
            (Place::Closed, _) => true,
            _ => false,
        }
    }

    /// Whether both are sockets of one address.
    pub(super) fn has_address_of(&self, other: &Place) -> bool {
        match (self, other) {
            (Place::Tcp(place), Place::Tcp(other)) => place.bound == other.bound,
            (Place::Unix(socket), Place::Unix(other)) => socket.path == other.path,
            (Place::Closed, _) | (_, Place::Closed) => true,
            _ => false,
        }
    }

    /// Somebody listens there.
    pub(super) fn in_use(&self) -> ListenError {
        let error = io::Error::from(io::ErrorKind::AddrInUse);
        match self {
            Place::Tcp(place) => explain(&place.bound.ip().to_string(), place.bound.port(), &error),
            Place::Unix(socket) => explain_unix(&socket.path, &error),
            Place::Closed => ListenError::Ending,
        }
    }

    /// The socket of another place of the same address is a core's from now on, unless it has one.
    pub(super) fn take_over(&mut self, core: usize, other: &mut Place) {
        if let (Place::Tcp(place), Place::Tcp(other)) = (self, other)
            && let Some((_, socket)) = other.sockets.pop_first()
        {
            place.sockets.entry(core).or_insert(socket);
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
        let socket = match (
            tcp_listener(self.bound, true, self.options),
            self.sockets.values().next(),
        ) {
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
/// `are_lent`: files of Unix-domain sockets stay when they are closed.
pub(super) fn places_of(
    inherited: Vec<ListeningSocket>,
    are_lent: bool,
) -> io::Result<Vec<(Address, Place)>> {
    let mut places: Vec<(Address, Place)> = Vec::new();
    for listener in inherited {
        match listener {
            ListeningSocket::Tcp(listener) => add_tcp(&mut places, listener)?,
            // Nobody hands over what there is not.
            ListeningSocket::Elsewhere => {}
            ListeningSocket::Unix(listener) => {
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                let path = path.unwrap_or_default();
                let socket = UnixSocket {
                    path: path.clone(),
                    listener,
                    is_left: are_lent,
                    is_inherited: true,
                };
                places.push((unix_address(path), Place::Unix(socket)));
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
        ..Address::default()
    };
    let place = TcpPlace {
        asked: None,
        resolved: bound,
        bound,
        options: SocketOptions::default(),
        sockets: BTreeMap::from([(0, listener)]),
    };
    places.push((address, Place::Tcp(place)));
    Ok(())
}

/// The place of a socket that a core's program was given, which listens.
pub(super) fn adopted(core: usize, socket: ListeningSocket) -> Result<(Address, Place), ListenError> {
    let failed = |error: io::Error| explain("", 0, &error);
    // Whoever has bound it removes its file.
    let place = places_of(vec![socket], true).map_err(failed)?.pop();
    let (address, mut place) = place.ok_or(ListenError::Ending)?;
    match &mut place {
        Place::Tcp(place) => {
            let sockets = std::mem::take(&mut place.sockets).into_values();
            place.sockets = sockets.map(|socket| (core, socket)).collect();
        }
        // It is this program's, and no other server of the process asks for it.
        Place::Unix(socket) => socket.is_inherited = false,
        Place::Closed => {}
    }
    Ok((address, place))
}

/// Binds the first socket of a place.
pub(super) fn bind(
    core: usize,
    target: Target,
    options: SocketOptions,
) -> Result<(Address, Place), ListenError> {
    match target {
        Target::Tcp {
            host,
            port,
            resolved,
            is_only_v6,
        } => {
            let options = SocketOptions {
                is_ipv6_only: is_only_v6 || options.is_ipv6_only,
                ..options
            };
            bind_tcp(core, host, port, resolved, options)
        }
        Target::Unix(path) => {
            bind_unix(&path, options).map(|socket| (unix_address(path), Place::Unix(socket)))
        }
        Target::Inherited => Err(ListenError::NotPassed),
    }
}

fn bind_tcp(
    core: usize,
    host: String,
    port: u16,
    resolved: SocketAddr,
    options: SocketOptions,
) -> Result<(Address, Place), ListenError> {
    let explained = |error: io::Error| explain(&host, port, &error);
    // With SO_REUSEPORT alone another process of the same user could share the port unnoticed.
    if port != 0 {
        drop(tcp_listener(resolved, false, options).map_err(explained)?);
    }
    let listener = tcp_listener(resolved, true, options).map_err(explained)?;
    let bound = listener.local_addr().map_err(explained)?;
    let place = TcpPlace {
        asked: Some((host.clone(), port)),
        resolved,
        bound,
        options,
        sockets: BTreeMap::from([(core, listener)]),
    };
    let address = Address {
        host,
        port: bound.port(),
        ip: Some(bound.ip()),
        ..Address::default()
    };
    Ok((address, Place::Tcp(place)))
}

#[cfg(test)]
mod tests {
    use super::super::address::ListenAddress;
    use super::*;

    #[test]
    fn a_port_in_use_is_told() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = taken.local_addr().expect("it is bound").port();
        let asked = ListenAddress::Tcp {
            host: "127.0.0.1".to_owned(),
            port,
        };
        let target = Target::resolve(asked).expect("an address");
        let error = bind(0, target, SocketOptions::default()).expect_err("it is in use");
        assert!(matches!(error, ListenError::PortInUse { .. }), "{error}");
    }
}
