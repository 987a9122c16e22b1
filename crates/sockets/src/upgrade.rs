//! From a request to a WebSocket.
//!
//! Owns what answers a handshake (RFC 6455 section 4.2.2). Called by: the application.

use std::rc::Rc;

use howth_engine::{ExchangeId, Exchanges, UpgradeError};
use howth_http1::{Field, ResponseHead, Version};
use howth_websocket::{Handshake, Refusal, VERSION};

use crate::settings::Settings;
use crate::socket::Socket;
use crate::sockets::Sockets;

/// Fields that are the handshake's own.
const OWN: [&[u8]; 5] = [
    b"connection",
    b"upgrade",
    b"sec-websocket-accept",
    b"sec-websocket-extensions",
    b"sec-websocket-version",
];
const PROTOCOL: &[u8] = b"sec-websocket-protocol";

/// What client and server have agreed upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgraded {
    /// The protocol that is spoken, if one is named.
    pub protocol: Option<String>,
    /// The extensions, as the answer says them; empty: none.
    pub extensions: String,
}

/// Why a request did not become a WebSocket. It can still be answered, if it is not gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUpgraded {
    /// The request asks for none.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The connection cannot be one.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
}

impl Sockets {
    /// Whether a request opens a WebSocket.
    ///
    /// # Errors
    /// It opens none.
    pub fn read_handshake(exchanges: &dyn Exchanges, id: ExchangeId) -> Result<Handshake, NotUpgraded> {
        let head = exchanges
            .head(id)
            .ok_or(NotUpgraded::Upgrade(UpgradeError::Gone(howth_engine::Gone)))?;
        let is_get = head.method() == "GET" && head.version() == Version::Http11;
        Ok(Handshake::read(is_get, head.fields())?)
    }

    /// Whether a request asks for a WebSocket of another version than is spoken.
    pub fn asks_for_other_version(exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        let handshake = Self::read_handshake(exchanges, id);
        matches!(handshake, Err(NotUpgraded::Refused(Refusal::Version)))
    }

    /// Answers such a request: with the version that is spoken (RFC 6455 section 4.2.2, RFC 9110 section 15.5.22).
    pub fn refuse_version(exchanges: &dyn Exchanges, id: ExchangeId) {
        let head = ResponseHead {
            status: Refusal::Version.status(),
            reason: None,
            fields: &[
                (b"content-type", b"text/plain;charset=UTF-8"),
                (b"sec-websocket-version", VERSION.as_bytes()),
                (b"upgrade", b"websocket"),
            ],
        };
        // If it is gone, nobody is there to be told.
        let _ = exchanges.respond(id, &head, b"Upgrade Required");
    }

    /// Makes a request a WebSocket. `fields`: those that the application adds to the answer; among them it names the protocol,
    /// or else the one is taken that the client named first, if `takes_protocol`.
    ///
    /// # Errors
    /// It is none. A client of another version is told so (RFC 6455 section 4.2.2), and then the request is answered.
    pub fn upgrade(
        &mut self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        settings: &Rc<Settings>,
        fields: &[Field<'_>],
        takes_protocol: bool,
        now_ms: u64,
    ) -> Result<Upgraded, NotUpgraded> {
        let handshake = Self::read_handshake(exchanges, id);
        if let Err(NotUpgraded::Refused(Refusal::Version)) = handshake {
            Self::refuse_version(exchanges, id);
        }
        let handshake = handshake?;
        // Contexts are not kept: a socket that is silent needs no memory for them.
        let compression = settings
            .compresses
            .then(|| handshake.compression(false))
            .flatten();
        let extensions = compression
            .map(|compression| compression.answer())
            .unwrap_or_default();
        let named = fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(PROTOCOL));
        let protocol = match named {
            Some((_, value)) => Some(String::from_utf8_lossy(value).into_owned()),
            None => handshake.protocols.first().filter(|_| takes_protocol).cloned(),
        };
        let is_own = |name: &[u8]| OWN.iter().any(|own| name.eq_ignore_ascii_case(own));
        let mut all: Vec<Field<'_>> = vec![
            (b"upgrade", b"websocket"),
            (b"sec-websocket-accept", handshake.accept.as_bytes()),
        ];
        if !extensions.is_empty() {
            all.push((b"sec-websocket-extensions", extensions.as_bytes()));
        }
        if let (None, Some(protocol)) = (named, &protocol) {
            all.push((PROTOCOL, protocol.as_bytes()));
        }
        all.extend(fields.iter().filter(|(name, _)| !is_own(name)));
        let head = ResponseHead {
            status: 101,
            reason: None,
            fields: &all,
        };
        exchanges.upgrade(id, &head)?;
        let socket = Socket::new(settings.clone(), compression, now_ms);
        socket.watch(exchanges, id, self.leaves(exchanges, id));
        self.sockets.insert(id, Box::new(socket));
        Ok(Upgraded { protocol, extensions })
    }
}
