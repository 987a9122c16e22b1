//! TLS on the client's side: a session in memory (rustls), what of it is under way, and what a client does to it that it
//! must not.
//!
//! Owns sealed bytes, and how many clear ones those that were sent stand for. Of a record that is cut nothing counts as sent.
//! Never judges what is in them: the clients do. Called by: `wire`; the run, for the server's side (`identity`).

mod identity;

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use crate::network::Network;
use crate::random::Random;

pub(crate) use identity::server;

/// The most clear text of a record, and what is around it besides what seals it (RFC 8446 section 5.1).
const RECORD_BYTES: usize = 16 * 1024;
const RECORD_HEAD_BYTES: usize = 5;

/// What begins a record that holds an alert.
const ALERT: u8 = 21;

/// How a client speaks to a server that speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Tls13,
    Tls12,
    /// As if it did not.
    Clear,
}

/// What a client does with its session.
#[derive(Clone, Debug)]
pub(crate) struct SealScript {
    pub(crate) speaks: Speaks,
    /// What it offers to speak within (RFC 7301).
    pub(crate) protocols: Vec<&'static [u8]>,
    /// The most bytes of one of its records.
    pub(crate) record_max: Option<usize>,
    /// One of its sealed bytes is another one when it arrives.
    pub(crate) spoils_at: Option<usize>,
    /// Behind so many sealed bytes nothing more comes of it.
    pub(crate) stops_at: Option<usize>,
    /// It says when it sends nothing more (RFC 8446 section 6.1).
    pub(crate) says_end: bool,
}

impl SealScript {
    /// Draws one. `cuts`: it may end without a word.
    pub(crate) fn draw(random: &mut Random, is_http2: bool, cuts: bool) -> SealScript {
        let protocols: &[&'static [u8]] = match (is_http2, random.chance(700)) {
            (true, true) => &[b"h2", b"http/1.1"],
            (false, true) => &[b"http/1.1"],
            (_, false) => &[],
        };
        SealScript {
            speaks: match random.below(20) {
                0 => Speaks::Clear,
                1..6 => Speaks::Tls12,
                _ => Speaks::Tls13,
            },
            protocols: protocols.to_vec(),
            record_max: *random.choose(&[None, None, Some(40), Some(300), Some(5_000)]),
            spoils_at: random.chance(80).then(|| {
                let most = *random.choose(&[100, 600, 5_000, 60_000]);
                random.below(most)
            }),
            stops_at: random.chance(50).then(|| random.below(700)),
            says_end: !(cuts && random.chance(300)),
        }
    }

    /// What is agreed upon to be spoken within, once a handshake is done; outside nothing: none ever is.
    pub(crate) fn agreed(&self) -> Option<Option<&'static [u8]>> {
        (self.speaks != Speaks::Clear).then(|| self.protocols.first().copied())
    }
}

/// A session, or what stands in its place.
#[derive(Debug)]
pub(crate) struct Seal {
    script: SealScript,
    session: Option<ClientConnection>,
    /// Sealed, and not sent.
    unsent: Vec<u8>,
    sent: usize,
    /// Clear bytes that count as sent once so many sealed ones are.
    pending: Option<(usize, usize)>,
    has_spoiled: bool,
    /// The client's side is to end, and that it does was said.
    ends: bool,
    has_said_end: bool,
    server_has_ended: bool,
    /// What a client that speaks in clear was sent.
    answer: Vec<u8>,
}

impl Seal {
    pub(crate) fn new(script: SealScript) -> Self {
        let session = (script.speaks != Speaks::Clear).then(|| {
            let is_old = script.speaks == Speaks::Tls12;
            let configuration = identity::client(is_old, &script.protocols, script.record_max);
            let name = ServerName::try_from(identity::HOST).expect("a name");
            let mut session =
                ClientConnection::new(Arc::new(configuration), name).expect("a configuration that fits");
            session.set_buffer_limit(None);
            session
        });
        let mut seal = Seal {
            script,
            session,
            unsent: Vec::new(),
            sent: 0,
            pending: None,
            has_spoiled: false,
            ends: false,
            has_said_end: false,
            server_has_ended: false,
            answer: Vec::new(),
        };
        seal.take_sealed();
        seal
    }

    fn take_sealed(&mut self) {
        while let Some(session) = self.session.as_mut().filter(|session| session.wants_write()) {
            session.write_tls(&mut self.unsent).expect("memory");
        }
    }

    /// Whether its client has done what no session survives.
    pub(crate) fn is_spoiled(&self) -> bool {
        self.has_spoiled || self.script.stops_at.is_some() || self.session.is_none()
    }

