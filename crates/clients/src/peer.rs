//! The other end of a connection.
//!
//! Owns the type. Called by: everybody who asks where a request comes from.

use std::net::{IpAddr, SocketAddr};

/// Where a connection, or a request, came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAddress {
    /// An IP address of either family, and a port; port 0: nobody has told it.
    Tcp(SocketAddr),
    /// A Unix-domain socket; its peers have no address.
    Unix,
}

impl PeerAddress {
    /// The IP address, that of IPv4 in its own family; `None`: there is none.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            PeerAddress::Tcp(address) => Some(address.ip().to_canonical()),
            PeerAddress::Unix => None,
        }
    }
}
