//! TLS: `--tls-cert`, `--tls-key`, `--tls-ca`, `--tls-self-signed`, `--redirect-http`.
//!
//! Owns these options. Never reads a file: the runtime does, before anything else starts.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::Args;
use howth_runtime::{TlsIdentity, TlsOptions};

use super::environment;
use super::failure::Failure;

#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
#[command(group(clap::ArgGroup::new("tls_identity").args(["tls_cert", "tls_self_signed"])))]
pub struct TlsArguments {
    /// Speak TLS, with the certificate in FILE, in PEM
    ///
    /// The server's own stands first, then those it was issued by. Wins over the `tls` that the module exports. FILE and that of
    /// the key are looked at every second: when both have changed, and fit together, new connections begin with them.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM
    ///
    /// Of one that is encrypted (PKCS #8) the passphrase is in the environment variable HOWTH_TLS_PASSPHRASE.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Serve only clients with a certificate that one of those in FILE has issued
    #[arg(long, value_name = "FILE", requires = "tls_identity")]
    pub tls_ca: Option<PathBuf>,

    /// Speak TLS with a certificate that is made for this process, for development: clients do not trust it
    #[arg(long)]
    pub tls_self_signed: bool,

    /// Listen in clear on PORT as well, and send whoever comes there to TLS: 308
    ///
    /// On the address of --host, or on all.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub redirect_http: Option<u16>,
}

/// Where clients in clear are sent away. `host`: where the command line says that the server listens.
pub fn redirect(arguments: &TlsArguments, host: Option<&str>) -> Result<Option<SocketAddr>, Failure> {
    let Some(port) = arguments.redirect_http else {
        return Ok(None);
    };
    let host = host.unwrap_or("0.0.0.0");
    let address = (host, port).to_socket_addrs().ok().and_then(|mut all| all.next());
    let unknown = || {
        Failure::runtime(format!(
            "--redirect-http: host {host} has no address here; give an IP address with --host"
        ))
    };
    address.map(Some).ok_or_else(unknown)
}

/// What the command line says about TLS, if anything. `host`: where it says that the server listens.
pub fn options(arguments: &TlsArguments, host: Option<&str>) -> Result<Option<TlsOptions>, Failure> {
    let identity = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(cert), Some(key)) => TlsIdentity::Files {
            cert: cert.clone(),
            key: key.clone(),
        },
        _ if arguments.tls_self_signed => TlsIdentity::SelfSigned {
            hosts: host.into_iter().map(str::to_owned).collect(),
        },
        _ => return Ok(None),
    };
    Ok(Some(TlsOptions {
        identity,
        passphrase: environment::tls_passphrase()?,
        ca: arguments.tls_ca.clone(),
    }))
}
