//! The layer between a socket and clear text: TLS, on those connections that speak it.
//!
//! A driver tells of what it has received and sent through the methods here, and asks for what to send and what is wanted;
//! for a connection without a layer they are those of [`Connections`], and cost one comparison. Owns: bytes on their way
//! through a session, the order of what the session itself sends, the ends of a session. Never does cryptography:
//! [`TlsSession`] does. Called by: the drivers.

use std::sync::Arc;

use howth_engine::{FileBody, Opened, TlsFacts, TlsFailure, TlsServer, TlsSession};
use howth_http1::Rejection;

use crate::connections::Connections;
use crate::handshakes::Handshakes;
use crate::{Outgoing, Receive, Wanted};

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
    session: Option<Box<dyn TlsSession>>,
    pub(crate) state: State,
    /// The client has said that it sends nothing more.
    has_client_ended: bool,
    /// In the list of those whose handshake goes on with a later turn, because of these bytes.
    pub(crate) is_waiting: bool,
    pub(crate) waiting: Vec<u8>,
    /// The socket has ended behind them.
    pub(crate) has_end_waiting: bool,
    /// Clear text that was taken from the connection, and is not sealed.
    clear: Outgoing,
    /// The file in it is being read.
    is_file_due: bool,
    /// What the session itself has to send.
    own: Vec<u8>,
    /// Of what the driver was given last: bytes that it has not sent, and the clear text that all of them stood for.
    sealed_under_way: usize,
    clear_under_way: usize,
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
            own: Vec::new(),
            sealed_under_way: 0,
            clear_under_way: 0,
        }
    }

    /// What was agreed upon; `None`: nothing is.
    pub fn facts(&self) -> Option<Arc<TlsFacts>> {
        self.session.as_ref()?.facts()
    }

    /// Seals as much as one send takes, behind what the session itself has to send.
    fn seal(&mut self, spent: &mut Vec<Vec<u8>>) -> Result<Vec<u8>, TlsFailure> {
        let mut sealed = std::mem::take(&mut self.own);
        let mut batch = 0;
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
            self.clear.advance(length, |buffer| spent.push(buffer));
        }
        self.sealed_under_way = sealed.len();
        self.clear_under_way = batch;
        Ok(sealed)
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
    fn fail(&mut self) {
        self.state = State::Failed;
        self.clear = Outgoing::default();
        self.clear_under_way = 0;
        self.waiting = Vec::new();
    }

    fn close(&mut self) {
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

    fn has_something_to_send(&self) -> bool {
        self.sealed_under_way > 0 || !self.own.is_empty() || !self.clear.is_empty()
    }
}

impl<L: Layered> Connections<L> {
    /// The socket has given `bytes`.
    #[inline]
    pub fn arrived(&mut self, index: u32, bytes: &[u8], handshakes: &mut Handshakes) {
        match self.connections[index].seal {
            Seal::None => self.received(index, bytes),
            Seal::Handshake => self.arrived_in_handshake(index, bytes, handshakes),
            Seal::Agreed => self.open_bytes(index, bytes),
        }
    }

