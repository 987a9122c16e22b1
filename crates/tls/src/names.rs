//! Which certificate a client is shown: by the host that it asks for (RFC 6066 section 3).
//!
//! Owns the choice. Called by: rustls, in the middle of a handshake.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// Certificates by host.
pub(crate) struct Names {
    by_name: HashMap<String, Arc<CertifiedKey>>,
    /// What a client is shown that asks for none of them.
    first: Arc<CertifiedKey>,
}

impl fmt::Debug for Names {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.by_name.keys()).finish()
    }
}

impl Names {
    pub(crate) fn new(first: Arc<CertifiedKey>) -> Self {
        Names {
            by_name: HashMap::new(),
            first,
        }
    }

    /// Shows a certificate for a host, which may begin with `*.`; one that was added before is kept.
    pub(crate) fn add(&mut self, name: &str, key: &Arc<CertifiedKey>) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.by_name.entry(name).or_insert_with(|| key.clone());
    }

    /// A wildcard stands for one label, the first (RFC 9525 section 6.3).
    fn find(&self, name: &str) -> &Arc<CertifiedKey> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let exact = self.by_name.get(&name);
        let wildcard = || {
            let (_, domain) = name.split_once('.')?;
            self.by_name.get(&format!("*.{domain}"))
        };
        exact.or_else(wildcard).unwrap_or(&self.first)
    }
}

/// The choice for one connection, which notes what was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    names: Arc<Names>,
    server_name: OnceLock<Box<str>>,
}

impl Asked {
    pub(crate) fn new(names: Arc<Names>) -> Self {
        Asked {
            names,
            server_name: OnceLock::new(),
        }
    }

    pub(crate) fn server_name(&self) -> Option<&str> {
        self.server_name.get().map(|name| &**name)
    }
}

impl ResolvesServerCert for Asked {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let Some(name) = hello.server_name() else {
            return Some(self.names.first.clone());
        };
        // A client that is asked to say hello again says the same name.
        self.server_name.get_or_init(|| name.into());
        Some(self.names.find(name).clone())
    }
}
