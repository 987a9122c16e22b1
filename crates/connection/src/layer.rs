//! The layer between a socket and clear text: TLS, on those connections that speak it.
//!
//! Owns: bytes on their way through a session, and the order of what the session itself sends. Never does cryptography:
//! [`TlsSession`] does. Called by: `layered`, which has the ends of a session; the drivers, which seal at once.

use std::sync::Arc;

use howth_engine::{FileBody, Sealed, TlsFacts, TlsFailure, TlsServer, TlsSession};

use crate::{Outgoing, Segment};

/// So much clear text is sealed at once: what a slow client has not taken is held twice for no longer than that. Five
/// records, so that 64 KiB with their head are one send.
const BATCH_BYTES_MAX: usize = 5 * 16 * 1024;

/// What a driver keeps of a connection, and may have a layer.
pub trait Layered {
    /// The layer; `None`: the connection speaks in clear.
    fn layer(&self) -> Option<&Layer>;

    /// The same, to be changed.
    fn layer_mut(&mut self) -> Option<&mut Layer>;
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Who is there is being found out.
    Handshake,
    /// Clear text goes both ways.
    Open,
    /// The client was told that nothing more comes.
    Closed,
    /// Nothing can be sealed or opened any more.
    Failed,
}

/// The layer of one connection.
#[derive(Debug)]
pub struct Layer {
    /// `None` while it is being used.
    pub(crate) session: Option<Box<dyn TlsSession>>,
    pub(crate) state: State,
    /// The client has said that it sends nothing more.
    pub(crate) has_client_ended: bool,
    /// In the list of those whose handshake goes on with a later turn, because of these bytes.
    pub(crate) is_waiting: bool,
    pub(crate) waiting: Vec<u8>,
    /// The socket has ended behind them.
    pub(crate) has_end_waiting: bool,
    /// Clear text that was taken from the connection, and is not sealed.
    pub(crate) clear: Outgoing,
    /// The file in it is being read.
    is_file_due: bool,
    /// What was sealed before the driver asks for it, and the clear text that it stands for; not while anything is under way.
    pub(crate) ready: Option<Box<Sealed>>,
    ready_clear: usize,
    /// What the session itself has to send, behind that.
    pub(crate) own: Sealed,
    /// Of what the driver was given last: bytes that it has not sent, and the clear text that all of them stood for.
    pub(crate) sealed_under_way: usize,
    pub(crate) clear_under_way: usize,
}

impl Layer {
    /// A layer whose client has said nothing yet.
    pub fn new(server: &dyn TlsServer) -> Self {
        Layer {
            session: Some(server.accept()),
            state: State::Handshake,
            has_client_ended: false,
            is_waiting: false,
            waiting: Vec::new(),
            has_end_waiting: false,
            clear: Outgoing::default(),
            is_file_due: false,
            ready: None,
            ready_clear: 0,
            own: Sealed::default(),
            sealed_under_way: 0,
            clear_under_way: 0,
        }
    }

    /// What was agreed upon; `None`: nothing is.
    pub fn facts(&self) -> Option<Arc<TlsFacts>> {
        self.session.as_ref()?.facts()
    }

    /// Seals as much as one send takes, behind what was sealed before and what the session itself has to send.
    #[expect(clippy::vec_box, reason = "a segment has a box of one as well")]
    pub(crate) fn seal(
        &mut self,
        spare: &mut Vec<Box<Sealed>>,
        spent: &mut Vec<Segment>,
    ) -> Result<Option<Box<Sealed>>, TlsFailure> {
        let goes_on = self.state == State::Open && !self.clear.is_empty();
        if self.ready.is_none() && self.own.is_empty() && !goes_on {
            return Ok(None);
        }
        let mut sealed = self
            .ready
            .take()
            .unwrap_or_else(|| spare.pop().unwrap_or_default());
        sealed.extend_from_slice(&std::mem::take(&mut self.own));
        let mut batch = std::mem::take(&mut self.ready_clear);
        while self.state == State::Open && batch < BATCH_BYTES_MAX {
            let length = {
                let (Some(session), Some(slice)) = (&mut self.session, self.clear.slices().next()) else {
                    break;
                };
                let part = &slice[..slice.len().min(BATCH_BYTES_MAX - batch)];
                session.seal(part, &mut sealed)?;
                part.len()
            };
            batch += length;
            self.clear.advance(length, |segment| spent.push(segment));
        }
        self.sealed_under_way = sealed.len();
        self.clear_under_way = batch;
        Ok(Some(sealed))
    }

    /// Seals of `slices` what one send takes, before the driver asks for it; gives how many of their bytes that were. None where
    /// anything else is to be sent first, or nothing can be sealed.
    pub fn seal_now(&mut self, slices: &[&[u8]], spare: &mut Vec<Box<Sealed>>) -> usize {
        let is_first = self.sealed_under_way == 0 && self.clear.is_empty() && self.ready.is_none();
        let (Some(session), State::Open, true) = (&mut self.session, self.state, is_first) else {
            return 0;
        };
        let mut sealed = spare.pop().unwrap_or_default();
        sealed.extend_from_slice(&std::mem::take(&mut self.own));
        let mut batch = 0;
        for slice in slices {
            let part = &slice[..slice.len().min(BATCH_BYTES_MAX - batch)];
            // A session that fails now does so again when the driver asks.
            if !part.is_empty() && session.seal(part, &mut sealed).is_err() {
                break;
            }
            batch += part.len();
        }
        if sealed.is_empty() {
            return 0;
        }
        self.ready = Some(sealed);
        self.ready_clear = batch;
        batch
    }

    /// What is to be read of a file, of which so much is sealed at once.
    pub(crate) fn file_wanted(&mut self) -> Option<FileBody> {
        if self.is_file_due || self.state != State::Open {
            return None;
        }
        let piece = self.clear.file_piece(BATCH_BYTES_MAX as u64)?;
        self.is_file_due = true;
        Some(piece)
    }

    /// What was read of it; `None`: the file has failed. False: that is so, and it was to be sent.
    pub(crate) fn file_read(&mut self, bytes: Option<Vec<u8>>) -> bool {
        match bytes {
            // The session has ended meanwhile.
            _ if !self.clear.has_file() => true,
            Some(bytes) => {
                self.is_file_due = false;
                self.clear.supply(bytes);
                true
            }
            // It is not wanted again.
            None => false,
        }
    }

    /// Nothing more comes of the session, but what it has to say about that.
    pub(crate) fn fail(&mut self) {
        self.state = State::Failed;
        self.clear = Outgoing::default();
        self.clear_under_way = 0;
        self.ready = None;
        self.ready_clear = 0;
        self.waiting = Vec::new();
    }

    pub(crate) fn close(&mut self) {
        if self.state == State::Open
            && let Some(session) = &mut self.session
        {
            session.close(&mut self.own);
        }
        if self.state != State::Failed {
            self.state = State::Closed;
            self.clear = Outgoing::default();
        }
    }

    pub(crate) fn has_something_to_send(&self) -> bool {
        self.sealed_under_way > 0 || self.ready.is_some() || !self.own.is_empty() || !self.clear.is_empty()
    }
}

/// Whether a connection's bytes are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seal {
    /// They are clear text.
    #[default]
    None,
    /// They are a header of the PROXY protocol first, and then may be either.
    Header,
    /// It is being agreed upon how.
    Handshake,
    /// They are.
    Agreed,
}