    /// Hands what is whole of received bytes to the connection.
    pub(crate) fn open_bytes(&mut self, index: u32, bytes: &[u8]) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        let session = layer.session.take_if(|_| layer.state != State::Failed);
        let Some(mut session) = session else {
            // Nobody has sealed it: it is counted, and never looked at.
            self.arrived_in_vain(index, bytes.len());
            return self.unsettle(index);
        };
        let mut own = std::mem::take(&mut layer.own);
        let result = session.receive(bytes, &mut own, &mut |opened| match opened {
            Opened::Agreed(protocol) => self.agreed(index, protocol),
            Opened::Plain(plain) => self.received(index, plain),
            Opened::End => self.client_ended(index),
        });
        if result == Err(TlsFailure::ClearText) {
            Rejection::CLEAR_TEXT.encode(&self.date, &mut own);
        }
        let has_own = !own.is_empty();
        if let Some(layer) = self.link_mut(index).layer_mut() {
            layer.session = Some(session);
            layer.own = own;
        }
        if result.is_err() {
            self.layer_failed(index);
        }
        if has_own {
            self.unsettle(index);
        }
    }

    fn agreed(&mut self, index: u32, protocol: Option<&[u8]>) {
        if let Some(layer) = self.link_mut(index).layer_mut() {
            layer.state = State::Open;
        }
        self.handshake_done(index, protocol);
    }

    fn client_ended(&mut self, index: u32) {
        if let Some(layer) = self.link_mut(index).layer_mut()
            && !std::mem::replace(&mut layer.has_client_ended, true)
        {
            self.end_of_stream(index);
        }
    }

    fn layer_failed(&mut self, index: u32) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        layer.fail();
        match self.connections[index].seal {
            Seal::Handshake => self.refuse_handshake(index),
            _ => {
                // It ends behind this turn's events; until then nothing more is taken.
                self.connections[index].stop_intake();
                self.broken(index);
            }
        }
    }

    /// The socket gives nothing more.
    pub fn arrived_end(&mut self, index: u32) {
        let (has_ended, is_cut) = match self.link_mut(index).layer_mut() {
            None => (false, false),
            Some(layer) if layer.is_waiting => {
                // What waits has come before, and has its turn.
                layer.has_end_waiting = true;
                return;
            }
            Some(layer) => (layer.has_client_ended, layer.state == State::Open),
        };
        match () {
            () if has_ended => {}
            // RFC 8446 section 6.1: what has no end of its own may have been cut by anybody.
            () if is_cut && self.is_tunnel(index) => self.broken(index),
            () => self.end_of_stream(index),
        }
    }

    /// What is to be sent next; nothing while the driver has not sent what it was given before.
    #[inline]
    pub fn to_send(&mut self, index: u32) -> Option<Outgoing> {
        let output = self.output(index);
        match self.connections[index].seal {
            Seal::None => output,
            _ => self.sealed(index, output),
        }
    }

    fn sealed(&mut self, index: u32, output: Option<Outgoing>) -> Option<Outgoing> {
        let is_over = !self.is_sending(index);
        let layer = self.link_mut(index).layer_mut()?;
        if let Some(output) = output {
            layer.clear = output;
        }
        if layer.sealed_under_way > 0 || is_over {
            return None;
        }
        let mut spent = Vec::new();
        let sealed = layer.seal(&mut spent);
        spent.into_iter().for_each(|buffer| self.reuse(buffer));
        match sealed {
            Ok(sealed) if sealed.is_empty() => None,
            Ok(sealed) => {
                let mut outgoing = Outgoing::default();
                outgoing.push(sealed);
                Some(outgoing)
            }
            Err(_) => {
                self.layer_failed(index);
                None
            }
        }
    }

    /// The socket has taken so many bytes of those to send.
    #[inline]
    pub fn was_sent(&mut self, index: u32, bytes: usize) {
        match self.connections[index].seal {
            Seal::None => self.sent(index, bytes),
            _ => self.sealed_was_sent(index, bytes),
        }
    }

    fn sealed_was_sent(&mut self, index: u32, bytes: usize) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        layer.sealed_under_way -= bytes;
        let clear = match layer.sealed_under_way {
            0 => std::mem::take(&mut layer.clear_under_way),
            _ => 0,
        };
        let goes_on = layer.has_something_to_send() || layer.state != State::Open;
        self.sent(index, clear);
        if goes_on {
            self.unsettle(index);
        }
    }

    /// Sending has failed. What could not be sent may be the session's own, while a request that has come before is not told
    /// of yet: a sealed connection ends behind that.
    pub fn send_failed(&mut self, index: u32) {
        match self.connections[index].seal {
            Seal::None => self.end(index),
            _ => self.doomed.push((index, self.connections.generation(index))),
        }
    }

    /// What the connection wants of its driver, which asks [what is to be sent](Self::to_send) first.
    #[inline]
    pub fn wants(&mut self, index: u32) -> Wanted {
        let wanted = self.settle(index);
        match self.connections[index].seal {
            Seal::None => wanted,
            _ => self.wants_by_layer(index, wanted),
        }
    }

    fn wants_by_layer(&mut self, index: u32, wanted: Wanted) -> Wanted {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return wanted;
        };
        let receive = |receive| match receive {
            _ if layer.is_waiting => Receive::Nothing,
            Receive::Nothing => Receive::Nothing,
            // Only clear text could go where it is wanted.
            Receive::Bytes | Receive::Body => Receive::Bytes,
        };
        match wanted {
            Wanted::Open(wanted) => Wanted::Open(receive(wanted)),
            Wanted::HalfClosed(wanted) => {
                let receive = receive(wanted);
                layer.close();
                match layer.has_something_to_send() {
                    false => {
                        if std::mem::take(&mut self.connections[index].has_last_word) {
                            self.unsettle(index);
                        }
                        Wanted::HalfClosed(receive)
                    }
                    true => {
                        if layer.sealed_under_way == 0 {
                            self.unsettle(index);
                        }
                        Wanted::Open(receive)
                    }
                }
            }
            Wanted::End(_) | Wanted::Leave { .. } => wanted,
        }
    }

    /// The last that a connection has to say which ends, if it has not said that; to be sent as far as that takes no time.
    pub fn farewell(&mut self, index: u32) -> Option<Vec<u8>> {
        let layer = self.link_mut(index).layer_mut()?;
        if layer.sealed_under_way > 0 || !layer.clear.is_empty() {
            return None;
        }
        layer.close();
        Some(std::mem::take(&mut layer.own)).filter(|bytes| !bytes.is_empty())
    }
}

/// Whether a connection's bytes are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seal {
    /// They are clear text.
    #[default]
    None,
    /// It is being agreed upon how.
    Handshake,
    /// They are.
    Agreed,
}
