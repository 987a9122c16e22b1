//! Everything of the supervisor's own that can end a server, each a line that names the cause and the remedy.
//!
//! Owns the words. Never prints them. Called by: whatever in this crate can fail.

use std::io;
use std::path::PathBuf;

use crate::affinity::NotAllowed;

/// Why a server could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--pin`.
    #[error("--pin: {0}; name some of those, or give --pin=off")]
    Pin(#[from] NotAllowed),
    /// A thread or its event loop could not be made.
    #[error("cannot start a core: {0}; check the limits on processes and open files (ulimit -u, ulimit -n)")]
    Core(#[source] io::Error),
    /// A core used up its heap where starting it again is no help.
    #[error("core {core} reached its heap limit of {heap_mib} MiB; raise it with --max-heap")]
    HeapLimit {
        /// Which core.
        core: usize,
        /// The limit.
        heap_mib: usize,
    },
    /// A bug of howth's own.
    #[error("core {core} panicked; please report what it said")]
    Panicked {
        /// Which core.
        core: usize,
    },
    /// `LISTEN_FDS`
    #[error("cannot use the sockets of LISTEN_FDS ({0}); pass listening stream sockets only")]
    Inherited(#[source] io::Error),
    /// `--pid-file`
    #[error("cannot write the process id to {} ({cause}); choose another file with --pid-file", path.display())]
    PidFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// `--watch` cannot watch.
    #[error("--watch: {0}; start without --watch")]
    Watch(#[from] notify::Error),
}

/// Why an address cannot be listened on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error("port {port} on {host} is in use{by}; stop what listens there or choose another with --port")]
    PortInUse {
        /// The port.
        port: u16,
        /// The host as it was given.
        host: String,
        /// Who listens there, as the rest of the sentence; empty: nobody can tell.
        by: String,
    },
    /// A privileged port.
    #[error("port {port} on {host} is not permitted; use a port from 1024 or grant CAP_NET_BIND_SERVICE")]
    Denied {
        /// The port.
        port: u16,
        /// The host as it was given.
        host: String,
    },
    /// The host has no address.
    #[error("host {host} has no address here ({cause}); give an IP address with --host")]
    Host {
        /// The host as it was given.
        host: String,
        /// What the resolver said.
        cause: String,
    },
    /// A Unix-domain socket.
    #[error("cannot listen on the socket {path}: {cause}; check the path with --unix")]
    Unix {
        /// The path.
        path: String,
        /// What the kernel said.
        cause: String,
    },
    /// `--listen systemd`, and none were passed.
    #[error(
        "no socket was passed (LISTEN_FDS); start howth by a socket unit of systemd, or name an address with --listen"
    )]
    NotPassed,
    /// A signal or a change came first.
    #[error("cannot listen any more: the process is ending")]
    Ending,
    /// Certificates, keys, or what else was said about TLS.
    #[error("{0}")]
    Tls(String),
    /// Only the application itself can.
    #[error("a Worker cannot listen")]
    Worker,
    /// Anything else.
    #[error("cannot listen on {host}:{port}: {cause}; choose another address with --host and --port")]
    Other {
        /// The port.
        port: u16,
        /// The host as it was given.
        host: String,
        /// What the kernel said.
        cause: String,
    },
}
