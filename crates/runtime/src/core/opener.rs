//! How a core comes to listen: JavaScript asks, the engine listens, and the loop takes note.
//!
//! Owns what was opened until the loop takes it. Called by: the bridge, while JavaScript runs, which borrows no engine.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{EngineOptions, Exchanges, Listener, ListenerId, TlsServer};
use howth_supervision::{Address, CoreListeners, Lease, ListenError};
use howth_tls::{Server, TlsError};

use super::interrupt::EngineSlot;
use super::{PeerCores, Place, Shared};
use crate::bridge::{ListenAt, Opener, Opening, Source};
use crate::compression::Compression;
use crate::engine::{Chosen, Engine};
use crate::request_log::RequestLog;
use crate::response_cache::KeptResponses;
use crate::server_timing::ServerTiming;
use crate::tls::{Said, Secured};

/// What JavaScript has had opened, until the loop takes it.
#[derive(Default)]
pub(super) struct Opened {
    /// The engine, if it was made since.
    pub(super) engine: Option<Engine>,
    /// What it listens on since.
    pub(super) listening: Vec<Listening>,
}

impl Opened {
    pub(super) fn is_empty(&self) -> bool {
        self.listening.is_empty()
    }
}

/// A listener of the engine.
pub(super) struct Listening {
    pub(super) listener: ListenerId,
    pub(super) address: Address,
    /// Where the listener is this core's.
    pub(super) lease: Option<Lease>,
}

/// What JavaScript asks for of the core's listeners.
pub(super) struct CoreOpener {
    listeners: Rc<CoreListeners>,
    peer_cores: Option<Rc<PeerCores>>,
    log: Option<Rc<RequestLog>>,
    compression: Option<Rc<Compression>>,
    timing: Option<Rc<ServerTiming>>,
    kept_responses: KeptResponses,
    chosen: Chosen,
    engine_options: EngineOptions,
    secured: Arc<Secured>,
    engine: EngineSlot,
    opened: Rc<RefCell<Opened>>,
}

impl CoreOpener {
    pub(super) fn new(
        place: &Place,
        shared: &Shared,
        engine: EngineSlot,
        opened: Rc<RefCell<Opened>>,
    ) -> Self {
        CoreOpener {
            listeners: place.listeners.clone(),
            peer_cores: place.peer_cores.clone(),
            log: place.log.clone(),
            compression: place.compression.clone(),
            timing: place.timing.clone(),
            kept_responses: place.kept_responses.clone(),
            chosen: shared.chosen.clone(),
            engine_options: shared.options.engine_options.clone(),
            secured: shared.secured.clone(),
            engine,
            opened,
        }
    }

    /// Has the engine listen, or makes one: then what the application is to use of it.
    fn listen(&self, opened: &mut Opened, listener: Listener) -> io::Result<Option<Rc<dyn Exchanges>>> {
        let mut taken = self.engine.borrow_mut();
        if let Some(engine) = opened.engine.as_mut().or(taken.as_mut()) {
            engine.listen(listener)?;
            return Ok(None);
        }
        let engine = Engine::new(&self.chosen, listener, self.engine_options.clone())?;
        let mut exchanges = engine.exchanges();
        if let Some(log) = &self.log {
            exchanges = log.watch(exchanges);
        }
        // The core of the connection encodes a response, whoever gives it.
        if let Some(compression) = &self.compression {
            exchanges = compression.join(exchanges);
        }
        // Above that: what is kept is not encoded. Beneath other cores: what they answer is kept as well.
        exchanges = self.kept_responses.join(exchanges);
        if let Some(peer_cores) = &self.peer_cores {
            exchanges = peer_cores.join(exchanges);
        }
        if let Some(timing) = &self.timing {
            exchanges = timing.join(exchanges);
        }
        opened.engine = Some(engine);
        Ok(Some(exchanges))
    }
}

impl Opener for CoreOpener {
    fn open(&self, source: Source<'_>) -> Result<Opening, ListenError> {
        let (socket, address, lease, tls) = match source {
            Source::Listener(at, said, has_http2) => {
                let has_http2 = has_http2 && self.engine_options.http2.is_some();
                let tls = self.secured.of_listener(said, has_http2);
                let tls = tls.map_err(|error| ListenError::Tls(error.to_string()))?;
                let (mut listener, mut address, lease) = match at {
                    ListenAt::Wanted(wanted) => self.listeners.listen(wanted)?,
                    ListenAt::Given(socket) => self.listeners.listen_at(socket)?,
                };
                address.set_secure(tls.is_some());
                if address.is_secure {
                    self.secured.port().set(address.port);
                }
                listener.tls = tls.clone().map(|tls| tls as Arc<dyn TlsServer>);
                (listener, address, Some(lease), tls)
            }
            Source::Handed(mut address) => {
                let tls = self.secured.of_listener(None, false);
                let tls = tls.map_err(|error| ListenError::Tls(error.to_string()))?;
                address.set_secure(tls.is_some());
                (self.listeners.elsewhere(), address, None, tls)
            }
        };
        let (listener, place) = (socket.id, socket.place);
        let mut opened = self.opened.borrow_mut();
        let exchanges = self
            .listen(&mut opened, socket)
            .map_err(|error| ListenError::Other {
                port: address.port,
                host: address.host.clone(),
                cause: error.to_string(),
            })?;
        opened.listening.push(Listening {
            listener,
            address: address.clone(),
            lease,
        });
        Ok(Opening {
            listener,
            place,
            address,
            tls,
            trusts_proxies: self.engine_options.clients.trusted_proxies.is_some(),
            exchanges,
        })
    }

    fn change_tls(&self, server: &Server, said: &Said) -> Result<(), TlsError> {
        self.secured.change(server, said)
    }

    fn note_closing(&self, listener: ListenerId) {
        self.listeners.note_closing(listener);
    }
}
