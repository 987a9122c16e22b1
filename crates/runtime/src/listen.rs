//! Where the application listens, and the sockets for it: one per core.
//!
//! Owns the order of precedence (flag, module, environment, default), and how long a socket is kept. The first core to ask
//! settles the address, so that port 0 means the same port on every core.

mod socket;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::Listener;
use crate::error::ListenError;
use crate::options::ListenOptions;
use socket::{Place, bind_tcp, bind_unix};

const DEFAULT_HOST: &str = "0.0.0.0";
const DEFAULT_PORT: u16 = 3000;

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
    place: Place,
    /// How many cores listen there.
    leases: usize,
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
        if !all.contains_key(wanted) {
            // Where the program listened before it was changed.
            all.retain(|_, bound| bound.leases > 0 || !bound.place.is_kept());
        }
        let (bound, listener) = match all.entry(wanted.clone()) {
            Entry::Occupied(known) => {
                let listener = known.get().place.another(&known.get().address)?;
                (known.into_mut(), listener)
            }
            Entry::Vacant(vacant) => {
                let (bound, listener) = self.bind(wanted)?;
                (vacant.insert(bound), listener)
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

    /// Lets go of the sockets that are kept, so that clients are refused once the cores have stopped listening, and
    /// another process can take the address over.
    pub(crate) fn close_kept(&self) {
        for bound in self.bound().values_mut().filter(|bound| bound.place.is_kept()) {
            bound.place = Place::Closed;
        }
    }

    fn bound(&self) -> MutexGuard<'_, HashMap<Wanted, Bound>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bind(&self, wanted: &Wanted) -> Result<(Bound, Listener), ListenError> {
        let options = &self.options;
        let tcp_was_asked = options.port.is_some() || options.host.is_some();
        let unix = options
            .unix
            .clone()
            .or_else(|| wanted.unix.clone().filter(|_| !tcp_was_asked));
        if let Some(path) = unix {
            return bind_unix(&path).map(|(place, listener)| {
                let address = Address {
                    host: String::new(),
                    port: 0,
                    unix: Some(path),
                };
                (Bound::new(address, place), listener)
            });
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
        let (place, port, listener) = bind_tcp(&host, port, self.is_kept)?;
        let address = Address {
            host,
            port,
            unix: None,
        };
        Ok((Bound::new(address, place), listener))
    }
}

impl Bound {
    fn new(address: Address, place: Place) -> Self {
        Bound {
            address,
            place,
            leases: 0,
        }
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
    /// The program has stopped its server: when the last core does, a socket that is kept closes. A lease that is
    /// only dropped, because its core ends, leaves it open for the core that follows.
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
        if bound.leases == 0 && self.is_closing && bound.place.is_kept() {
            all.remove(&self.wanted);
        }
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
