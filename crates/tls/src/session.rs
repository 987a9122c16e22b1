//! One session: records in, clear text out, and the other way.
//!
//! Owns rustls' connection, what is known once the handshake is over, and what has come that is not whole: of a record, and of
//! a message of the handshake in several records, both bounded.
//! Never keeps clear text. Called by: `howth-connection`, through [`TlsSession`].

use std::fmt;
use std::sync::Arc;

use howth_engine::{Opened, Sealed, TlsFacts, TlsFailure, TlsSession};
use rustls::HandshakeKind;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError, UnbufferedStatus,
};

use crate::configuration::Configuration;
use crate::names::Asked;
use crate::{ciphers, client};

/// The most clear text of a record (RFC 8446 section 5.1), and no less than what sealing adds to it.
const RECORD_BYTES_MAX: usize = 16 * 1024;
const SEAL_BYTES_MAX: usize = 64;

/// The most of a record with what seals it (RFC 5246 section 6.2.3; RFC 8446 section 5.2 allows less).
const SEALED_RECORD_BYTES_MAX: usize = RECORD_BYTES_MAX + 2048 + 5;

/// So much of a handshake is kept besides: records, not the message in them, since a record may be padding but for one
/// byte (RFC 8446 section 5.4).
const HANDSHAKE_BYTES_MAX: usize = 64 * 1024;

/// No alert is larger than this.
const ALERT_BYTES_MAX: usize = 64;

/// The server's side of one connection.
pub(crate) struct Session {
    connection: UnbufferedServerConnection,
    progress: Progress,
    /// What has come and is not whole.
    received: Vec<u8>,
    has_begun: bool,
    /// rustls is asked for nothing more: it would look for what it was given before.
    has_failed: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

/// How far the session is.
enum Progress {
    /// It is being found out who is there.
    Handshake(Arc<Configuration>, Arc<Asked>),
    /// That is known, and does not change any more.
    Agreed(Arc<TlsFacts>),
}

/// What a step of rustls came to.
enum Step {
    /// There may be more.
    More,
    /// Nothing more without more bytes.
    Done,
}

impl Session {
    pub(crate) fn new(configuration: Arc<Configuration>) -> Self {
        let (rustls, asked) = configuration.connection();
        let connection = UnbufferedServerConnection::new(rustls)
            .expect("of a configuration only the size of fragments is refused, which is not set");
        Session {
            connection,
            progress: Progress::Handshake(configuration, asked),
            received: Vec::new(),
            has_begun: false,
            has_failed: false,
        }
    }

    /// One step of rustls: gives how many of the received bytes behind `start` are done with.
    fn step(
        &mut self,
        start: usize,
        out: &mut Sealed,
        tell: &mut dyn FnMut(Opened<'_>),
    ) -> (usize, Result<Step, TlsFailure>) {
        let is_agreed = !self.is_handshaking();
        // What comes with the end of the handshake is told behind it.
        let mut first = Vec::new();
        let mut has_ended = false;
        let received = &mut self.received[start..];
        let UnbufferedStatus { mut discard, state } = self.connection.process_tls_records(received);
        let step = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
                match traffic.next_record() {
                    None => break Ok(Step::More),
                    Some(Err(_)) => break Err(TlsFailure::Session),
                    Some(Ok(record)) => {
                        discard += record.discard;
                        match is_agreed {
                            true => tell(Opened::Plain(record.payload)),
                            false => first.extend_from_slice(record.payload),
                        }
                    }
                }
            },
            Ok(ConnectionState::EncodeTlsData(data)) => encode(data, out).map(|()| Step::More),
            Ok(ConnectionState::TransmitTlsData(data)) => {
                data.done();
                Ok(Step::More)
            }
            Ok(ConnectionState::PeerClosed) => {
                has_ended = true;
                Ok(Step::More)
            }
            Ok(
                ConnectionState::WriteTraffic(_)
                | ConnectionState::BlockedHandshake
                | ConnectionState::Closed,
            ) => Ok(Step::Done),
            // Early data, which is not offered, or what a later rustls may add.
            Ok(_) | Err(_) => Err(TlsFailure::Session),
        };
        if !is_agreed && !self.connection.is_handshaking() {
            self.agree(tell);
        }
        if !first.is_empty() {
            tell(Opened::Plain(&first));
        }
        if has_ended {
            tell(Opened::End);
        }
        (discard, step)
    }

