//! The TLS of the process's listeners: what the command line and programs say about it, and the files that this is in.
//!
//! Owns: reading certificates and keys, one [`Server`] for all cores whose programs say the same, and the thread that looks
//! whether files have changed. Never speaks TLS: `howth-tls` and the engines do. Called by: the first steps of the process;
//! a core, when its program listens.

mod material;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use howth_tls::{Server, Tickets, TlsError};

use crate::options::TlsOptions;
use crate::redirect::SecurePort;

pub(crate) use material::Said;

/// The TLS of all listeners.
#[derive(Debug, Default)]
pub(crate) struct Secured {
    tickets: Tickets,
    known: Mutex<Vec<Known>>,
    /// What the command line says: then programs do not.
    by_options: Option<Said>,
    /// Somebody looks whether files have changed.
    is_watched: AtomicBool,
    /// Where the youngest listener with TLS is.
    port: SecurePort,
}

/// What was said, and what came of it.
#[derive(Debug)]
struct Known {
    said: Said,
    /// What was read last.
    read: Vec<Vec<u8>>,
    server: Arc<Server>,
}

impl Secured {
    /// What the command line says, which has to be right before anything else begins.
    pub(crate) fn new(options: Option<&TlsOptions>) -> Result<Arc<Self>, TlsError> {
        let by_options = options.map(Said::by_options).transpose()?;
        let secured = Arc::new(Secured {
            by_options: by_options.clone(),
            ..Secured::default()
        });
        if let Some(said) = by_options {
            secured.server(said)?;
        }
        Ok(secured)
    }

    /// The TLS of a listener whose program has said so much; `None`: it has none. `has_http2`: HTTP/2 is offered within, where
    /// nobody says otherwise.
    pub(crate) fn of_listener(
        self: &Arc<Self>,
        said: Option<Said>,
        has_http2: bool,
    ) -> Result<Option<Arc<Server>>, TlsError> {
        let said = self.by_options.clone().or(said);
        let said = said.map(|said| if has_http2 { said.with_http2() } else { said });
        said.map(|said| self.server(said)).transpose()
    }

    /// Where TLS is spoken.
    pub(crate) fn port(&self) -> &SecurePort {
        &self.port
    }

    fn server(self: &Arc<Self>, said: Said) -> Result<Arc<Server>, TlsError> {
        let mut known = self.known();
        if let Some(same) = known.iter().find(|known| known.said == said) {
            return Ok(same.server.clone());
        }
        let (settings, read) = said.read()?;
        let server = Server::new(&settings, &self.tickets)?;
        if said.materials().any(|material| material.file().is_some())
            && !self.is_watched.swap(true, Ordering::Relaxed)
        {
            watch::begin(self);
        }
        // What no listener has any more goes.
        known.retain(|known| Arc::strong_count(&known.server) > 1);
        known.push(Known {
            said,
            read,
            server: server.clone(),
        });
        Ok(server)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
