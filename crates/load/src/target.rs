//! Where requests go: a URL, resolved, and allowed.
//!
//! Owns the rule that only this machine is loaded unless somebody said otherwise.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use url::{Host, Url};

use crate::error::LoadError;
use crate::options::Options;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Http2,
    WebSocket,
}

/// A resolved URL.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) protocol: Protocol,
    pub(crate) is_tls: bool,
    pub(crate) address: SocketAddr,
    /// The host without brackets, for the certificate's name.
    pub(crate) host: String,
    /// The host, and the port unless it is the scheme's, for the host field.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
    /// The whole, without a fragment.
    pub(crate) url: String,
}

impl Target {
    /// Parses, resolves and allows.
    pub(crate) fn of(options: &Options) -> Result<Self, LoadError> {
        let mut url = parse(&options.url)?;
        url.set_fragment(None);
        let http = match options.http2 {
            true => Protocol::Http2,
            false => Protocol::Http,
        };
        let (protocol, is_tls) = match url.scheme() {
            "http" => (http, false),
            "https" => (http, true),
            "ws" => (Protocol::WebSocket, false),
            "wss" => (Protocol::WebSocket, true),
            other => return Err(wrong(&options.url, &format!("scheme {other} is not known"))),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(wrong(&options.url, "it has no host")),
        };
        let addresses = resolve(&url, &host)?;
        if !options.yes_remote {
            refuse_remote(&host, &addresses)?;
        }
        let address = reachable(&addresses, options.timeout)?;
        if options.accept_any_certificate && !is_loopback(address.ip()) {
            return Err(LoadError::AnyCertificateRemote {
                address: address.ip(),
            });
        }
        let host_text = url.host_str().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{host_text}:{port}"),
            None => host_text.to_owned(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Target {
            protocol,
            is_tls,
            address,
            host,
            authority,
            path,
            url: url.into(),
        })
    }
}

fn parse(text: &str) -> Result<Url, LoadError> {
    let url = Url::parse(text).map_err(|error| wrong(text, &error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(text, "credentials belong into a field, not into the URL"));
    }
    Ok(url)
}

fn wrong(url: &str, reason: &str) -> LoadError {
    LoadError::Url {
        url: url.to_owned(),
        reason: reason.to_owned(),
    }
}

fn resolve(url: &Url, host: &str) -> Result<Vec<SocketAddr>, LoadError> {
    let port = url.port_or_known_default().unwrap_or(80);
    let unresolved = |source| LoadError::Unresolved {
        host: host.to_owned(),
        source,
    };
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(unresolved)?.collect();
    match addresses.is_empty() {
        true => Err(unresolved(std::io::ErrorKind::NotFound.into())),
        false => Ok(addresses),
    }
}

/// Every address has to be loopback, or a name could point elsewhere tomorrow.
fn refuse_remote(host: &str, addresses: &[SocketAddr]) -> Result<(), LoadError> {
    match addresses
        .iter()
        .map(SocketAddr::ip)
        .find(|address| !is_loopback(*address))
    {
        Some(address) => Err(LoadError::Remote {
            host: host.to_owned(),
            address,
        }),
        None => Ok(()),
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// A name with several addresses, as localhost often is, is tried out; a single address is not.
fn reachable(addresses: &[SocketAddr], timeout: Duration) -> Result<SocketAddr, LoadError> {
    if let [only] = addresses {
        return Ok(*only);
    }
    let mut refused = None;
    for address in addresses {
        match TcpStream::connect_timeout(address, timeout) {
            Ok(_) => return Ok(*address),
            Err(source) => refused = Some((*address, source)),
        }
    }
    let (address, source) = refused.expect("a resolved name has an address");
    Err(LoadError::Unreachable { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, LoadError> {
        Target::of(&Options::new(url))
    }

    #[test]
    fn urls_become_targets() {
        let target = target("http://127.0.0.1:8080/a/b?c=d#e").expect("loopback");
        assert_eq!(target.address.to_string(), "127.0.0.1:8080");
        assert_eq!(
            (target.authority.as_str(), target.path.as_str()),
            ("127.0.0.1:8080", "/a/b?c=d")
        );
        assert_eq!((target.protocol, target.is_tls), (Protocol::Http, false));
    }

    #[test]
    fn schemes_have_their_ports() {
        for (url, protocol, is_tls, port) in [
            ("http://127.0.0.1", Protocol::Http, false, 80),
            ("https://127.0.0.1", Protocol::Http, true, 443),
            ("ws://[::1]", Protocol::WebSocket, false, 80),
            ("wss://[::1]", Protocol::WebSocket, true, 443),
        ] {
            let target = target(url).expect("loopback");
            assert_eq!(
                (target.protocol, target.is_tls, target.address.port()),
                (protocol, is_tls, port)
            );
            assert_eq!(target.path, "/");
        }
    }

    #[test]
    fn other_machines_are_refused_by_name_of_the_option() {
        for url in [
            "http://192.0.2.1/",
            "http://[2001:db8::1]/",
            "http://[::ffff:192.0.2.1]/",
        ] {
            let error = target(url).expect_err("it is not this machine");
            assert!(matches!(error, LoadError::Remote { .. }), "{error}");
            assert!(error.to_string().contains("--yes-remote"));
        }
        let mut options = Options::new("http://192.0.2.1/");
        options.yes_remote = true;
        assert!(Target::of(&options).is_ok());
        options.accept_any_certificate = true;
        assert!(matches!(
            Target::of(&options),
            Err(LoadError::AnyCertificateRemote { .. })
        ));
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for url in [
            "",
            "127.0.0.1",
            "ftp://127.0.0.1/",
            "http://u:p@127.0.0.1/",
            "http://",
        ] {
            assert!(matches!(target(url), Err(LoadError::Url { .. })), "{url}");
        }
    }
}
