//! Certificates of clients: who is asked, who is turned away, and what is known of those who are not.
//!
//! Owns the judgement's use, and its words; the judgement itself is rustls' (webpki). Called by: `configuration`,
//! `session`.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};

use crate::certificate::{chain, is_self_issued};
use crate::{Settings, TlsError};

/// Who judges the certificates of clients; `None`: they are not asked for any.
pub(crate) fn judge(
    settings: &Settings,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<Judge>>, TlsError> {
    if !settings.requests_certificate {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    let mut authorities = Vec::new();
    if settings.authorities.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for pem in &settings.authorities {
        for certificate in chain(pem)? {
            authorities.push(certificate.clone());
            roots.add(certificate).map_err(|error| {
                TlsError::new(
                    &pem.place,
                    error,
                    "give certificates of those who issue the clients'",
                )
            })?;
        }
    }
    let mut judge = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    if settings.authorities.is_empty() {
        // Their names are many kilobytes, which no client needs to choose by.
        judge = judge.clear_root_hint_subjects();
    }
    let unusable = |error| TlsError::new("ca", error, "give certificates of those who issue the clients'");
    let webpki = judge.build().map_err(unusable)?;
    Ok(Some(Arc::new(Judge { webpki, authorities })))
}

/// What a client's certificate is worth.
#[derive(Debug)]
pub(crate) struct Judge {
    webpki: Arc<dyn ClientCertVerifier>,
    authorities: Vec<CertificateDer<'static>>,
}

impl Judge {
    /// Takes who shows a certificate that is trusted itself, as OpenSSL does: to webpki that of an authority is nobody else's.
    fn judge(
        &self,
        own: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.webpki.verify_client_cert(own, issuers, now) {
            // Its dates are looked at first.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if self.authorities.contains(own) => {
                Ok(ClientCertVerified::assertion())
            }
            judged => judged,
        }
    }
}

/// Asks for a certificate whose key the client has to have.
#[derive(Debug)]
pub(crate) struct Asks {
    pub(crate) judge: Arc<Judge>,
    /// Whoever has none that is worth something is turned away; else any is taken, or none, and what it is worth is told to
    /// the application.
    pub(crate) turns_away: bool,
}

impl ClientCertVerifier for Asks {
    fn client_auth_mandatory(&self) -> bool {
        self.turns_away
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.judge.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.turns_away {
            true => self.judge.judge(own, issuers, now),
            false => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let webpki = &self.judge.webpki;
        webpki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let webpki = &self.judge.webpki;
        webpki.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.webpki.supported_verify_schemes()
    }
}

/// Why the client is not known to be who its certificate says, in the words of OpenSSL, which programs compare.
pub(crate) fn unauthorized(judge: &Judge, certificates: &[CertificateDer<'_>]) -> Option<&'static str> {
    let Some((own, issuers)) = certificates.split_first() else {
        return Some("UNABLE_TO_GET_ISSUER_CERT");
    };
    let error = judge.judge(own, issuers, UnixTime::now()).err()?;
    Some(match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "CERT_HAS_EXPIRED",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "CERT_NOT_YET_VALID"
            }
            CertificateError::Revoked => "CERT_REVOKED",
            CertificateError::BadSignature => "CERT_SIGNATURE_FAILURE",
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "INVALID_PURPOSE"
            }
            CertificateError::UnknownIssuer if is_self_issued(own) && issuers.is_empty() => {
                "DEPTH_ZERO_SELF_SIGNED_CERT"
            }
            CertificateError::UnknownIssuer => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            _ => "CERT_REJECTED",
        },
        _ => "CERT_REJECTED",
    })
}
