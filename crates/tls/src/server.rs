//! The TLS of a listener, which may change while it serves.
//!
//! Owns the configuration that the next connection begins with. Called by: the runtime, which makes and changes it; the
//! engines of all cores, which begin sessions.

use std::sync::{Arc, PoisonError, RwLock};

use howth_engine::{TlsServer, TlsSession};

use crate::configuration::Configuration;
use crate::session::Session;
use crate::{Settings, Tickets, TlsError};

/// The TLS of a listener.
#[derive(Debug)]
pub struct Server(RwLock<Arc<Configuration>>);

impl Server {
    /// What the settings say.
    ///
    /// # Errors
    /// They are wrong, or do not fit together.
    pub fn new(settings: &Settings, tickets: &Tickets) -> Result<Arc<Self>, TlsError> {
        let configuration = Configuration::new(settings, tickets)?;
        Ok(Arc::new(Server(RwLock::new(Arc::new(configuration)))))
    }

    /// Has connections that come from now on begin with other settings; those that are open go on.
    ///
    /// # Errors
    /// They are wrong, or do not fit together; then nothing is changed.
    pub fn replace(&self, settings: &Settings, tickets: &Tickets) -> Result<(), TlsError> {
        let configuration = Arc::new(Configuration::new(settings, tickets)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = configuration;
        Ok(())
    }
}

impl TlsServer for Server {
    fn accept(&self) -> Box<dyn TlsSession> {
        let configuration = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        Box::new(Session::new(configuration))
    }
}
