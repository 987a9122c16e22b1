//! What was said about TLS: texts and files, before they are read.
//!
//! Owns the shapes in which the command line and JavaScript say it, what of the protocols is spoken, and the reading of files.
//! Never judges what is in them.
//! Called by: `tls`, ops.

use std::fmt;
use std::path::PathBuf;

use howth_tls::{Identity, Pem, Settings, TlsError, Version};
use serde::Deserialize;

use crate::options::{TlsIdentity, TlsOptions};

/// What HTTP/1 is called (RFC 7301 section 6).
const HTTP1: [&str; 2] = ["http/1.1", "http/1.0"];

/// PEM text, or the file that it is in.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Material {
    file: Option<PathBuf>,
    text: Option<String>,
}

impl fmt::Debug for Material {
    /// Without the text, which may be a key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(path) => write!(formatter, "Material({})", path.display()),
            None => formatter.write_str("Material(a text)"),
        }
    }
}

impl Material {
    fn of_file(path: &std::path::Path) -> Self {
        Material {
            file: Some(path.to_owned()),
            text: None,
        }
    }

    /// Whether it may change.
    pub(super) fn file(&self) -> Option<&std::path::Path> {
        self.file.as_deref()
    }
}

/// What the server shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaidIdentity {
    cert: Vec<Material>,
    key: Vec<Material>,
    passphrase: Option<String>,
    server_names: Vec<String>,
}

impl fmt::Debug for SaidIdentity {
    /// Without the passphrase.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SaidIdentity { cert, key, .. } = self;
        write!(
            formatter,
            "SaidIdentity({cert:?}, {key:?}, {:?})",
            self.server_names
        )
    }
}

/// All that is said about the TLS of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Said {
    pub(super) identities: Vec<SaidIdentity>,
    ca: Vec<Material>,
    request_cert: bool,
    reject_unauthorized: bool,
    /// `None`: those that the engine speaks.
    protocols: Option<Vec<String>>,
    version_min: u32,
    version_max: u32,
    /// A certificate that is out of date is an error.
    #[serde(default)]
    checks_dates: bool,
    /// The program may say something else while it listens: nobody shares with it.
    #[serde(default)]
    pub(super) may_change: bool,
}

impl Said {
    /// What the command line says.
    pub(super) fn by_options(options: &TlsOptions) -> Result<Self, TlsError> {
        let identity = match &options.identity {
            TlsIdentity::Files { cert, key } => SaidIdentity {
                cert: vec![Material::of_file(cert)],
                key: vec![Material::of_file(key)],
                passphrase: options.passphrase.clone(),
                server_names: Vec::new(),
            },
            TlsIdentity::SelfSigned { hosts } => {
                let made = howth_tls::self_signed(hosts)?;
                let text = |pem: Pem| Material {
                    file: None,
                    text: String::from_utf8(pem.text).ok(),
                };
                SaidIdentity {
                    cert: vec![text(made.certificates)],
                    key: vec![text(made.key)],
                    passphrase: None,
                    server_names: Vec::new(),
                }
            }
        };
        Ok(Said {
            identities: vec![identity],
            ca: options.ca.iter().map(|path| Material::of_file(path)).collect(),
            request_cert: options.ca.is_some(),
            reject_unauthorized: true,
            protocols: None,
            version_min: 12,
            version_max: 13,
            checks_dates: true,
            may_change: false,
        })
    }

    /// The same with nothing among the protocols that the server does not speak. Where they were left to the engine, HTTP/2
    /// stands before HTTP/1.1.
    pub(super) fn speaking(mut self, has_http2: bool) -> Result<Self, TlsError> {
        let Some(named) = &mut self.protocols else {
            self.protocols = has_http2.then(|| vec!["h2".to_owned(), "http/1.1".to_owned()]);
            return Ok(self);
        };
        let names_any = !named.is_empty();
        named.retain(|name| match name.as_str() {
            "h2" => has_http2,
            name => HTTP1.contains(&name),
        });
        match names_any && named.is_empty() {
            false => Ok(self),
            true => Err(TlsError::new(
                "tls.ALPNProtocols",
                "it names nothing that this server speaks",
                "name http/1.1 as well; h2 is for Howth.serve, Bun.serve and export default, without --http2 off",
            )),
        }
    }

    /// All texts and files, in order.
    pub(super) fn materials(&self) -> impl Iterator<Item = &Material> {
        let identities = self.identities.iter();
        let own = identities.flat_map(|identity| identity.cert.iter().chain(&identity.key));
        own.chain(&self.ca)
    }

    /// Reads all of it, once; gives the settings, and what each text or file has in it, in the order of `materials`.
    pub(super) fn read(&self) -> Result<(Settings, Vec<Vec<u8>>), TlsError> {
        let mut read = Vec::new();
        let identities = self.identities.iter().map(|identity| {
            Ok(Identity {
                certificates: joined("cert", &identity.cert, &mut read)?,
                key: joined("key", &identity.key, &mut read)?,
                passphrase: identity.passphrase.clone(),
                server_names: identity.server_names.clone(),
            })
        });
        let identities = identities.collect::<Result<Vec<_>, TlsError>>()?;
        let Some(first) = identities.first().cloned() else {
            return Err(TlsError::new("tls", "no certificate", "give cert and key"));
        };
        let defaults = Settings::new(first);
        let protocols = self.protocols.as_ref().map(|names| {
            let names = names.iter().map(|name| name.clone().into_bytes());
            names.collect()
        });
        let authorities = self.ca.iter();
        let authorities = authorities.map(|ca| joined("ca", std::slice::from_ref(ca), &mut read));
        let settings = Settings {
            authorities: authorities.collect::<Result<_, _>>()?,
            identities,
            requests_certificate: self.request_cert,
            rejects_unauthorized: self.reject_unauthorized,
            protocols: protocols.unwrap_or(defaults.protocols),
            version_min: version(self.version_min),
            version_max: version(self.version_max),
            checks_dates: self.checks_dates,
        };
        Ok((settings, read))
    }
}

impl Material {
    /// What is in it. `option`: what it was given as.
    pub(super) fn bytes(&self, option: &str) -> Result<Vec<u8>, TlsError> {
        let Some(path) = &self.file else {
            return Ok(self.text.clone().unwrap_or_default().into_bytes());
        };
        std::fs::read(path).map_err(|error| {
            let remedy = match error.kind() {
                std::io::ErrorKind::NotFound => "check the path",
                std::io::ErrorKind::PermissionDenied => "let the user that howth runs as read it",
                _ => "check the file",
            };
            TlsError::new(format!("{option} {}", path.display()), reason(&error), remedy)
        })
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => error.to_string(),
    }
}

/// All of them as one text. Each is added to `read`.
fn joined(option: &str, materials: &[Material], read: &mut Vec<Vec<u8>>) -> Result<Pem, TlsError> {
    let mut text = Vec::new();
    for material in materials {
        let bytes = material.bytes(option)?;
        text.extend(&bytes);
        text.push(b'\n');
        read.push(bytes);
    }
    let file = materials.iter().find_map(|material| material.file.as_ref());
    let place = match file {
        Some(path) => path.display().to_string(),
        None => format!("tls.{option}"),
    };
    Ok(Pem { place, text })
}

fn version(number: u32) -> Version {
    match number {
        13 => Version::Tls13,
        _ => Version::Tls12,
    }
}
