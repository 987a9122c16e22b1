//! TLS without input or output, over the buffers of the ring (rustls, with aws-lc-rs).
//!
//! Owns the session of a connection and what certificates are trusted.

use std::io::{BufRead, Write};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::LoadError;
use crate::options::Options;
use crate::target::{Protocol, Target};

/// What the sessions of all connections share.
#[derive(Clone, Debug)]
pub(crate) struct TlsTarget {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// One session.
#[derive(Debug)]
pub(crate) struct TlsClient {
    session: ClientConnection,
}

/// The peer broke the protocol, is not trusted, or sent an alert.
#[derive(Debug)]
pub(crate) struct TlsFailure;

impl TlsTarget {
    /// For the options' target.
    pub(crate) fn new(options: &Options, target: &Target) -> Result<Self, LoadError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let name = ServerName::try_from(target.host.clone()).map_err(cannot)?;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(cannot)?;
        let mut config = if options.accept_any_certificate {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate::new(&provider)))
                .with_no_client_auth()
        } else {
            builder
                .with_root_certificates(roots(options)?)
                .with_no_client_auth()
        };
        if !options.resume_sessions {
            config.resumption = Resumption::disabled();
        }
        match target.protocol {
            Protocol::Http => config.alpn_protocols = vec![b"http/1.1".to_vec()],
            Protocol::Http2 => config.alpn_protocols = vec![b"h2".to_vec()],
            Protocol::WebSocket => {}
        }
        Ok(TlsTarget {
            config: Arc::new(config),
            name,
        })
    }

    /// A new session, whose first message waits to be taken.
    pub(crate) fn open(&self) -> Result<TlsClient, TlsFailure> {
        let mut session =
            ClientConnection::new(self.config.clone(), self.name.clone()).map_err(|_| TlsFailure)?;
        session.set_buffer_limit(None);
        Ok(TlsClient { session })
    }
}

impl TlsClient {
    /// Takes received bytes; what they contain goes to `plain`.
    pub(crate) fn receive(&mut self, mut bytes: &[u8], plain: &mut Vec<u8>) -> Result<(), TlsFailure> {
        while !bytes.is_empty() {
            let taken = self.session.read_tls(&mut bytes).map_err(|_| TlsFailure)?;
            self.session.process_new_packets().map_err(|_| TlsFailure)?;
            let mut reader = self.session.reader();
            // An error is "no more for now", as `BufRead` has no other way to say so.
            while let Ok(chunk) = reader.fill_buf() {
                if chunk.is_empty() {
                    break;
                }
                plain.extend_from_slice(chunk);
                let len = chunk.len();
                reader.consume(len);
            }
            if taken == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Encrypts.
    pub(crate) fn send(&mut self, plain: &[u8]) -> Result<(), TlsFailure> {
        self.session.writer().write_all(plain).map_err(|_| TlsFailure)
    }

    /// Appends everything that is to be sent.
    pub(crate) fn take_output(&mut self, out: &mut Vec<u8>) {
        while self.session.wants_write() {
            // Writing to a vector does not fail.
            if self.session.write_tls(out).is_err() {
                return;
            }
        }
    }

    /// Whether the handshake goes on.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.session.is_handshaking()
    }
}

fn cannot(error: impl std::fmt::Display) -> LoadError {
    LoadError::Tls(error.to_string())
}

fn roots(options: &Options) -> Result<RootCertStore, LoadError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for certificate in CertificateDer::pem_slice_iter(options.trusted_pem.as_deref().unwrap_or_default()) {
        roots.add(certificate.map_err(cannot)?).map_err(cannot)?;
    }
    Ok(roots)
}

/// Trusts every certificate, but not a peer that does not own the one it shows. Only ever used for loopback
/// targets, which `Target` sees to.
#[derive(Debug)]
struct AnyCertificate {
    algorithms: WebPkiSupportedAlgorithms,
}

impl AnyCertificate {
    fn new(provider: &CryptoProvider) -> Self {
        AnyCertificate {
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
