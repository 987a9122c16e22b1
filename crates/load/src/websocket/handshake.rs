//! The opening handshake of a WebSocket, client's side (RFC 6455 section 4.1).

use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::error::ErrorClass;
use crate::request::Request;
use crate::target::Target;

/// RFC 6455 section 1.3.
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The server's answer at most.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
const FIELDS_MAX: usize = 64;

/// A request for a WebSocket and the answer it has to get. One per run: the key is there to tell a WebSocket's
/// server from a cache, and every run's is another.
#[derive(Debug)]
pub(super) struct Handshake {
    request: Vec<u8>,
    accept: String,
}

impl Handshake {
    /// For the target, with the request's own fields.
    pub(super) fn new(target: &Target, request: &Request) -> Self {
        let random = RandomState::new();
        let nonce = [random.hash_one(1).to_le_bytes(), random.hash_one(2).to_le_bytes()].concat();
        let key = STANDARD.encode(nonce);
        let mut bytes = request.head_start("GET", target);
        let fields = "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n";
        bytes.extend_from_slice(fields.as_bytes());
        bytes.extend_from_slice(format!("sec-websocket-key: {key}\r\n\r\n").as_bytes());
        Handshake {
            request: bytes,
            accept: accept(&key),
        }
    }

    pub(super) fn request(&self) -> &[u8] {
        &self.request
    }

    /// The length of the server's answer, if it is whole and as it has to be.
    pub(super) fn check(&self, received: &[u8]) -> Result<Option<usize>, ErrorClass> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut response = httparse::Response::new(&mut fields);
        let len = match response.parse(received) {
            Ok(httparse::Status::Complete(len)) => len,
            Ok(httparse::Status::Partial) if received.len() <= ANSWER_BYTES_MAX => return Ok(None),
            _ => return Err(ErrorClass::Connect),
        };
        let has = |name: &str, value: &str, is_exact: bool| {
            response.headers.iter().any(|field| {
                field.name.eq_ignore_ascii_case(name)
                    && match is_exact {
                        true => field.value == value.as_bytes(),
                        false => field
                            .value
                            .split(|byte| *byte == b',')
                            .any(|item| item.trim_ascii().eq_ignore_ascii_case(value.as_bytes())),
                    }
            })
        };
        let is_right = response.code == Some(101)
            && has("upgrade", "websocket", false)
            && has("connection", "upgrade", false)
            && has("sec-websocket-accept", &self.accept, true);
        if is_right {
            Ok(Some(len))
        } else {
            Err(ErrorClass::Connect)
        }
    }
}

fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{key}{ACCEPT_SUFFIX}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_value_is_that_of_the_rfc() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn only_the_right_answer_opens() {
        let handshake = Handshake {
            request: Vec::new(),
            accept: accept("dGhlIHNhbXBsZSBub25jZQ=="),
        };
        let right = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
                     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        assert_eq!(
            handshake.check(format!("{right}more").as_bytes()),
            Ok(Some(right.len()))
        );
        assert_eq!(handshake.check(&right.as_bytes()[..right.len() - 1]), Ok(None));
        for (part, other) in [
            ("101", "200"),
            ("websocket", "h2c"),
            ("Upgrade\r", "close\r"),
            ("s3p", "S3p"),
        ] {
            let wrong = right.replace(part, other);
            assert_eq!(
                handshake.check(wrong.as_bytes()),
                Err(ErrorClass::Connect),
                "{wrong}"
            );
        }
    }
}
