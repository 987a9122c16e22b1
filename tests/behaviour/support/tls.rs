//! Certificates, and clients that speak TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::PATIENCE;

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

/// One for `localhost` that nobody else has issued; `change` makes it another.
pub fn pair(change: impl FnOnce(&mut CertificateParams)) -> Pair {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    change(&mut parameters);
    let key = KeyPair::generate().expect("a key");
    Pair {
        certificate: parameters.self_signed(&key).expect("a certificate").pem(),
        key: key.serialize_pem(),
    }
}

/// An authority, and a client that it knows.
pub fn authority_and_client() -> (Pair, Pair) {
    let named = |name: &str| {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters
    };
    let mut parameters = named("authority");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = Pair {
        certificate: parameters.self_signed(&key).expect("a certificate").pem(),
        key: key.serialize_pem(),
    };
    let issuer = Issuer::new(parameters, key);
    let client_key = KeyPair::generate().expect("a key");
    let client = Pair {
        certificate: named("client")
            .signed_by(&client_key, &issuer)
            .expect("a certificate")
            .pem(),
        key: client_key.serialize_pem(),
    };
    (authority, client)
}

/// Writes both into a folder, as `cert.pem` and `key.pem`.
pub fn write(folder: &Path, pair: &Pair) {
    std::fs::write(folder.join("cert.pem"), &pair.certificate).expect("a file");
    std::fs::write(folder.join("key.pem"), &pair.key).expect("a file");
}

/// A client that trusts a certificate.
pub fn trusting(trusted: &str, own: Option<&Pair>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(trusted.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    Arc::new(match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = CertificateDer::pem_slice_iter(own.certificate.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("PEM");
            let chain = chain.collect::<Result<_, _>>().expect("PEM");
            builder.with_client_auth_cert(chain, key).expect("a pair")
        }
    })
}

/// Everything that comes in answer to a request, until the server ends the connection in order.
pub fn ask(
    address: SocketAddr,
    client: &Arc<ClientConfig>,
    name: &str,
    request: &str,
) -> std::io::Result<String> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let session = ClientConnection::new(client.clone(), name).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(session, stream);
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
