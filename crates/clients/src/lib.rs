//! Who a client is, where proxies stand before the server, and how much each address has open.
//!
//! Owns: networks, the header of the PROXY protocol, what proxies say in fields of a request, counts for each address that
//! all cores share. Never does: sockets, clocks, threads. Called by: `howth_connection`, which asks of every connection and
//! request where an option says so; the command line, which reads the options.

#![forbid(unsafe_code)]

mod address_counts;
mod forwarded;
mod known_client;
mod network;
mod peer;
pub mod proxy_header;
mod request_ids;
mod trace_context;
mod trusted_proxies;

pub use address_counts::{AddressCounts, Counted, CountedOut, counted_as};
pub use known_client::KnownClient;
pub use network::{InvalidNetwork, Network, Networks};
pub use peer::PeerAddress;
pub use request_ids::{REQUEST_ID, RequestIds, is_request_id};
pub use trace_context::{TRACEPARENT, trace_id};
pub use trusted_proxies::{Forwarding, InvalidTrust, Told, TrustedProxies};
