//! Where the application listens, and the sockets for it: for each address one per core.
//!
//! Owns the order of precedence (flag, module, environment, default), and how long a socket is kept. The first core to ask
//! settles the address, so that port 0 means the same port on every core, and after a reload. Never accepts. Called by: the
//! cores, which listen, and the supervisor, which knows who follows whom.

mod address;
mod explain;
mod holder;
mod inherited;
mod lease;
mod place;
mod socket;
#[cfg(test)]
mod tests;
mod unix;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use howth_engine::{ListenerId, ListeningSocket, Place};

use address::DEFAULT_HOST;
pub use address::{Address, ListenAddress};
pub use inherited::Inherited;
pub use lease::{CoreListeners, Lease};

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
    /// `--listen`: all of these, instead of what the others and the module say.
    pub listen: Vec<ListenAddress>,
    /// `--unix-mode`: who may connect to Unix-domain sockets; `None`: as the process's umask has it.
    pub unix_mode: Option<u32>,
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
    /// No clients by IPv4, where the host is an address of IPv6.
    pub is_ipv6_only: bool,
    /// How many connections may wait to be accepted; the kernel caps it. `None`: howth's own bound.
    pub backlog: Option<u16>,
}

/// The listening sockets of a process. A core is given duplicates: while it starts again, or another takes its place, its
/// clients wait in the backlog of a socket that stays open.
#[derive(Debug)]
pub struct Listeners {
    options: ListenOptions,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Bound {
    address: Address,
    place: place::Place,
    /// What the place is called.
    number: Place,
    /// Who listens there: of a core's number two, while one takes the place of another.
    leases: Vec<Leased>,
    /// The cores that listen there, or have ended and are followed by such as are to find their clients.
    cores: BTreeSet<usize>,
}

impl Bound {
    fn is_unused(&self) -> bool {
        self.leases.is_empty() && self.cores.is_empty()
    }

    fn is_listened_on_by(&self, life: Life) -> bool {
        self.leases.iter().any(|leased| leased.life == life)
    }

    /// Whether a core listens there, and means to go on.
    fn is_kept_by(&self, life: Life) -> bool {
        let is_kept = |leased: &Leased| leased.life == life && !leased.is_closing;
        self.leases.iter().any(is_kept)
    }

    /// Closes the socket of a core that does not listen there, and is not followed by one that is to.
    fn close_if_unused(&mut self, core: usize) {
        let is_used = self.cores.contains(&core) || self.leases.iter().any(|leased| leased.life.core == core);
        if !is_used {
            self.place.close_core(core);
        }
    }
}

/// A listener of a core.
#[derive(Debug)]
struct Leased {
    life: Life,
    listener: ListenerId,
    /// The program has closed it, and the core is about to.
    is_closing: bool,
}

/// One of the cores that have a number, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life {
    core: usize,
    /// Higher than that of the one before.
    number: u64,
}

/// What [`Listeners`] has to keep.
#[derive(Debug, Default)]
struct State {
    bound: Vec<Bound>,
    /// Of each number: who decides where the cores of that number listen. None: the one before has ended.
    current: BTreeMap<usize, Life>,
    /// Those that have started, and asked for all that they listen on.
    settled: BTreeSet<u64>,
    lives: u64,
    places: u32,
    listeners: u32,
}

impl State {
    fn next_place(&mut self) -> Place {
        self.places += 1;
        Place(self.places - 1)
    }

    fn next_listener(&mut self) -> ListenerId {
        self.listeners += 1;
        ListenerId(self.listeners - 1)
    }

    fn add(&mut self, address: Address, place: place::Place) {
        let number = self.next_place();
        self.bound.push(Bound {
            address,
            place,
            number,
            leases: Vec::new(),
            cores: BTreeSet::new(),
        });
    }

    /// A core decides where those of its number listen: what others had besides is closed.
    fn put_in_charge(&mut self, life: Life) {
        self.current.insert(life.core, life);
        for bound in &mut self.bound {
            match bound.is_listened_on_by(life) {
                true => bound.cores.insert(life.core),
                false => bound.cores.remove(&life.core),
            };
            bound.close_if_unused(life.core);
        }
        self.bound.retain(|bound| !bound.is_unused());
    }

    /// A core listens nowhere any more.
    fn listens_nowhere(&mut self, life: Life) {
        if self.current.get(&life.core) != Some(&life) {
            return;
        }
        self.current.remove(&life.core);
        let leases = self.bound.iter().flat_map(|bound| &bound.leases);
        let leases = leases.map(|leased| &leased.life);
        let others = leases.filter(|other| other.core == life.core && self.settled.contains(&other.number));
        if let Some(other) = others.copied().max_by_key(|other| other.number) {
            self.put_in_charge(other);
        }
    }
}

