//! Who clients are, and how much each may have open.
//!
//! Owns plain data. All cores have the same counts. Called by: whoever starts an engine.

use std::sync::Arc;

use howth_clients::{AddressCounts, Networks, TrustedProxies};

/// What counts for clients; by default nothing does, and each is the other end of its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    /// Whose connections begin with a header of the PROXY protocol, which nobody else may send.
    pub announced_from: Option<Arc<Networks>>,
    /// The proxies whose word counts of who has sent a request.
    pub trusted_proxies: Option<Arc<TrustedProxies>>,
    /// How many connections each address has open.
    pub connections: Option<Arc<AddressCounts>>,
    /// How many requests each address has in flight.
    pub requests: Option<Arc<AddressCounts>>,
    /// The status that a request beyond them is refused with.
    pub requests_status: u16,
    /// Requests have a name (`x-request-id`): that of a trusted proxy, or one of their own. Responses have it too.
    pub names_requests: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions {
            announced_from: None,
            trusted_proxies: None,
            connections: None,
            requests: None,
            requests_status: 503,
            names_requests: false,
        }
    }
}

impl ClientOptions {
    /// Whether a connection's other end is looked at before it is opened.
    pub fn look_at_peers(&self) -> bool {
        let believes_names = self.names_requests && self.trusted_proxies.is_some();
        self.announced_from.is_some()
            || self.connections.is_some()
            || self.requests.is_some()
            || believes_names
    }
}
