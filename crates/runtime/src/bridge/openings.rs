//! What JavaScript asks for of a core's listeners, and who opens them.
//!
//! Owns what crosses then. Implemented by: the core. Called by: the bridge, while JavaScript runs.

use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{Exchanges, ListenerId, ListeningSocket, Place};
use howth_supervision::{Address, ListenError, Wanted};
use howth_tls::TlsError;

use crate::tls::Said;

/// Where a listener is.
pub(crate) enum ListenAt<'a> {
    /// Where the program wants it.
    Wanted(&'a Wanted),
    /// At a socket that the program was given, which listens.
    Given(ListeningSocket),
}

/// Where an engine's connections come from.
pub(crate) enum Source<'a> {
    /// From a listener of its own; what the program says about TLS, and whether HTTP/2 is offered there.
    Listener(ListenAt<'a>, Option<Said>, bool),
    /// The program hands them over: another process has accepted them, at this address.
    Handed(Address),
}

/// A listener that JavaScript has had opened.
pub(crate) struct Opening {
    pub(crate) listener: ListenerId,
    pub(crate) place: Place,
    pub(crate) address: Address,
    /// What its connections speak by; `None`: in clear.
    pub(crate) tls: Option<Arc<howth_tls::Server>>,
    /// Proxies may say that a client speaks TLS to them.
    pub(crate) trusts_proxies: bool,
    /// Of the engine, if it was made for this listener.
    pub(crate) exchanges: Option<Rc<dyn Exchanges>>,
}

/// What JavaScript asks for of a core's listeners.
pub(crate) trait Opener {
    /// Has the engine listen, which is made for the first.
    fn open(&self, source: Source<'_>) -> Result<Opening, ListenError>;

    /// Has new connections of a listener begin with other certificates.
    fn change_tls(&self, _: &howth_tls::Server, _: &Said) -> Result<(), TlsError> {
        Ok(())
    }

    /// A listener is closed as soon as the core comes to it.
    fn note_closing(&self, _: ListenerId) {}
}
