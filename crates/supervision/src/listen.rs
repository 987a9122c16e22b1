//! Where the application listens, and the sockets for it: one per core.
//!
//! Owns the order of precedence (flag, module, environment, default), and how long a socket is kept. The first core to ask
//! settles the address, so that port 0 means the same port on every core, and after a reload.

mod inherited;
mod socket;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use howth_engine::Listener;

use crate::error::ListenError;
pub use inherited::Inherited;
use socket::{Asked, Place, Target, bind};

const DEFAULT_HOST: &str = "0.0.0.0";
const DEFAULT_PORT: u16 = 3000;

/// Where to listen, as far as the command line or the environment said. What is missing is taken from the
/// module's export, and from the defaults (0.0.0.0:3000) at last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenOptions {
    /// `--port`: over the module's export.
    pub port: Option<u16>,
    /// `--host`: over the module's export. An IP address or a name that resolves to one.
    pub host: Option<String>,
    /// `--unix`: a Unix-domain socket instead of TCP.
    pub unix: Option<PathBuf>,
    /// `PORT`: under the module's export.
    pub port_from_environment: Option<u16>,
    /// `HOST`: under the module's export.
    pub host_from_environment: Option<String>,
}

/// What the module asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// This port.
    pub port: Option<u16>,
    /// This host.
    pub host: Option<String>,
    /// A Unix-domain socket at this path.
    pub unix: Option<PathBuf>,
}

/// Where the application listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host as it was given.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path of a Unix-domain socket; then there is neither.
    pub unix: Option<PathBuf>,
}

impl Address {
    /// The address as a URL, or the path of the socket.
    pub fn url(&self) -> String {
        match &self.unix {
            Some(path) => format!("unix:{}", path.display()),
            None if self.host.contains(':') => format!("http://[{}]:{}/", self.host, self.port),
            None => format!("http://{}:{}/", self.host, self.port),
        }
    }

    /// The authority of request URLs whose client sent none.
    pub fn authority(&self) -> String {
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
pub struct Listeners {
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
    /// Those of `inherited` are listened on where the program asks for their addresses.
    ///
    /// # Errors
    /// An inherited socket has no address.
    pub fn new(options: ListenOptions, inherited: Vec<Listener>) -> io::Result<Arc<Self>> {
        let places = socket::places_of(inherited)?;
        let bound = places.into_iter().map(|(address, place)| Bound {
            address,
            place,
            leases: Vec::new(),
        });
        Ok(Arc::new(Listeners {
            options,
            bound: Mutex::new(bound.collect()),
        }))
    }

    /// A duplicate of the core's listening socket, which is made for the first.
    ///
    /// # Errors
    /// Nobody can listen there, or the process is ending.
    pub fn listen(
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
    pub fn close(&self) {
        for bound in self.bound().iter_mut() {
            bound.place = Place::Closed;
        }
    }

    /// Lets go of the sockets of a core that nobody takes the place of: its clients would wait for ever.
    pub fn close_core(&self, core: usize) {
        for bound in self.bound().iter_mut() {
            bound.place.close_core(core);
        }
    }

    /// Lets go of the sockets that no core listens on, now that all of them do.
    pub fn close_unused(&self) {
        let mut all = self.bound();
        all.retain(|bound| !bound.leases.is_empty());
        for bound in all.iter_mut() {
            bound.place.close_all_but(&bound.leases);
        }
    }

    /// A duplicate of every socket, for another process.
    ///
    /// # Errors
    /// There are too many open files.
    pub fn duplicates(&self) -> io::Result<Vec<OwnedFd>> {
        let mut duplicates = Vec::new();
        for bound in self.bound().iter() {
            bound.place.duplicate(&mut duplicates)?;
        }
        Ok(duplicates)
    }

    /// Lets go of the sockets like [`close`](Self::close), and leaves the addresses to another process that listens there.
    pub fn leave(&self) {
        for bound in self.bound().iter_mut() {
            bound.place.leave();
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
pub struct Lease {
    listeners: Arc<Listeners>,
    core: usize,
    address: Address,
    is_closing: bool,
}

impl Lease {
    /// The program has stopped its server, and with it the core's socket. A lease that is only dropped, because its core
    /// ends, leaves that open for the core that follows, unless that listens somewhere else.
    pub fn close(mut self) {
        self.is_closing = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.listeners.give_back(self);
    }
}
