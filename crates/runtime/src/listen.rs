//! Where the application listens, and the sockets for it: one per core.
//!
//! Owns the order of precedence (flag, module, environment, default) and the binding. The first core to ask
//! settles the address, so that port 0 means the same port on every core.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use socket2::{Domain, Protocol, Socket, Type};

use crate::engine::Listener;
use crate::error::ListenError;
use crate::options::ListenOptions;

const DEFAULT_HOST: &str = "0.0.0.0";
const DEFAULT_PORT: u16 = 3000;

/// Connections that wait in the kernel to be accepted; the kernel caps it (net.core.somaxconn).
const BACKLOG: i32 = 4096;

/// What the module asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub(crate) port: Option<u16>,
    pub(crate) host: Option<String>,
    pub(crate) unix: Option<PathBuf>,
}

/// Where the application listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) unix: Option<PathBuf>,
}

impl Address {
    /// The address as a URL, or the path of the socket.
    pub(crate) fn url(&self) -> String {
        match &self.unix {
            Some(path) => format!("unix:{}", path.display()),
            None if self.host.contains(':') => format!("http://[{}]:{}/", self.host, self.port),
            None => format!("http://{}:{}/", self.host, self.port),
        }
    }

    /// The authority of request URLs whose client sent none.
    pub(crate) fn authority(&self) -> String {
        match &self.unix {
            Some(_) => "localhost".to_owned(),
            None if self.host.contains(':') => format!("[{}]:{}", self.host, self.port),
            None => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The listening sockets of a process.
#[derive(Debug)]
pub(crate) struct Listeners {
    options: ListenOptions,
    /// One socket is kept and its duplicates are handed out, so that connections wait in its backlog while
    /// nobody accepts. `--watch` needs that; serving does not, where a socket per core is faster.
    is_kept: bool,
    bound: Mutex<HashMap<Wanted, Bound>>,
}

#[derive(Debug)]
struct Bound {
    address: Address,
    resolved: Resolved,
    /// How many cores listen there.
    leases: usize,
}

#[derive(Debug)]
enum Resolved {
    Tcp(SocketAddr),
    /// Kept, for duplicates.
    TcpKept(std::net::TcpListener),
    /// Kept, so that every core gets a duplicate of one socket: Unix-domain sockets know no `SO_REUSEPORT`.
    Unix(std::os::unix::net::UnixListener),
    /// No longer kept: the process is ending.
    Closed,
}

impl Listeners {
    pub(crate) fn new(options: ListenOptions, is_kept: bool) -> Arc<Self> {
        Arc::new(Listeners {
            options,
            is_kept,
            bound: Mutex::default(),
        })
    }

    /// A listening socket of this core's own.
    pub(crate) fn listen(
        self: &Arc<Self>,
        wanted: &Wanted,
    ) -> Result<(Listener, Address, Lease), ListenError> {
        let mut all = self.bound();
        let (bound, listener) = match all.get_mut(wanted) {
            Some(known) if !matches!(known.resolved, Resolved::Closed) => {
                let listener = known.another()?;
                (known, listener)
            }
            known => {
                let leases = known.map_or(0, |known| known.leases);
                let (bound, listener) = self.bind(wanted)?;
                let bound = all.entry(wanted.clone()).insert_entry(Bound { leases, ..bound });
                (bound.into_mut(), listener)
            }
        };
        bound.leases += 1;
        let lease = Lease {
            listeners: self.clone(),
            wanted: wanted.clone(),
            is_closing: false,
        };
        Ok((listener, bound.address.clone(), lease))
    }

    /// Lets go of the sockets that are kept, so that clients are refused once the cores have stopped listening.
    pub(crate) fn close_kept(&self) {
        for bound in self.bound().values_mut() {
            bound.resolved = Resolved::Closed;
        }
    }

    fn bound(&self) -> MutexGuard<'_, HashMap<Wanted, Bound>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the Unix-domain sockets from the file system; to be called when nobody serves any more.
    pub(crate) fn remove_sockets(&self) {
        for path in self
            .bound()
            .values()
            .filter_map(|bound| bound.address.unix.as_deref())
        {
            // Whoever removed it before has done what is wanted.
            let _ = std::fs::remove_file(path);
        }
    }

    fn bind(&self, wanted: &Wanted) -> Result<(Bound, Listener), ListenError> {
        let options = &self.options;
        let tcp_was_asked = options.port.is_some() || options.host.is_some();
        let unix = options
            .unix
            .clone()
            .or_else(|| wanted.unix.clone().filter(|_| !tcp_was_asked));
        if let Some(path) = unix {
            return bind_unix(&path);
        }
        let host = [&options.host, &wanted.host, &options.host_from_environment];
        let host = host
            .into_iter()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_else(|| DEFAULT_HOST.to_owned());
        let port = [options.port, wanted.port, options.port_from_environment];
        let port = port.into_iter().flatten().next().unwrap_or(DEFAULT_PORT);
        bind_tcp(&host, port, self.is_kept)
    }
}

/// A core listens; given back when it does not any more.
#[derive(Debug)]
pub(crate) struct Lease {
    listeners: Arc<Listeners>,
    wanted: Wanted,
    is_closing: bool,
}

impl Lease {
    /// The program has stopped its server: when the last core does, nobody is let in any more. A lease that is
    /// only dropped, because its core ends, leaves a kept socket open for the core that follows.
    pub(crate) fn close(mut self) {
        self.is_closing = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut all = self.listeners.bound();
        let Some(bound) = all.get_mut(&self.wanted) else {
            return;
        };
        bound.leases -= 1;
        if bound.leases == 0 && self.is_closing {
            let bound = all.remove(&self.wanted);
            if let Some(path) = bound.and_then(|bound| bound.address.unix) {
                // Whoever removed it before has done what is wanted.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

impl Bound {
    fn another(&self) -> Result<Listener, ListenError> {
        let address = &self.address;
        match &self.resolved {
            Resolved::Tcp(resolved) => tcp_listener(*resolved, true)
                .map(Listener::Tcp)
                .map_err(|error| explain(&address.host, address.port, &error)),
            Resolved::TcpKept(listener) => listener
                .try_clone()
                .map(Listener::Tcp)
                .map_err(|error| explain(&address.host, address.port, &error)),
            Resolved::Unix(listener) => listener
                .try_clone()
                .map(Listener::Unix)
                .map_err(|error| explain_unix(address.unix.as_deref(), &error)),
            Resolved::Closed => unreachable!("Listeners::listen binds again"),
        }
    }
}

fn bind_tcp(host: &str, port: u16, is_kept: bool) -> Result<(Bound, Listener), ListenError> {
    let resolved = resolve(host, port)?;
    let explained = |error: io::Error| explain(host, port, &error);
    // With SO_REUSEPORT alone another process of the same user could share the port unnoticed.
    if port != 0 {
        drop(tcp_listener(resolved, false).map_err(explained)?);
    }
    let listener = tcp_listener(resolved, true).map_err(explained)?;
    let resolved = listener.local_addr().map_err(explained)?;
    let address = Address {
        host: host.to_owned(),
        port: resolved.port(),
        unix: None,
    };
    let resolved = match is_kept {
        true => Resolved::TcpKept(listener.try_clone().map_err(explained)?),
        false => Resolved::Tcp(resolved),
    };
    let bound = Bound {
        address,
        resolved,
        leases: 0,
    };
    Ok((bound, Listener::Tcp(listener)))
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

fn bind_unix(path: &Path) -> Result<(Bound, Listener), ListenError> {
    let explained = |error: io::Error| explain_unix(Some(path), &error);
    remove_stale(path).map_err(explained)?;
    let listener = std::os::unix::net::UnixListener::bind(path).map_err(explained)?;
    let first = listener.try_clone().map_err(explained)?;
    let address = Address {
        host: String::new(),
        port: 0,
        unix: Some(path.to_owned()),
    };
    let bound = Bound {
        address,
        resolved: Resolved::Unix(listener),
        leases: 0,
    };
    Ok((bound, Listener::Unix(first)))
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

fn explain_unix(path: Option<&Path>, error: &io::Error) -> ListenError {
    ListenError::Unix {
        path: path.map(|path| path.display().to_string()).unwrap_or_default(),
        cause: match error.kind() {
            io::ErrorKind::AddrInUse => "it is in use".to_owned(),
            _ => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port_of(listener: &Listener) -> u16 {
        match listener {
            Listener::Tcp(listener) => listener.local_addr().expect("it is bound").port(),
            Listener::Unix(_) => panic!("not a TCP listener"),
        }
    }

    #[test]
    fn every_core_gets_the_port_the_first_one_got() {
        let listeners = Listeners::new(
            ListenOptions {
                host: Some("127.0.0.1".to_owned()),
                ..ListenOptions::default()
            },
            false,
        );
        let wanted = Wanted {
            port: Some(0),
            ..Wanted::default()
        };
        let (first, address, _lease) = listeners.listen(&wanted).expect("a free port");
        let (second, again, _lease) = listeners.listen(&wanted).expect("the same port");
        assert_eq!((port_of(&first), &address), (port_of(&second), &again));
        assert_eq!(address.port, port_of(&first));
    }

    #[test]
    fn the_flag_wins_over_the_module_and_the_module_over_the_environment() {
        let listeners = Listeners::new(
            ListenOptions {
                port: Some(0),
                host: None,
                unix: None,
                port_from_environment: Some(1),
                host_from_environment: Some("127.0.0.1".to_owned()),
            },
            false,
        );
        let wanted = Wanted {
            port: Some(2),
            ..Wanted::default()
        };
        let (_, address, _lease) = listeners.listen(&wanted).expect("a free port");
        assert!(address.port > 2);
        assert_eq!(address.host, "127.0.0.1");
    }

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

    #[test]
    fn a_kept_socket_outlives_its_leases_but_not_the_last_that_is_closed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        let listeners = Listeners::new(ListenOptions::default(), false);
        let wanted = Wanted {
            unix: Some(path.clone()),
            ..Wanted::default()
        };
        let connects = || std::os::unix::net::UnixStream::connect(&path).is_ok();
        let (first, _, restarted) = listeners.listen(&wanted).expect("a new socket");
        drop((first, restarted));
        assert!(connects(), "it waits for the core that follows");
        let (first, _, first_lease) = listeners.listen(&wanted).expect("the kept socket");
        let (second, _, second_lease) = listeners.listen(&wanted).expect("the kept socket");
        drop(first);
        first_lease.close();
        assert!(connects(), "the second listens");
        drop(second);
        second_lease.close();
        assert!(!connects() && !path.exists());
        let (again, _, _lease) = listeners.listen(&wanted).expect("a new socket");
        listeners.close_kept();
        drop(again);
        assert!(!connects(), "the process is ending");
    }
}
