//! Addresses to listen at: as they are asked for, and as they are listened at.
//!
//! Owns their spelling. Never binds. Called by: the command line, which reads those of `--listen`; whoever tells where a server
//! listens.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Every address of IPv4.
pub(super) const DEFAULT_HOST: &str = "0.0.0.0";

/// Where somebody wants to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// `3000`, `127.0.0.1:3000`, `[::]:3000`, `localhost:3000`
    Tcp {
        /// An address, or a name that resolves to one.
        host: String,
        /// 0: any.
        port: u16,
    },
    /// `unix:PATH`, or a path with a slash
    Unix(PathBuf),
    /// `systemd`: all sockets that the process was started with.
    Inherited,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no address: give PORT, HOST:PORT, [ADDRESS]:PORT, unix:PATH or systemd");
        if let Some(path) = text
            .strip_prefix("unix:")
            .or_else(|| text.contains('/').then_some(text))
        {
            return match path {
                "" => Err(wrong()),
                _ => Ok(ListenAddress::Unix(path.into())),
            };
        }
        if text == "systemd" {
            return Ok(ListenAddress::Inherited);
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port),
            None => (DEFAULT_HOST, text),
        };
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_address = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
        let is_host = match in_brackets {
            Some(host) => is_address(host),
            // Where an address of IPv6 ends, and its port begins, nobody can tell.
            None => !host.is_empty() && !host.contains([':', '[', ']']),
        };
        let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse() {
            Ok(port) if is_host && is_port => Ok(ListenAddress::Tcp {
                host: in_brackets.unwrap_or(host).to_owned(),
                port,
            }),
            Ok(_) | Err(_) => Err(wrong()),
        }
    }
}

/// Where the application listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The host as it was given.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address that the host was bound to.
    pub ip: Option<IpAddr>,
    /// The path of a Unix-domain socket; then there is none of the others.
    pub unix: Option<PathBuf>,
    /// Clients speak TLS there.
    pub is_secure: bool,
    /// Where the same server listens besides.
    pub others: Vec<Address>,
}

impl Address {
    /// The address as a URL, or the path of the socket.
    pub fn url(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        match &self.unix {
            Some(path) => format!("unix:{}", path.display()),
            None if self.host.contains(':') => format!("{scheme}://[{}]:{}/", self.host, self.port),
            None => format!("{scheme}://{}:{}/", self.host, self.port),
        }
    }

    /// All addresses of the server, as [`url`](Self::url) writes each.
    pub fn urls(&self) -> String {
        let others = self.others.iter().map(Address::url);
        let all: Vec<String> = std::iter::once(self.url()).chain(others).collect();
        all.join(", ")
    }

    /// The authority of request URLs whose client sent none.
    pub fn authority(&self) -> String {
        match &self.unix {
            Some(_) => "localhost".to_owned(),
            None if self.host.contains(':') => format!("[{}]:{}", self.host, self.port),
            None => format!("{}:{}", self.host, self.port),
        }
    }

    /// Clients speak TLS at all addresses of the server, or at none.
    pub fn set_secure(&mut self, is_secure: bool) {
        self.is_secure = is_secure;
        for other in &mut self.others {
            other.is_secure = is_secure;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Result<ListenAddress, String> {
        let host = host.to_owned();
        Ok(ListenAddress::Tcp { host, port })
    }

    #[test]
    fn addresses_have_these_spellings() {
        let parsed = |text: &str| text.parse::<ListenAddress>();
        assert_eq!(parsed("3000"), tcp("0.0.0.0", 3000));
        assert_eq!(parsed("127.0.0.1:0"), tcp("127.0.0.1", 0));
        assert_eq!(parsed("localhost:80"), tcp("localhost", 80));
        assert_eq!(parsed("[::]:3000"), tcp("::", 3000));
        assert_eq!(
            parsed("unix:app.sock"),
            Ok(ListenAddress::Unix("app.sock".into()))
        );
        assert_eq!(
            parsed("/run/app.sock"),
            Ok(ListenAddress::Unix("/run/app.sock".into()))
        );
        assert_eq!(parsed("systemd"), Ok(ListenAddress::Inherited));
        for wrong in [
            "",
            ":",
            ":80",
            "host:",
            "host:65536",
            "host:+1",
            "::1:80",
            "[::1]",
            "[host]:80",
            "unix:",
            "[::1:80",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
