//! Certificates: from PEM to DER, whose they are, and until when.
//!
//! Owns what is read of an X.509 certificate here, which is dates and names: whether one is trusted is for rustls to say.
//! Called by: `configuration`, `client`.

use std::time::SystemTime;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::{Pem, TlsError};

/// The certificates of a PEM text, of which there is at least one.
pub(crate) fn chain(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let broken = |error: rustls::pki_types::pem::Error| {
        TlsError::new(
            &pem.place,
            format!("not PEM: {error}"),
            "give a file that begins with -----BEGIN CERTIFICATE-----",
        )
    };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem.text)
        .collect::<Result<_, _>>()
        .map_err(broken)?;
    match certificates.is_empty() {
        false => Ok(certificates),
        true => Err(TlsError::new(
            &pem.place,
            "no certificate in it",
            "give PEM: -----BEGIN CERTIFICATE-----, the server's own first, then those it was issued by",
        )),
    }
}

/// What is read of a certificate.
pub(crate) struct Certificate<'a>(X509Certificate<'a>);

impl<'a> Certificate<'a> {
    pub(crate) fn read(der: &'a CertificateDer<'_>, pem: &Pem) -> Result<Self, TlsError> {
        X509Certificate::from_der(der.as_ref())
            .map(|(_, certificate)| Certificate(certificate))
            .map_err(|error| {
                TlsError::new(
                    &pem.place,
                    format!("not an X.509 certificate: {error}"),
                    "have it issued again",
                )
            })
    }

    /// Whether it is good at this moment.
    pub(crate) fn check_dates(&self, pem: &Pem, now: SystemTime) -> Result<(), TlsError> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = now.as_secs() as i64;
        let validity = self.0.validity();
        if now > validity.not_after.timestamp() {
            let cause = format!("the certificate expired on {}", validity.not_after);
            return Err(TlsError::new(&pem.place, cause, "have it issued anew"));
        }
        if now < validity.not_before.timestamp() {
            let cause = format!("the certificate is not valid before {}", validity.not_before);
            let remedy = "check the clock of this machine, or have it issued anew";
            return Err(TlsError::new(&pem.place, cause, remedy));
        }
        Ok(())
    }

    /// The hosts it speaks for, as far as they have names (RFC 9525 section 2).
    pub(crate) fn host_names(&self) -> Vec<String> {
        let Ok(Some(names)) = self.0.subject_alternative_name() else {
            return Vec::new();
        };
        let names = names.value.general_names.iter();
        names
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
                _ => None,
            })
            .collect()
    }

    /// Whether nobody else has issued it.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.0.issuer() == self.0.subject()
    }
}

/// Whether nobody else has issued it; false for what is no certificate.
pub(crate) fn is_self_issued(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der.as_ref())
        .is_ok_and(|(_, certificate)| Certificate(certificate).is_self_issued())
}
