//! Where the application listens, and the sockets for it: one per core.
//!
//! Owns the order of precedence (flag, module, environment, default), and how long a socket is kept. The first core to ask
//! settles the address, so that port 0 means the same port on every core, and after a reload.

mod socket;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::Listener;
use crate::error::ListenError;
use crate::options::ListenOptions;
use socket::{Asked, Place, Target, bind};

const DEFAULT_HOST: &str = "0.0.0.0";
const DEFAULT_PORT: u16 = 3000;

/// What the module asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// The listening sockets of a process. A core is given duplicates: while it starts again, or another takes its place, its
/// clients wait in the backlog of a socket that stays open.
#[derive(Debug)]
pub(crate) struct Listeners {
    options: ListenOptions,
    bound: Mutex<Vec<Bound>>,
}

#[derive(Debug)]
struct Bound {
    address: Address,
    place: Place,
    /// The cores that listen there; twice, while one takes the place of another.
    leases: Vec<usize>,
}

impl Listeners {
    pub(crate) fn new(options: ListenOptions) -> Arc<Self> {
        Arc::new(Listeners {
            options,
            bound: Mutex::default(),
        })
    }

    /// A duplicate of the core's listening socket, which is made for the first.
    pub(crate) fn listen(
        self: &Arc<Self>,
        core: usize,
        wanted: &Wanted,
    ) -> Result<(Listener, Address, Lease), ListenError> {
        let target = Target::resolve(self.asked(wanted))?;
        let mut all = self.bound();
        let known = all.iter().position(|bound| bound.place.is_at(&target));
        let position = match known {
            Some(position) => position,
            None => {
                // Where the program listened before it was changed.
                all.retain(|bound| !bound.leases.is_empty());
                let (address, place) = bind(core, target)?;
                all.push(Bound {
                    address,
                    place,
                    leases: Vec::new(),
                });
                all.len() - 1
            }
        };
        let bound = &mut all[position];
        let listener = bound.place.listener(core, &bound.address)?;
        bound.leases.push(core);
        let lease = Lease {
            listeners: self.clone(),
            core,
            address: bound.address.clone(),
            is_closing: false,
        };
        Ok((listener, bound.address.clone(), lease))
    }

    /// Lets go of the sockets, so that clients are refused once the cores have stopped listening, and another process
    /// can take the address over. None of them is listened on again.
    pub(crate) fn close(&self) {
        for bound in self.bound().iter_mut() {
            bound.place = Place::Closed;
        }
    }

    /// Lets go of the sockets of a core that nobody takes the place of: its clients would wait for ever.
    pub(crate) fn close_core(&self, core: usize) {
        for bound in self.bound().iter_mut() {
            bound.place.close_core(core);
        }
    }

    fn bound(&self) -> MutexGuard<'_, Vec<Bound>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked for, in the order of precedence.
    fn asked(&self, wanted: &Wanted) -> Asked {
        let options = &self.options;
        let tcp_was_asked = options.port.is_some() || options.host.is_some();
        let unix = options
            .unix
            .clone()
            .or_else(|| wanted.unix.clone().filter(|_| !tcp_was_asked));
        if let Some(path) = unix {
            return Asked::Unix(path);
        }
        let host = [&options.host, &wanted.host, &options.host_from_environment];
        let host = host.into_iter().flatten().next().cloned();
        let port = [options.port, wanted.port, options.port_from_environment];
        Asked::Tcp {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: port.into_iter().flatten().next().unwrap_or(DEFAULT_PORT),
        }
    }

    fn give_back(&self, lease: &Lease) {
        let mut all = self.bound();
        let Some(position) = all.iter().position(|bound| bound.address == lease.address) else {
            return;
        };
        let bound = &mut all[position];
        if let Some(own) = bound.leases.iter().position(|&core| core == lease.core) {
            bound.leases.swap_remove(own);
        }
        let has_successor = bound.leases.contains(&lease.core);
        let is_unused = bound.leases.is_empty();
        let listens_elsewhere = all.iter().any(|bound| bound.leases.contains(&lease.core));
        if has_successor || !(lease.is_closing || listens_elsewhere) {
            return;
        }
        match is_unused {
            true => drop(all.swap_remove(position)),
            false => all[position].place.close_core(lease.core),
        }
    }
}

/// A core listens; given back when it does not any more.
#[derive(Debug)]
pub(crate) struct Lease {
    listeners: Arc<Listeners>,
    core: usize,
    address: Address,
    is_closing: bool,
}