impl Listeners {
    /// Those of `inherited` are listened on where the program asks for their addresses. `are_lent`: files of Unix-domain
    /// sockets among them stay when they are closed, for whoever has made them.
    ///
    /// # Errors
    /// An inherited socket has no address.
    pub fn new(
        options: ListenOptions,
        inherited: Vec<ListeningSocket>,
        are_lent: bool,
    ) -> io::Result<Arc<Self>> {
        let mut state = State::default();
        for (address, place) in place::places_of(inherited, are_lent)? {
            state.add(address, place);
        }
        Ok(Arc::new(Listeners {
            options,
            state: Mutex::new(state),
        }))
    }

    /// The listeners of a new core.
    pub fn of_core(self: &Arc<Self>, core: usize) -> CoreListeners {
        let mut state = self.state();
        state.lives += 1;
        let life = Life {
            core,
            number: state.lives,
        };
        CoreListeners::new(self.clone(), life)
    }

    /// Lets go of the sockets, so that clients are refused once the cores have stopped listening, and another process
    /// can take the address over. None of them is listened on again.
    pub fn close(&self) {
        for bound in &mut self.state().bound {
            bound.place = place::Place::Closed;
        }
    }

    /// Lets go of the sockets of a core that nobody takes the place of: its clients would wait for ever.
    pub fn close_core(&self, core: usize) {
        for bound in &mut self.state().bound {
            bound.cores.remove(&core);
            bound.place.close_core(core);
        }
    }

    /// The cores of a program have ended, or are about to. Those of the next find their sockets if it asks for the same
    /// address.
    pub fn program_ended(&self) {
        let mut state = self.state();
        state.current.clear();
        for bound in &mut state.bound {
            bound.cores.clear();
        }
    }

    /// Lets go of the sockets that no core listens on, now that all of them do; but one may have ended a moment ago, and
    /// another is to find its clients.
    pub fn close_unused(&self) {
        let mut state = self.state();
        state.bound.retain(|bound| !bound.is_unused());
        for Bound {
            place, leases, cores, ..
        } in &mut state.bound
        {
            place.close_all_but(|core| {
                cores.contains(&core) || leases.iter().any(|leased| leased.life.core == core)
            });
        }
    }

    /// A duplicate of every socket, for another process.
    ///
    /// # Errors
    /// There are too many open files.
    pub fn duplicates(&self) -> io::Result<Vec<OwnedFd>> {
        let mut duplicates = Vec::new();
        for bound in &self.state().bound {
            bound.place.duplicate(&mut duplicates)?;
        }
        Ok(duplicates)
    }

    /// Lets go of the sockets like [`close`](Self::close), and leaves the addresses to another process that listens there.
    pub fn leave(&self) {
        for bound in &mut self.state().bound {
            bound.place.leave();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked for, in the order of precedence. What the command line says is meant for one server: `is_first`.
    fn asked(&self, wanted: &Wanted, is_first: bool) -> Vec<ListenAddress> {
        let none = ListenOptions::default();
        let options = if is_first { &self.options } else { &none };
        if !options.listen.is_empty() {
            let mut asked = options.listen.clone();
            // They are all that nobody has named.
            asked.sort_by_key(|address| *address == ListenAddress::Inherited);
            return asked;
        }
        let tcp_was_asked = options.port.is_some() || options.host.is_some();
        let unix = options
            .unix
            .clone()
            .or_else(|| wanted.unix.clone().filter(|_| !tcp_was_asked));
        if let Some(path) = unix {
            return vec![ListenAddress::Unix(path)];
        }
        let host = [&options.host, &wanted.host, &options.host_from_environment];
        let host = host.into_iter().flatten().next().cloned();
        let port = [options.port, wanted.port, options.port_from_environment];
        vec![ListenAddress::Tcp {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: port.into_iter().flatten().next().unwrap_or(DEFAULT_PORT),
        }]
    }

    fn give_back(&self, lease: &Lease) {
        let mut state = self.state();
        let life = lease.life;
        for place in &lease.places {
            let Some(bound) = state.bound.iter_mut().find(|bound| bound.number == *place) else {
                continue;
            };
            bound.leases.retain(|leased| leased.listener != lease.listener);
            if lease.is_closing && !bound.leases.iter().any(|leased| leased.life.core == life.core) {
                bound.cores.remove(&life.core);
            }
            bound.close_if_unused(life.core);
        }
        if !state.bound.iter().any(|bound| bound.is_listened_on_by(life)) {
            state.listens_nowhere(life);
        }
        state.bound.retain(|bound| !bound.is_unused());
    }
}
