//! What carries a connection's bytes in a sealed form: TLS, as an engine sees it.
//!
//! Owns the two traits between an engine and whoever speaks TLS, and what is known of a session. Never does cryptography,
//! input or output. Implemented by: `howth-tls`. Called by: `howth-connection`, for the engines; the application, which
//! asks for the [facts](TlsFacts).

use std::fmt;
use std::sync::Arc;

use crate::sealed::Sealed;

/// Begins the sessions of a listener's connections. One for all cores.
pub trait TlsServer: fmt::Debug + Send + Sync {
    /// A session whose client has said nothing yet.
    fn accept(&self) -> Box<dyn TlsSession>;
}

/// The server's side of one connection.
pub trait TlsSession: fmt::Debug {
    /// Takes what the client has sent, and tells what has come whole by it. What is to be sent because of it is added to
    /// `out`, also before an error.
    ///
    /// # Errors
    /// Nothing more can come of the session.
    fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Sealed,
        tell: &mut dyn FnMut(Opened<'_>),
    ) -> Result<(), TlsFailure>;

    /// Adds `plain` to `out`, sealed. Not while the [handshake](Self::is_handshaking) goes on.
    ///
    /// # Errors
    /// Nothing more can come of the session.
    fn seal(&mut self, plain: &[u8], out: &mut Sealed) -> Result<(), TlsFailure>;

    /// Adds what tells the client that nothing more comes (RFC 8446 section 6.1).
    fn close(&mut self, out: &mut Sealed);

    /// Whether the client has still to say who it is, or how it is spoken to.
    fn is_handshaking(&self) -> bool;

    /// What was agreed upon, as it was when the handshake was over; `None`: it is not.
    fn facts(&self) -> Option<Arc<TlsFacts>>;
}

/// What has come of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// The handshake is over; the protocol within, if one was agreed upon (RFC 7301).
    Agreed(Option<&'a [u8]>),
    /// Clear text.
    Plain(&'a [u8]),
    /// The client sends nothing more.
    End,
}

/// A session that cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// The client broke the protocol, is not trusted, or has said so itself.
    #[error("the TLS session has failed")]
    Session,
    /// The client speaks HTTP in clear.
    #[error("the client speaks HTTP in clear")]
    ClearText,
}

/// What is known of a session. It is found out once, as the handshake ends; whoever asks is given the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsFacts {
    /// As Node and Bun name it: `TLSv1.3`.
    pub version: &'static str,
    /// As OpenSSL names it.
    pub cipher: &'static str,
    /// As the standard names it.
    pub cipher_standard: &'static str,
    /// The protocol within (RFC 7301).
    pub protocol: Option<Vec<u8>>,
    /// The host that the client has asked for (RFC 6066 section 3).
    pub server_name: Option<String>,
    /// The client's certificate in DER, and those it was issued by as far as the client has sent them.
    pub peer_certificates: Vec<Vec<u8>>,
    /// Why the client is not known to be who its certificate says; `None`: it is known, or was not asked.
    pub unauthorized: Option<String>,
    /// Whether the client's certificate is trusted.
    pub is_authorized: bool,
    /// An earlier session was taken up again.
    pub is_resumed: bool,
}