impl Lease {
    /// The program has stopped its server, and with it the core's socket. A lease that is only dropped, because its core
    /// ends, leaves that open for the core that follows, unless that listens somewhere else.
    pub(crate) fn close(mut self) {
        self.is_closing = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.listeners.give_back(self);
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

    fn on_loopback() -> Arc<Listeners> {
        Listeners::new(ListenOptions {
            host: Some("127.0.0.1".to_owned()),
            ..ListenOptions::default()
        })
    }

    fn port(port: u16) -> Wanted {
        Wanted {
            port: Some(port),
            ..Wanted::default()
        }
    }

    #[test]
    fn every_core_gets_the_port_the_first_one_got() {
        let listeners = on_loopback();
        let (first, address, _lease) = listeners.listen(0, &port(0)).expect("a free port");
        let (second, again, _lease) = listeners.listen(1, &port(0)).expect("the same port");
        assert_eq!((port_of(&first), &address), (port_of(&second), &again));
        assert_eq!(address.port, port_of(&first));
    }

    #[test]
    fn the_flag_wins_over_the_module_and_the_module_over_the_environment() {
        let listeners = Listeners::new(ListenOptions {
            port: Some(0),
            host: None,
            unix: None,
            port_from_environment: Some(1),
            host_from_environment: Some("127.0.0.1".to_owned()),
        });
        let (_, address, _lease) = listeners.listen(0, &port(2)).expect("a free port");
        assert!(address.port > 2);
        assert_eq!(address.host, "127.0.0.1");
    }

    /// Connects to a port that nobody accepts from; true if the connection is in a backlog.
    fn connects(port: u16) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    }

    #[test]
    fn a_core_that_starts_again_finds_its_clients() {
        let listeners = on_loopback();
        let (first, address, lease) = listeners.listen(0, &port(0)).expect("a free port");
        drop((first, lease));
        let client = std::net::TcpStream::connect(("127.0.0.1", address.port));
        let (Listener::Tcp(again), _, _lease) = listeners.listen(0, &port(0)).expect("the same socket")
        else {
            panic!("not a TCP listener");
        };
        let (_, peer) = again.accept().expect("the client");
        assert_eq!(client.expect("it waited").local_addr().expect("bound"), peer);
    }

    #[test]
    fn a_program_that_names_the_port_it_was_given_listens_there() {
        let listeners = on_loopback();
        let (_, address, _lease) = listeners.listen(0, &port(0)).expect("a free port");
        let (_, again, _lease) = listeners.listen(0, &port(address.port)).expect("the same socket");
        assert_eq!(address, again);
    }

    #[test]
    fn a_core_whose_successor_listens_elsewhere_closes_its_socket() {
        let listeners = on_loopback();
        let (old, before, old_lease) = listeners.listen(0, &port(0)).expect("a free port");
        let free = on_loopback().listen(0, &port(0)).expect("a free port").1.port;
        let (_new, after, _new_lease) = listeners.listen(0, &port(free)).expect("another port");
        assert!(before.port != after.port && connects(before.port));
        drop((old, old_lease));
        assert!(!connects(before.port) && connects(after.port));
    }

    #[test]
    fn a_core_that_nobody_follows_leaves_no_socket() {
        let listeners = on_loopback();
        let (first, address, first_lease) = listeners.listen(0, &port(0)).expect("a free port");
        let (second, _, second_lease) = listeners.listen(1, &port(0)).expect("the same port");
        drop((first, first_lease));
        listeners.close_core(0);
        drop(second);
        second_lease.close();
        assert!(!connects(address.port));
    }

    #[test]
    fn a_unix_socket_outlives_its_leases_but_not_the_last_that_is_closed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        let listeners = Listeners::new(ListenOptions::default());
        let wanted = Wanted {
            unix: Some(path.clone()),
            ..Wanted::default()
        };
        let connects = || std::os::unix::net::UnixStream::connect(&path).is_ok();
        let (first, _, restarted) = listeners.listen(0, &wanted).expect("a new socket");
        drop((first, restarted));
        assert!(connects(), "it waits for the core that follows");
        let (first, _, first_lease) = listeners.listen(0, &wanted).expect("the kept socket");
        let (second, _, second_lease) = listeners.listen(1, &wanted).expect("the kept socket");
        drop(first);
        first_lease.close();
        assert!(connects(), "the second listens");
        drop(second);
        second_lease.close();
        assert!(!connects() && !path.exists());
        let (again, _, _lease) = listeners.listen(0, &wanted).expect("a new socket");
        listeners.close();
        drop(again);
        assert!(!connects(), "the process is ending");
        assert!(matches!(listeners.listen(0, &wanted), Err(ListenError::Ending)));
    }
}
