//! Who the server says it is, and whom clients believe.
//!
//! Owns one identity for the process, made when it is first asked for. Its key is one of Ed25519, whose signatures are all of
//! one length: so no length of a handshake is a matter of chance, and a seed cuts the same records at the same places. Called
//! by: the session of a client; the run, for the server.

use std::sync::{Arc, OnceLock};

use howth_tls::{Identity, Pem, Server, Settings, Tickets};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, SerialNumber};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

/// The name that clients ask for.
pub(super) const HOST: &str = "sealed.example";

/// A server for the engines of a run; `takes_http2`: it agrees upon HTTP/2.
pub(crate) fn server(takes_http2: bool) -> Arc<Server> {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    let mut settings = Settings::new(IDENTITY.get_or_init(identity).clone());
    // Whoever runs a seed in some years runs the same.
    settings.checks_dates = false;
    if takes_http2 {
        settings.protocols.insert(0, b"h2".to_vec());
    }
    Server::new(&settings, &Tickets::default()).expect("settings that fit together")
}

fn identity() -> Identity {
    let mut parameters = CertificateParams::new(vec![HOST.to_owned()]).expect("a name");
    parameters.serial_number = Some(SerialNumber::from(1));
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("random numbers");
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let pem = |text: String| Pem {
        place: "the simulation".to_owned(),
        text: text.into_bytes(),
    };
    Identity {
        certificates: pem(certificate.pem()),
        key: pem(key.serialize_pem()),
        passphrase: None,
        server_names: Vec::new(),
    }
}

/// How a client begins: by which version, offering which protocols, with records of which size.
pub(super) fn client(is_old: bool, protocols: &[&[u8]], record_max: Option<usize>) -> ClientConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let version = if is_old { &TLS12 } else { &TLS13 };
    let mut configuration = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[version])
        .expect("a version that is known")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Believes(provider)))
        .with_no_client_auth();
    configuration.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    configuration.max_fragment_size = record_max;
    // Else what one client does would depend on those before it.
    configuration.resumption = Resumption::disabled();
    configuration
}

/// Believes every certificate, but no signature that is none of its key.
#[derive(Debug)]
struct Believes(Arc<CryptoProvider>);

impl ServerCertVerifier for Believes {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
