//! What is known of the client of a connection beyond its socket.
//!
//! Owns the record, which goes with a connection from one core to another. Decides nothing. Called by: `howth_connection`.

use crate::{Counted, PeerAddress};

/// What is known of a client. Dropping it gives back what was counted of it.
#[derive(Debug, Default)]
pub struct KnownClient {
    /// Who it is: the socket's other end, or whom the header of the PROXY protocol has named.
    pub address: Option<PeerAddress>,
    /// The header was read.
    pub is_announced: bool,
    /// The connection, where connections of an address are counted.
    pub counted: Option<Counted>,
    /// The beginning of a header that is not whole.
    pub header: Vec<u8>,
}