    /// Whether nothing more comes of it.
    pub(crate) fn is_stuck(&self) -> bool {
        self.script.stops_at.is_some_and(|at| self.sent >= at)
    }

    /// Whether anything of it is to be sent.
    pub(crate) fn owes(&self) -> bool {
        let is_handshaking = self
            .session
            .as_ref()
            .is_some_and(|session| session.is_handshaking());
        !self.unsent.is_empty() || is_handshaking
    }

    /// The same, and it stands for nothing of its client's.
    pub(crate) fn owes_by_itself(&self) -> bool {
        self.owes() && self.pending.is_none()
    }

    /// Seals no more than a record of `piece`, once everything before it is sent.
    pub(crate) fn put(&mut self, piece: &[u8]) {
        if self.owes() || self.pending.is_some() || self.ends || piece.is_empty() {
            return;
        }
        let record_max = self
            .script
            .record_max
            .map_or(RECORD_BYTES, |bytes| bytes - RECORD_HEAD_BYTES);
        let part = &piece[..piece.len().min(record_max)];
        match &mut self.session {
            Some(session) => session.writer().write_all(part).expect("memory"),
            None => self.unsent.extend_from_slice(part),
        }
        self.take_sealed();
        self.pending = Some((self.sent + self.unsent.len(), part.len()));
    }

    /// Sends sealed bytes, `most` at most; gives how many.
    pub(crate) fn send(&mut self, network: &mut Network, link: usize, most: usize) -> usize {
        let room = self
            .script
            .stops_at
            .map_or(usize::MAX, |at| at.saturating_sub(self.sent));
        let mut part = self.unsent[..self.unsent.len().min(most).min(room)].to_vec();
        let spoilt = self.script.spoils_at.and_then(|at| at.checked_sub(self.sent));
        let spoilt = spoilt.filter(|place| *place < part.len() && self.session.is_some());
        if let Some(place) = spoilt {
            part[place] ^= 1 << (place % 8);
        }
        let taken = network.client_send(link, &part);
        self.has_spoiled |= spoilt.is_some_and(|place| place < taken);
        self.unsent.drain(..taken);
        self.sent += taken;
        if self.ends && !self.owes() {
            if self.has_said_end {
                network.client_half_close(link);
            } else {
                self.say_end();
                return taken + self.send(network, link, most);
            }
        }
        taken
    }

    /// Clear bytes that are sent whole, and were not before.
    pub(crate) fn take_sent(&mut self) -> usize {
        let sent = self.sent;
        let whole = self.pending.take_if(|(until, _)| *until <= sent);
        whole.map_or(0, |(_, bytes)| bytes)
    }

    /// Says that nothing more comes, where it does, and ends the client's side behind that.
    pub(crate) fn end(&mut self, network: &mut Network, link: usize) {
        self.ends = true;
        self.send(network, link, usize::MAX);
    }

    fn say_end(&mut self) {
        self.has_said_end = true;
        if let Some(session) = self.session.as_mut().filter(|_| self.script.says_end) {
            session.send_close_notify();
        }
        self.take_sealed();
    }

    /// Opens what was received; an error says what is wrong with it.
    pub(crate) fn open(&mut self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut opened = Vec::new();
        let Some(session) = &mut self.session else {
            self.answer.extend_from_slice(bytes);
            return Ok(opened);
        };
        let mut rest = bytes;
        while !rest.is_empty() && !self.has_spoiled {
            session.read_tls(&mut rest).map_err(|error| error.to_string())?;
            if let Err(error) = session.process_new_packets() {
                return Err(format!("the session fails: {error}"));
            }
            let mut part = Vec::new();
            match session.reader().read_to_end(&mut part) {
                Ok(_) => self.server_has_ended = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
            opened.append(&mut part);
        }
        self.take_sealed();
        Ok(opened)
    }

    /// Whether the end of the connection is that of what was sent: else anybody may have cut it.
    pub(crate) fn is_ended_rightly(&self) -> bool {
        self.server_has_ended
    }

    /// What is wrong with the answer to a client that speaks in clear.
    pub(crate) fn fault(&self) -> Option<String> {
        let is_right = self.answer.first().is_none_or(|first| *first == ALERT)
            || b"HTTP/1.1 400 Bad Request\r\n".starts_with(&self.answer)
            || self.answer.starts_with(b"HTTP/1.1 400 ");
        (!is_right).then(|| format!("an answer in clear: {}", self.answer.escape_ascii()))
    }
}
