//! Who the clients are: the other ends of sockets, those that a header of the PROXY protocol names, those that trusted proxies
//! tell of, and how much each address has open.
//!
//! Owns when a connection waits for its header, and what is counted of it and of its requests. Without such options nothing of
//! this costs a request anything. Never parses: `howth_clients` does. Called by: the driver, before it opens a connection;
//! `layer`, with its first bytes; `receive` and `stream_receive`, with requests; `exchanges`.

use howth_clients::proxy_header::{Read, read};
use howth_clients::{Counted, CountedOut, Told};
use howth_engine::{KnownClient, PeerAddress};

use crate::connection::Phase;
use crate::connections::Connections;
use crate::handshakes::Handshakes;
use crate::layer::{Layered, Seal};
use crate::transport::Transport;

/// A connection that is about to be opened.
#[derive(Debug, Default)]
pub struct Arrival {
    /// A request was answered on it elsewhere.
    pub(crate) has_asked: bool,
    pub(crate) client: Option<Box<KnownClient>>,
    pub(crate) awaits_header: bool,
}

impl<L> Connections<L> {
    /// Looks at who is there, before a connection is opened; `None`: its address has as many as it may, and the socket is to be
    /// closed. `has_asked`: a request was answered on it elsewhere. `known`: what is known of its client from there. `peer` is
    /// called where an option asks for it.
    pub fn admit(
        &mut self,
        has_asked: bool,
        known: Option<Box<KnownClient>>,
        peer: impl FnOnce() -> Option<PeerAddress>,
    ) -> Option<Arrival> {
        if !self.options.clients.look_at_peers() {
            return Some(Arrival {
                has_asked,
                client: known,
                awaits_header: false,
            });
        }
        let mut client = known.unwrap_or_default();
        client.address = client.address.take().or_else(peer);
        let announces = self.options.clients.announced_from.as_ref();
        let is_announced = client.is_announced;
        let awaits_header = announces
            .zip(client.address.as_ref())
            .is_some_and(|(networks, peer)| !is_announced && networks.contains(peer));
        if !awaits_header && !self.count_connection(&mut client) {
            return None;
        }
        Some(Arrival {
            has_asked,
            client: Some(client),
            awaits_header,
        })
    }

    /// Counts a connection of its client's address. False: that has as many as it may.
    fn count_connection(&mut self, client: &mut KnownClient) -> bool {
        let Some(counts) = &self.options.clients.connections else {
            return true;
        };
        let Some(ip) = client.address.as_ref().and_then(PeerAddress::ip) else {
            return true;
        };
        if client.counted.is_none() {
            client.counted = counts.enter(ip).ok();
        }
        let is_counted = client.counted.is_some();
        self.counters.counted_out += u64::from(!is_counted);
        is_counted
    }

    /// Whoever was to send a header speaks something else, or not in time: nothing is answered to it.
    pub(crate) fn refuse_header(&mut self, index: u32) {
        self.counters.headers_refused += 1;
        self.end(index);
    }

    /// What is known of the client of a connection that goes to another engine.
    pub fn take_client(&mut self, index: u32) -> Option<Box<KnownClient>> {
        self.connections[index].client.take()
    }

    /// Who is at the other end of a connection, or whom its header has named.
    pub(crate) fn peer(&self, transport: &impl Transport<L>, index: u32) -> Option<PeerAddress> {
        let known = self.known_address(index);
        known.or_else(|| transport.peer_address(self.link(index)))
    }

    /// The same, which is remembered: the kernel is asked once for a connection.
    pub(crate) fn remembered_peer(
        &mut self,
        transport: &impl Transport<L>,
        index: u32,
    ) -> Option<PeerAddress> {
        if let Some(known) = self.known_address(index) {
            return Some(known);
        }
        let peer = transport.peer_address(self.link(index))?;
        let client = self.connections[index].client.get_or_insert_default();
        client.address = Some(peer.clone());
        Some(peer)
    }

    /// Who is at the other end of a connection, if that is known without asking its socket.
    pub(crate) fn known_address(&self, index: u32) -> Option<PeerAddress> {
        self.connections[index].client.as_ref()?.address.clone()
    }

    /// What proxies tell of an exchange's client; `None`: none is trusted. `peer`: the other end of its connection.
    pub(crate) fn told(&self, exchange: u32, peer: &PeerAddress) -> Option<Told> {
        let proxies = self.options.clients.trusted_proxies.as_ref()?;
        Some(proxies.told(peer, self.exchanges[exchange].head.fields()))
    }

    /// Counts a request of its client's address, before the application hears of it. False: that has as many as it may, and the
    /// request is answered.
    #[inline]
    pub(crate) fn count_request(&mut self, exchange: u32) -> bool {
        self.options.clients.requests.is_none() || self.enter_request(exchange)
    }

    fn enter_request(&mut self, exchange: u32) -> bool {
        match self.counted_request(exchange) {
            Ok(counted) => {
                self.exchanges[exchange].counted = counted;
                true
            }
            Err(_) => {
                self.counters.counted_out += 1;
                let status = self.options.clients.requests_status;
                self.refuse_one(
                    exchange,
                    status,
                    b"too many requests of this address are in progress",
                );
                false
            }
        }
    }

    fn counted_request(&self, exchange: u32) -> Result<Option<Counted>, CountedOut> {
        let counts = self.options.clients.requests.as_ref();
        let peer = self.known_address(self.exchanges[exchange].connection);
        let Some((counts, peer)) = counts.zip(peer) else {
            return Ok(None);
        };
        let client = self.told(exchange, &peer).map_or(peer, |told| told.client);
        client.ip().map(|ip| counts.enter(ip)).transpose()
    }
}

impl<L: Layered> Connections<L> {
    /// The socket has given `bytes`, and the header is not whole.
    pub(crate) fn arrived_in_header(&mut self, index: u32, bytes: &[u8], handshakes: &mut Handshakes) {
        let connection = &mut self.connections[index];
        if connection.phase != Phase::Open {
            return self.arrived_in_vain(index, bytes.len());
        }
        let Some(client) = &mut connection.client else {
            return self.refuse_header(index);
        };
        let mut kept = std::mem::take(&mut client.header);
        let all = match kept.is_empty() {
            true => bytes,
            false => {
                kept.extend_from_slice(bytes);
                &kept[..]
            }
        };
        match read(all) {
            Ok(Read::Part) => {
                client.header = all.to_vec();
                self.unsettle(index);
            }
            Ok(Read::Whole { bytes, source }) => {
                self.header_done(index, source);
                let rest = &all[bytes..];
                if !rest.is_empty() {
                    self.arrived(index, rest, handshakes);
                }
            }
            Err(_) => self.refuse_header(index),
        }
    }

    /// The client is known, and may begin; it has as long for that as one that has just come.
    fn header_done(&mut self, index: u32, source: Option<PeerAddress>) {
        let now_ms = self.now_ms;
        let is_sealed = self.link(index).layer().is_some();
        let connection = &mut self.connections[index];
        connection.seal = match is_sealed {
            true => Seal::Handshake,
            false => Seal::None,
        };
        connection.moments.head_ms = now_ms;
        connection.moments.idle_ms = now_ms;
        let mut client = connection.client.take().unwrap_or_default();
        client.is_announced = true;
        client.address = source.or(client.address);
        let is_admitted = self.count_connection(&mut client);
        self.connections[index].client = Some(client);
        match is_admitted {
            false => self.end(index),
            true if is_sealed => self.unsettle(index),
            true => {
                self.tell_opened(index);
                self.unsettle(index);
            }
        }
    }
}
