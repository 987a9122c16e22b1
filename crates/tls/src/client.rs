//! Certificates of clients: who is asked, who is turned away, and what is known of those who are not.
//!
//! Owns the judgement's use, and its words; the judgement itself is rustls' (webpki). Called by: `configuration`,
//! `session`.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
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
) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
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
    let judge = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let unusable = |error| TlsError::new("ca", error, "give certificates of those who issue the clients'");
    let webpki = judge.map_err(unusable)?;
    Ok(Some(Arc::new(TakesAuthorities { webpki, authorities })))
}

/// Takes who shows a certificate that is trusted itself, as OpenSSL does: to webpki that of an authority is nobody else's.
#[derive(Debug)]
struct TakesAuthorities {
    webpki: Arc<dyn ClientCertVerifier>,
    authorities: Vec<CertificateDer<'static>>,
}

impl ClientCertVerifier for TakesAuthorities {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
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

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Asks for a certificate, and takes any whose key the client has, or none: what it is worth is told to the application.
#[derive(Debug)]
pub(crate) struct TakesAny {
    judge: Arc<dyn ClientCertVerifier>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl TakesAny {
    pub(crate) fn new(judge: Arc<dyn ClientCertVerifier>, provider: &CryptoProvider) -> Self {
        TakesAny {
            judge,
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

impl ClientCertVerifier for TakesAny {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.judge.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Why the client is not known to be who its certificate says, in the words of OpenSSL, which programs compare.
pub(crate) fn unauthorized(
    judge: &dyn ClientCertVerifier,
    certificates: &[CertificateDer<'_>],
) -> Option<&'static str> {
    let Some((own, issuers)) = certificates.split_first() else {
        return Some("UNABLE_TO_GET_ISSUER_CERT");
    };
    let error = judge.verify_client_cert(own, issuers, UnixTime::now()).err()?;
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
