//! What is said about TLS, by an operator or a program, before anything of it is read.
//!
//! Owns plain data. Never reads a file: whoever makes it has, and says where each text is from. Called by: the runtime.

use std::fmt;

/// PEM text, and where it is from, for what is said of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pem {
    /// A file, or the name of an option.
    pub place: String,
    /// One or several PEM blocks.
    pub text: Vec<u8>,
}

impl fmt::Debug for Pem {
    /// Without the text, which may be a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pem({})", self.place)
    }
}

/// What the server shows to prove who it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and behind it those it was issued by.
    pub certificates: Pem,
    /// The private key of the first.
    pub key: Pem,
    /// What the key is encrypted with.
    pub passphrase: Option<String>,
    /// The hosts it is shown for, besides those that the certificate names.
    pub server_names: Vec<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Identity({}, {})",
            self.certificates.place, self.key.place
        )
    }
}

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// All that is said about the TLS of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// By the host that a client asks for; the first is shown where none fits.
    pub identities: Vec<Identity>,
    /// Who issues the certificates of clients; none: those whom browsers trust.
    pub authorities: Vec<Pem>,
    /// Clients are asked for a certificate.
    pub requests_certificate: bool,
    /// A client that was asked and has none that is trusted is turned away.
    pub rejects_unauthorized: bool,
    /// Protocols within, the most wanted first (RFC 7301).
    pub protocols: Vec<Vec<u8>>,
    /// The oldest version that is spoken.
    pub version_min: Version,
    /// The newest.
    pub version_max: Version,
    /// A certificate that is out of date is an error.
    pub checks_dates: bool,
}

impl Settings {
    /// Those of one identity, without certificates of clients.
    pub fn new(identity: Identity) -> Self {
        Settings {
            identities: vec![identity],
            authorities: Vec::new(),
            requests_certificate: false,
            rejects_unauthorized: true,
            protocols: vec![b"http/1.1".to_vec()],
            version_min: Version::Tls12,
            version_max: Version::Tls13,
            checks_dates: true,
        }
    }
}
