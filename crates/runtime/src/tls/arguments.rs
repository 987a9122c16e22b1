//! What the command line says about TLS, as it is said to another process: a worker of `node:cluster`.
//!
//! Owns the form. The passphrase of a key is in the environment, which the worker has as well. Called by: `program`.

use std::path::Path;

use crate::options::{TlsIdentity, TlsOptions};

/// The options; the first names what is shown.
pub(crate) fn arguments(options: &TlsOptions) -> Vec<String> {
    // The other process may begin in another folder.
    let option = |name: &str, path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        format!("{name}={}", path.display())
    };
    let mut arguments = match &options.identity {
        TlsIdentity::Files { cert, key } => vec![option("--tls-cert", cert), option("--tls-key", key)],
        // Each process makes its own.
        TlsIdentity::SelfSigned { .. } => vec!["--tls-self-signed".to_owned()],
    };
    arguments.extend(options.ca.as_deref().map(|ca| option("--tls-ca", ca)));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_any_folder() {
        let options = TlsOptions {
            identity: TlsIdentity::Files {
                cert: "cert.pem".into(),
                key: "/etc/key.pem".into(),
            },
            passphrase: Some("secret".to_owned()),
            ca: Some("ca.pem".into()),
        };
        let here = std::env::current_dir().expect("a folder");
        let expected = [
            format!("--tls-cert={}", here.join("cert.pem").display()),
            "--tls-key=/etc/key.pem".to_owned(),
            format!("--tls-ca={}", here.join("ca.pem").display()),
        ];
        assert_eq!(arguments(&options), expected);
    }

    #[test]
    fn a_certificate_for_development_is_made_anew() {
        let options = TlsOptions {
            identity: TlsIdentity::SelfSigned { hosts: Vec::new() },
            passphrase: None,
            ca: None,
        };
        assert_eq!(arguments(&options), ["--tls-self-signed"]);
    }
}
