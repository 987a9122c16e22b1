//! What JavaScript has said of each of its servers.
//!
//! Owns that, by the listener that a server has: how its requests cross, its routes, whether it keeps the
//! process from ending. Called by: the ops; what asks for all servers of a core.

use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{ExchangeId, ListenerId, Place, TlsServer};
use howth_relay::is_remote;
use howth_routes::{Lead, Table};
use howth_tls::TlsError;

use super::openings::Opening;
use super::state::{Bridge, Reach};
use crate::tls::Said;

/// One server.
pub(super) struct Server {
    pub(super) listener: ListenerId,
    place: Place,
    /// For request URLs without a host of their own.
    pub(super) authority: String,
    /// Which request is answered by what.
    pub(super) table: Rc<Table>,
    /// What its connections speak by; `None`: in clear.
    pub(super) tls: Option<Arc<howth_tls::Server>>,
    /// Clients may have asked by TLS, here or at a proxy.
    pub(super) may_be_secure: bool,
    /// Which cores it is for.
    reach: Reach,
    /// Handlers take a request.
    pub(super) takes_texts: bool,
    /// They take several.
    pub(super) serves_batches: bool,
    /// So many requests JavaScript is given at once, at most.
    pub(super) slice_max: NonZeroUsize,
    /// It encodes its responses, and knows connections.
    pub(super) encodes: bool,
    /// It keeps the process from ending.
    pub(super) keeps_alive: bool,
    /// It takes no connections any more.
    is_closing: bool,
}

impl Server {
    pub(super) fn new(opening: &Opening, reach: Reach) -> Self {
        let Opening {
            listener,
            place,
            address,
            tls,
            trusts_proxies,
            ..
        } = opening;
        let authority = address.authority();
        let serialized = howth_http1::serialize_authority(&authority);
        Server {
            listener: *listener,
            place: *place,
            authority: serialized.unwrap_or(authority),
            table: Rc::default(),
            may_be_secure: tls.is_some() || *trusts_proxies,
            tls: tls.clone(),
            reach,
            takes_texts: true,
            serves_batches: false,
            slice_max: NonZeroUsize::MAX,
            encodes: false,
            keeps_alive: true,
            is_closing: false,
        }
    }
}

impl Bridge {
    /// Runs `act` on what is known of a server; `None`: it has ended.
    pub(super) fn with_server<R>(
        &self,
        listener: ListenerId,
        act: impl FnOnce(&mut Server) -> R,
    ) -> Option<R> {
        let mut servers = self.servers();
        servers
            .iter_mut()
            .find(|server| server.listener == listener)
            .map(act)
    }

    /// Has new connections of a server begin with what its program says of TLS now.
    pub(super) fn change_tls(&self, listener: ListenerId, said: &Said) -> Result<(), TlsError> {
        let tls = self.with_server(listener, |server| server.tls.clone());
        match tls.flatten() {
            Some(tls) => self.opener().change_tls(&tls, said),
            None => Ok(()),
        }
    }

    /// The listener whose request it is; `None`: it is over, or nobody listens any more where it came in.
    #[inline]
    pub(super) fn listener_of(&self, id: ExchangeId) -> Option<ListenerId> {
        if let [only] = self.servers().as_slice()
            && !is_remote(id)
        {
            return Some(only.listener);
        }
        self.with(|exchanges| exchanges.listener(id)).flatten()
    }

    /// Whether the server of a listener has not ended.
    #[inline]
    pub(super) fn is_served(&self, listener: ListenerId) -> bool {
        self.servers().iter().any(|server| server.listener == listener)
    }

    /// Whether who answers a request of a server looks at it.
    #[inline]
    pub(super) fn takes_text(&self, listener: ListenerId, lead: Lead) -> bool {
        match lead {
            Lead::Handler(handler) => handler.takes_request,
            _ => self.with_server(listener, |server| server.takes_texts) == Some(true),
        }
    }

    /// A server is not to have new connections.
    pub(crate) fn note_closing(&self, listener: ListenerId) {
        self.with_server(listener, |server| server.is_closing = true);
    }

    /// Whether the handler of a request is given several at once.
    pub(crate) fn serves_batches(&self, id: ExchangeId) -> bool {
        let listener = self.listener_of(id);
        let serves = listener.and_then(|listener| self.with_server(listener, |server| server.serves_batches));
        serves.unwrap_or(false)
    }

    /// Whether any server keeps the process from ending.
    pub(super) fn keeps_alive(&self) -> bool {
        let servers = self.servers();
        servers.iter().any(|server| server.keeps_alive) || (servers.is_empty() && self.has_kept_alive())
    }

    /// Which cores a server is for, and whether no other core may answer its requests.
    pub(crate) fn reach(&self, listener: ListenerId) -> Option<(Reach, bool)> {
        self.with_server(listener, |server| (server.reach, server.encodes))
    }

    /// Where servers take connections, and those of them whose requests other cores may answer; as [`Place::bit`]s.
    pub(crate) fn places(&self) -> (u64, u64) {
        let (mut all, mut shared) = (0, 0);
        for server in self.servers().iter().filter(|server| !server.is_closing) {
            all |= server.place.bit();
            if !server.encodes {
                shared |= server.place.bit();
            }
        }
        (all, shared)
    }

    /// Where a server takes connections that are handed over, and what seals their bytes.
    pub(super) fn takes_handed(&self, listener: ListenerId) -> Option<(Place, Option<Arc<dyn TlsServer>>)> {
        self.with_server(listener, |server| {
            let tls = server.tls.clone();
            (server.place, tls.map(|tls| tls as Arc<dyn TlsServer>))
        })
    }

    /// Where a server takes connections.
    pub(super) fn place(&self, listener: ListenerId) -> Option<Place> {
        self.with_server(listener, |server| server.place)
    }
}
