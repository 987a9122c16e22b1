//! From settings to what rustls works by.
//!
//! Owns the order in which settings are read, and what does not fit together. Called by: `server`.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use crate::agreed::Agreed;
use crate::certificate::{Certificate, chain};
use crate::client::{Asks, Judge, judge};
use crate::key::private_key;
use crate::names::{Asked, Names};
use crate::{Identity, Settings, Tickets, TlsError, Version};

/// What all connections of a listener have in common.
pub(crate) struct Configuration {
    /// But for the choice of the certificate, which each connection makes for itself.
    rustls: ServerConfig,
    names: Arc<Names>,
    pub(crate) judge: Option<Arc<Judge>>,
    /// What came of handshakes.
    pub(crate) agreed: Agreed,
}

impl fmt::Debug for Configuration {
    /// Without what is in it: keys are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Configuration").finish_non_exhaustive()
    }
}

impl Configuration {
    pub(crate) fn new(settings: &Settings, tickets: &Tickets) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let names = Arc::new(names(settings, &provider)?);
        let judge = judge(settings, &provider)?;
        let verifier: Arc<dyn ClientCertVerifier> = match &judge {
            None => WebPkiClientVerifier::no_client_auth(),
            Some(judge) => Arc::new(Asks {
                judge: judge.clone(),
                turns_away: settings.rejects_unauthorized,
            }),
        };
        let unusable = |error| TlsError::new("tls", error, "give other versions");
        let mut rustls = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(settings)?)
            .map_err(unusable)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(Asked::new(names.clone())));
        rustls.alpn_protocols = settings.protocols.clone();
        rustls.ticketer = tickets.keys(settings)?;
        // Tickets are the clients' to keep, so that no session takes memory here once its connection is closed.
        rustls.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Configuration {
            rustls,
            names,
            judge,
            agreed: Agreed::default(),
        })
    }

    /// For one connection.
    pub(crate) fn connection(&self) -> (Arc<ServerConfig>, Arc<Asked>) {
        let asked = Arc::new(Asked::new(self.names.clone()));
        let mut rustls = self.rustls.clone();
        rustls.cert_resolver = asked.clone();
        (Arc::new(rustls), asked)
    }
}

fn versions(settings: &Settings) -> Result<Vec<&'static SupportedProtocolVersion>, TlsError> {
    let wanted = settings.version_min..=settings.version_max;
    let all = [(Version::Tls13, &TLS13), (Version::Tls12, &TLS12)];
    let chosen: Vec<_> = all
        .into_iter()
        .filter_map(|(version, rustls)| wanted.contains(&version).then_some(rustls))
        .collect();
    match chosen.is_empty() {
        false => Ok(chosen),
        true => Err(TlsError::new(
            "tls",
            "the newest version that is to be spoken is older than the oldest",
            "let minVersion be no more than maxVersion",
        )),
    }
}

fn names(settings: &Settings, provider: &CryptoProvider) -> Result<Names, TlsError> {
    let mut all = Vec::new();
    for identity in &settings.identities {
        all.push(certified(identity, settings.checks_dates, provider)?);
    }
    let Some((first, _)) = all.first() else {
        return Err(TlsError::new("tls", "no certificate", "give cert and key"));
    };
    let mut names = Names::new(first.clone());
    for (identity, (key, _)) in settings.identities.iter().zip(&all) {
        for name in &identity.server_names {
            names.add(name, key);
        }
    }
    // What was said counts more than what a certificate says.
    for (key, host_names) in &all {
        for name in host_names {
            names.add(name, key);
        }
    }
    Ok(names)
}

fn certified(
    identity: &Identity,
    checks_dates: bool,
    provider: &CryptoProvider,
) -> Result<(Arc<CertifiedKey>, Vec<String>), TlsError> {
    let pem = &identity.certificates;
    let chain = chain(pem)?;
    let own = Certificate::read(&chain[0], pem)?;
    if checks_dates {
        own.check_dates(pem, SystemTime::now())?;
    }
    let host_names = own.host_names();
    let key = private_key(identity)?;
    let unusable = |error| TlsError::new(&identity.key.place, error, "give a key of RSA, ECDSA or Ed25519");
    let key = provider.key_provider.load_private_key(key).map_err(unusable)?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // A key whose other half nobody can work out is taken as it is.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(_) => {
            return Err(TlsError::new(
                &identity.key.place,
                format!("not the key of the certificate in {}", pem.place),
                "give the two that were made together",
            ));
        }
    }
    Ok((Arc::new(certified), host_names))
}