    /// The handshake is over: nothing of it is kept but what is asked for later.
    fn agree(&mut self, tell: &mut dyn FnMut(Opened<'_>)) {
        if let Progress::Handshake(configuration, asked) = &self.progress {
            let facts = self.found_out(configuration, asked);
            self.progress = Progress::Agreed(configuration.agreed.share(facts));
        }
        tell(Opened::Agreed(self.connection.alpn_protocol()));
    }

    /// What is known now that the handshake is over. A client's certificate is judged here, also where a session is taken up
    /// again, and not once more.
    fn found_out(&self, configuration: &Configuration, asked: &Asked) -> TlsFacts {
        let connection = &self.connection;
        let suite = connection.negotiated_cipher_suite();
        let (cipher, cipher_standard) = suite.map_or(("", ""), |suite| ciphers::names(suite.suite()));
        let certificates = connection.peer_certificates().unwrap_or_default();
        let judge = configuration.judge.as_deref();
        let unauthorized = judge.and_then(|judge| client::unauthorized(judge, certificates));
        TlsFacts {
            version: connection.protocol_version().map_or("", ciphers::version),
            cipher,
            cipher_standard,
            protocol: connection.alpn_protocol().map(<[u8]>::to_vec),
            server_name: asked.server_name().map(str::to_owned),
            peer_certificates: certificates.iter().map(|der| der.to_vec()).collect(),
            is_authorized: judge.is_some() && unauthorized.is_none(),
            unauthorized: unauthorized.map(str::to_owned),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// What rustls tells the client of a failure (RFC 8446 section 6.2).
    fn last_words(&mut self, out: &mut Sealed) {
        // While it has something to send, rustls looks at nothing that was received; afterwards it would judge the same record
        // once more.
        while self.connection.wants_write() {
            let Ok(ConnectionState::EncodeTlsData(data)) = self.connection.process_tls_records(&mut []).state
            else {
                return;
            };
            if encode(data, out).is_err() {
                return;
            }
        }
    }

    /// The first byte tells who speaks HTTP: a method begins with a letter, and a record with its type, which is none (RFC
    /// 8446 section 5.1).
    fn is_plain_http(&mut self, bytes: &[u8]) -> bool {
        let first = bytes.first().filter(|_| !self.has_begun);
        self.has_begun |= !bytes.is_empty();
        first.is_some_and(u8::is_ascii_alphabetic)
    }

    /// How much may be kept of what is not whole.
    fn kept_bytes_max(&self) -> usize {
        match self.is_handshaking() {
            true => HANDSHAKE_BYTES_MAX + SEALED_RECORD_BYTES_MAX,
            false => SEALED_RECORD_BYTES_MAX,
        }
    }

    /// Ends the session of a client that sends a message in more records than are kept.
    fn give_up(&mut self, out: &mut Sealed) -> TlsFailure {
        // rustls says what is wrong with a record, and nothing of its own accord: it is given one that is none, behind the end
        // of the one that may have begun.
        let length = self.received.len() + 2 * SEALED_RECORD_BYTES_MAX;
        self.received.resize(length, u8::MAX);
        let _ = self.connection.process_tls_records(&mut self.received);
        self.received = Vec::new();
        self.last_words(out);
        TlsFailure::Session
    }
}

impl TlsSession for Session {
    fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Sealed,
        tell: &mut dyn FnMut(Opened<'_>),
    ) -> Result<(), TlsFailure> {
        if self.has_failed {
            return Err(TlsFailure::Session);
        }
        if self.is_plain_http(bytes) {
            self.has_failed = true;
            return Err(TlsFailure::ClearText);
        }
        self.received.extend_from_slice(bytes);
        let mut done = 0;
        let result = loop {
            let (discard, step) = self.step(done, out, tell);
            done += discard;
            match step {
                Ok(Step::More) => {}
                Ok(Step::Done) => break Ok(()),
                Err(failure) => {
                    self.last_words(out);
                    break Err(failure);
                }
            }
        };
        let kept = self.received.len() - done;
        match result.is_err() || kept == 0 {
            // An idle session holds no memory for what may come, and one that has failed looks at nothing more.
            true => self.received = Vec::new(),
            false => drop(self.received.drain(..done)),
        }
        let result = match self.received.len() > self.kept_bytes_max() {
            true => Err(self.give_up(out)),
            false => result,
        };
        self.has_failed = result.is_err();
        result
    }

    fn seal(&mut self, plain: &[u8], out: &mut Sealed) -> Result<(), TlsFailure> {
        if self.has_failed {
            return Err(TlsFailure::Session);
        }
        let records = plain.len().div_ceil(RECORD_BYTES_MAX);
        let room = plain.len() + records * SEAL_BYTES_MAX;
        loop {
            // Everything whole of what was received is done with: nothing is told here.
            match self.connection.process_tls_records(&mut self.received).state {
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, out)?,
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    return extend(out, room, |room| match traffic.encrypt(plain, room) {
                        Ok(bytes) => Ok(bytes),
                        Err(EncryptError::InsufficientSize(needed)) => Err(Some(needed)),
                        Err(EncryptError::EncryptExhausted) => Err(None),
                    });
                }
                _ => return Err(TlsFailure::Session),
            }
        }
    }

    fn close(&mut self, out: &mut Sealed) {
        while !self.has_failed {
            let encoded = match self.connection.process_tls_records(&mut self.received).state {
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, out),
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    Ok(())
                }
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    // One that cannot be sealed is left out: the client sees the end of the stream.
                    let _ = extend(out, ALERT_BYTES_MAX, |room| {
                        match traffic.queue_close_notify(room) {
                            Ok(bytes) => Ok(bytes),
                            Err(EncryptError::InsufficientSize(needed)) => Err(Some(needed)),
                            Err(EncryptError::EncryptExhausted) => Err(None),
                        }
                    });
                    return;
                }
                _ => return,
            };
            if encoded.is_err() {
                return;
            }
        }
    }

    fn is_handshaking(&self) -> bool {
        matches!(self.progress, Progress::Handshake(..))
    }

    fn facts(&self) -> Option<Arc<TlsFacts>> {
        match &self.progress {
            Progress::Handshake(..) => None,
            Progress::Agreed(facts) => Some(facts.clone()),
        }
    }
}

/// Adds a message of the handshake, or an alert.
fn encode(mut data: EncodeTlsData<'_, ServerConnectionData>, out: &mut Sealed) -> Result<(), TlsFailure> {
    extend(out, ALERT_BYTES_MAX, |room| match data.encode(room) {
        Ok(bytes) => Ok(bytes),
        Err(EncodeError::InsufficientSize(needed)) => Err(Some(needed)),
        Err(EncodeError::AlreadyEncoded) => Err(None),
    })
}

/// Adds what `write` writes into as much room as it needs.
fn extend(
    out: &mut Sealed,
    room: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<InsufficientSizeError>>,
) -> Result<(), TlsFailure> {
    let mut room = room;
    loop {
        match write(out.room(room)) {
            Ok(written) => {
                out.add(written);
                return Ok(());
            }
            Err(Some(needed)) => room = needed.required_size,
            Err(None) => return Err(TlsFailure::Session),
        }
    }
}
