//! What session tickets are sealed with (RFC 8446 section 4.6.1, RFC 5077): one set of keys for all cores, which rotates.
//!
//! A ticket says that its client was asked for a certificate then, and what it showed. So listeners that ask for others have
//! other keys, and so has one whose authorities have changed. Owns the keys of a process. Called by: `configuration`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::server::ProducesTickets;

use crate::{Settings, TlsError};

/// So many sets are kept; a listener whose set is forgotten has a new one when it is configured again.
const SETS_MAX: usize = 64;

/// The keys of a process.
#[derive(Default)]
pub struct Tickets(Mutex<Vec<Set>>);

struct Set {
    belongs_to: Clients,
    keys: Arc<dyn ProducesTickets>,
}

/// Who is let in.
#[derive(PartialEq, Eq)]
struct Clients {
    requests_certificate: bool,
    rejects_unauthorized: bool,
    authorities: Vec<Vec<u8>>,
    /// A ticket is for the server that has given it.
    server: Vec<Vec<String>>,
}

impl fmt::Debug for Tickets {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tickets").finish_non_exhaustive()
    }
}

impl Tickets {
    /// The keys for what is said about clients.
    pub(crate) fn keys(&self, settings: &Settings) -> Result<Arc<dyn ProducesTickets>, TlsError> {
        let belongs_to = Clients {
            requests_certificate: settings.requests_certificate,
            rejects_unauthorized: settings.rejects_unauthorized,
            authorities: settings.authorities.iter().map(|pem| pem.text.clone()).collect(),
            server: settings
                .identities
                .iter()
                .map(|identity| identity.server_names.clone())
                .collect(),
        };
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.iter().find(|set| set.belongs_to == belongs_to) {
            return Ok(set.keys.clone());
        }
        let keys = Ticketer::new().map_err(|error| {
            TlsError::new(
                "tls",
                error,
                "the system gives no random numbers: see getrandom(2)",
            )
        })?;
        if sets.len() == SETS_MAX {
            sets.remove(0);
        }
        sets.push(Set {
            belongs_to,
            keys: keys.clone(),
        });
        Ok(keys)
    }
}
