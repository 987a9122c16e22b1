//! The opening handshake, as a server has it (RFC 6455 section 4.2).
//!
//! Owns what a request must say, and what answers it. Never reads HTTP: it is given the fields. Called by: whoever upgrades.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::extension::{Compression, agree};

/// The version that is spoken (RFC 6455 section 4.1).
pub const VERSION: &str = "13";

/// RFC 6455 section 1.3.
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a request opens no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// RFC 6455 section 4.2.1: it is a GET of HTTP/1.1.
    #[error("the request is no GET of HTTP/1.1")]
    Method,
    /// RFC 6455 section 4.2.1: it says `upgrade: websocket` and `connection: upgrade`.
    #[error("the request does not ask for a WebSocket by `upgrade: websocket` and `connection: upgrade`")]
    NotAsked,
    /// RFC 6455 section 4.2.1: the key is one, of 16 bytes in base64.
    #[error("the request has not one `sec-websocket-key` of 16 bytes in base64")]
    Key,
    /// RFC 6455 section 4.2.2: another version is answered with the one that is spoken.
    #[error("the request has not the version 13 of the protocol")]
    Version,
}

impl Refusal {
    /// The status that the request is answered with (RFC 6455 sections 4.2.1 and 4.2.2, RFC 9110 section 15.5.22).
    pub fn status(self) -> u16 {
        match self {
            Refusal::Version => 426,
            _ => 400,
        }
    }
}

/// What a request says that opens a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The value of the answer's `sec-websocket-accept` field.
    pub accept: String,
    /// The protocols that the client speaks, the one it would like best first.
    pub protocols: Vec<String>,
    /// The values of `sec-websocket-extensions`.
    extensions: Vec<Vec<u8>>,
}

impl Handshake {
    /// Reads a request. `is_get`: it is a GET of HTTP/1.1 or later. Names are compared without regard to case.
    ///
    /// # Errors
    /// It opens no WebSocket.
    pub fn read<'a>(
        is_get: bool,
        fields: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, Refusal> {
        let (mut asks, mut names_upgrade) = (false, false);
        let (mut keys, mut versions) = (Vec::new(), Vec::new());
        let (mut protocols, mut extensions) = (Vec::new(), Vec::new());
        for (name, value) in fields {
            let is = |other| name.eq_ignore_ascii_case(other);
            let value = value.trim_ascii();
            if is("upgrade") {
                asks |= members(value).any(|member| member.eq_ignore_ascii_case(b"websocket"));
            } else if is("connection") {
                names_upgrade |= members(value).any(|member| member.eq_ignore_ascii_case(b"upgrade"));
            } else if is("sec-websocket-key") {
                keys.push(value);
            } else if is("sec-websocket-version") {
                versions.push(value);
            } else if is("sec-websocket-extensions") {
                extensions.push(value.to_vec());
            } else if is("sec-websocket-protocol") {
                let named = members(value).filter(|member| is_token(member));
                protocols.extend(named.map(|member| String::from_utf8_lossy(member).into_owned()));
            }
        }
        if !is_get {
            return Err(Refusal::Method);
        }
        if !(asks && names_upgrade) {
            return Err(Refusal::NotAsked);
        }
        if versions != [VERSION.as_bytes()] {
            return Err(Refusal::Version);
        }
        let [key] = keys[..] else {
            return Err(Refusal::Key);
        };
        if !matches!(STANDARD.decode(key), Ok(nonce) if nonce.len() == 16) {
            return Err(Refusal::Key);
        }
        Ok(Handshake {
            accept: accept(key),
            protocols,
            extensions,
        })
    }

    /// The compression that the client offers and that is taken (RFC 7692 section 5).
    pub fn compression(&self, keeps_context: bool) -> Option<Compression> {
        agree(self.extensions.iter().map(Vec::as_slice), keeps_context)
    }
}

/// The answer to a key (RFC 6455 section 4.2.2).
pub fn accept(key: &[u8]) -> String {
    let hash = Sha1::new().chain_update(key).chain_update(SUFFIX).finalize();
    STANDARD.encode(hash)
}

fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty())
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [(&str, &str); 4] = [
        ("Upgrade", "websocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
    ];

    fn read(fields: &[(&str, &str)]) -> Result<Handshake, Refusal> {
        Handshake::read(true, fields.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn the_example_of_the_standard_is_answered() {
        let handshake = read(&FIELDS).expect("it asks");
        assert_eq!(handshake.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(handshake.protocols.is_empty() && handshake.compression(true).is_none());
    }

    #[test]
    fn what_the_client_speaks_is_read() {
        let mut fields = FIELDS.to_vec();
        fields.push(("Sec-WebSocket-Protocol", "chat, superchat"));
        fields.push(("Sec-WebSocket-Protocol", "v2"));
        fields.push(("Sec-WebSocket-Extensions", "permessage-deflate"));
        let handshake = read(&fields).expect("it asks");
        assert_eq!(handshake.protocols, ["chat", "superchat", "v2"]);
        assert!(handshake.compression(false).is_some());
    }

    #[test]
    fn what_asks_for_no_websocket_is_refused() {
        let without = |name: &str| -> Vec<(&str, &str)> {
            FIELDS
                .into_iter()
                .filter(|(other, _)| !other.eq_ignore_ascii_case(name))
                .collect()
        };
        let with = |name, value| {
            let mut fields = without(name);
            fields.push((name, value));
            read(&fields)
        };
        assert_eq!(read(&without("upgrade")), Err(Refusal::NotAsked));
        assert_eq!(with("upgrade", "h2c"), Err(Refusal::NotAsked));
        assert_eq!(with("connection", "keep-alive"), Err(Refusal::NotAsked));
        assert_eq!(read(&without("sec-websocket-version")), Err(Refusal::Version));
        assert_eq!(with("sec-websocket-version", "8"), Err(Refusal::Version));
        assert_eq!(read(&without("sec-websocket-key")), Err(Refusal::Key));
        assert_eq!(with("sec-websocket-key", "c2hvcnQ="), Err(Refusal::Key));
        assert_eq!(
            with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ"),
            Err(Refusal::Key)
        );
        let fields = FIELDS.iter().map(|(name, value)| (*name, value.as_bytes()));
        assert_eq!(Handshake::read(false, fields), Err(Refusal::Method));
        assert_eq!((Refusal::Version.status(), Refusal::Key.status()), (426, 400));
    }
}
