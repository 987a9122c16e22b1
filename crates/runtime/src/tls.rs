//! The TLS of the process's listeners: what the command line and programs say about it, and the files that this is in.
//!
//! Owns: reading certificates and keys, one [`Server`] for all cores whose programs say the same, and the thread that looks
//! whether files have changed. Never speaks TLS: `howth-tls` and the engines do. Called by: the first steps of the process;
//! a core, when its program listens.

mod arguments;
mod material;
mod watch;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use howth_tls::{Server, Tickets, TlsError};

use crate::options::TlsOptions;
use crate::redirect::SecurePort;

pub(crate) use arguments::arguments;
pub(crate) use material::Said;

/// The TLS of all listeners.
#[derive(Debug, Default)]
pub(crate) struct Secured {
    tickets: Tickets,
    known: Mutex<Vec<Known>>,
    /// What the command line says: then programs do not.
    by_options: Option<Said>,
    /// Somebody looks whether files have changed.
    is_watched: AtomicBool,
    /// Where the youngest listener with TLS is.
    port: SecurePort,
}

/// What was said, and what came of it.
struct Known {
    said: Said,
    /// What was read last.
    read: Vec<Vec<u8>>,
    server: Arc<Server>,
    /// What the files have now, where it is something else and was not taken.
    change: Option<watch::Change>,
}

impl fmt::Debug for Known {
    /// Without what was read: keys are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Known({:?})", self.said)
    }
}

impl Secured {
    /// What the command line says, which has to be right before anything else begins.
    pub(crate) fn new(options: Option<&TlsOptions>) -> Result<Arc<Self>, TlsError> {
        let by_options = options.map(Said::by_options).transpose()?;
        let secured = Arc::new(Secured {
            by_options: by_options.clone(),
            ..Secured::default()
        });
        if let Some(said) = by_options {
            secured.server(said)?;
        }
        Ok(secured)
    }

    /// The TLS of a listener whose program has said so much; `None`: it has none. `has_http2`: HTTP/2 is spoken within.
    pub(crate) fn of_listener(
        self: &Arc<Self>,
        said: Option<Said>,
        has_http2: bool,
    ) -> Result<Option<Arc<Server>>, TlsError> {
        let said = self.by_options.clone().or(said);
        said.map(|said| self.server(said.speaking(has_http2)?))
            .transpose()
    }

    /// Has new connections of a listener begin with what its program says now, unless the command line has said it.
    pub(crate) fn change(&self, server: &Server, said: &Said) -> Result<(), TlsError> {
        if self.by_options.is_some() {
            return Ok(());
        }
        let (settings, _) = said.read()?;
        server.replace(&settings, &self.tickets)
    }

    /// Where TLS is spoken.
    pub(crate) fn port(&self) -> &SecurePort {
        &self.port
    }

    fn server(self: &Arc<Self>, said: Said) -> Result<Arc<Server>, TlsError> {
        let mut known = self.known();
        if let Some(same) = known.iter_mut().find(|known| known.said == said) {
            // New code begins with what is there now.
            same.catch_up(&self.tickets);
            return Ok(same.server.clone());
        }
        let (settings, read) = said.read()?;
        let server = Server::new(&settings, &self.tickets)?;
        if said.may_change {
            return Ok(server);
        }
        if said.materials().any(|material| material.file().is_some())
            && !self.is_watched.swap(true, Ordering::Relaxed)
        {
            watch::begin(self);
        }
        // What no listener has any more goes.
        known.retain(|known| Arc::strong_count(&known.server) > 1);
        known.push(Known {
            said,
            read,
            server: server.clone(),
            change: None,
        });
        Ok(server)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use howth_tls::{Identity, self_signed};
    use serde_json::json;

    use super::*;

    /// What a program says with the texts of an identity, whose key it says is encrypted.
    fn said(identity: &Identity) -> Said {
        let text = |pem: &[u8]| json!([{ "file": null, "text": String::from_utf8_lossy(pem) }]);
        let said = json!({
            "identities": [{
                "cert": text(&identity.certificates.text),
                "key": text(&identity.key.text),
                "passphrase": "open sesame",
                "serverNames": ["a.test"],
            }],
            "ca": [],
            "requestCert": false,
            "rejectUnauthorized": true,
            "protocols": null,
            "versionMin": 12,
            "versionMax": 13,
        });
        serde_json::from_value(said).expect("what JavaScript says")
    }

    /// As text, as bytes, in one line and in many.
    #[track_caller]
    fn shows_no_secret(shown: &dyn fmt::Debug, identity: &Identity) {
        let all = format!("{shown:?}{shown:#?}").replace(char::is_whitespace, "");
        let key = &identity.key.text;
        let line = String::from_utf8_lossy(key)
            .lines()
            .nth(1)
            .expect("PEM")
            .to_owned();
        let bytes = format!("{:?}", &key[..40]).replace(char::is_whitespace, "");
        for secret in [line.as_str(), bytes.trim_matches(['[', ']']), "opensesame"] {
            assert!(!all.contains(secret), "{secret} is shown: {all}");
        }
    }

    #[test]
    fn what_was_said_shows_no_secret() {
        let identity = self_signed(&[]).expect("a certificate");
        let said = said(&identity);
        shows_no_secret(&said, &identity);
        assert!(format!("{said:?}").contains("a.test"));
        for material in said.materials() {
            shows_no_secret(material, &identity);
        }
        for identity_said in &said.identities {
            shows_no_secret(identity_said, &identity);
        }
    }

    #[test]
    fn what_came_of_it_shows_no_secret() {
        let identity = self_signed(&[]).expect("a certificate");
        let secured = Arc::new(Secured {
            by_options: Some(said(&identity)),
            ..Secured::default()
        });
        let server = secured.server(said(&identity)).expect("a good certificate");
        shows_no_secret(&secured, &identity);
        shows_no_secret(&server, &identity);
        for known in secured.known().iter() {
            shows_no_secret(known, &identity);
        }
    }
}
