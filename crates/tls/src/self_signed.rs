//! A certificate for development, which nobody has issued but the server itself.
//!
//! Owns what is in it. Never writes a file. Called by: the runtime, where the command line asks for one.

use std::time::SystemTime;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use time::{Duration, OffsetDateTime};

use crate::{Identity, Pem, TlsError};

/// How long it is good for. Browsers take none that lasts for longer than 398 days.
const DAYS: i64 = 30;

/// A certificate for this machine's own names, and for `hosts`, which are names or addresses.
///
/// # Errors
/// A host is no name and no address, or the system gives no random numbers.
pub fn self_signed(hosts: &[String]) -> Result<Identity, TlsError> {
    let failed = |error: rcgen::Error| {
        TlsError::new(
            "--tls-self-signed",
            error,
            "listen on a name or an address of this machine",
        )
    };
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(hosts.iter().cloned());
    let mut parameters = CertificateParams::new(names).map_err(failed)?;
    let now = OffsetDateTime::from(SystemTime::now());
    parameters.not_before = now - Duration::days(1);
    parameters.not_after = now + Duration::days(DAYS);
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "localhost (howth, self-signed)");
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = parameters.self_signed(&key).map_err(failed)?;
    let place = "the self-signed certificate";
    Ok(Identity {
        certificates: Pem {
            place: place.to_owned(),
            text: certificate.pem().into_bytes(),
        },
        key: Pem {
            place: place.to_owned(),
            text: key.serialize_pem().into_bytes(),
        },
        passphrase: None,
        server_names: Vec::new(),
    })
}
