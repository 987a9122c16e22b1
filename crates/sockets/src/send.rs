//! From messages to frames on a tunnel.
//!
//! Owns when a message is not sent. What is sent in one turn leaves together: the engine sees to that. Called by: the
//! application.

use howth_engine::{Backpressure, ConnectionEnd, ExchangeId, Exchanges, WriteError};
use howth_websocket::{Opcode, frame_head};

use crate::close::end_connection;
use crate::socket::{Phase, Socket};
use crate::sockets::{Codecs, Sockets};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way.
    Ready,
    /// It is, behind so much that the client has not taken that more had better wait: the engine tells when it need not.
    Full,
    /// It is not: the socket is not open, or has too much unsent.
    Dropped,
}

impl Sockets {
    /// Sends a message, or a ping or pong, of 125 bytes at most. `compress`: where compression was agreed upon.
    pub fn send(
        &mut self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        opcode: Opcode,
        payload: &[u8],
        compress: bool,
    ) -> Sent {
        match self.sockets.get(&id) {
            Some(socket) => socket.send(exchanges, id, &mut self.codecs, opcode, payload, compress),
            None => Sent::Dropped,
        }
    }

    /// Sends a message to all sockets that hear a topic, but for one, and says to how many. It is framed once, and compressed
    /// once for each window.
    pub fn publish(
        &mut self,
        exchanges: &dyn Exchanges,
        topic: &str,
        opcode: Opcode,
        payload: &[u8],
        compress: bool,
        but: Option<ExchangeId>,
    ) -> usize {
        let Some(members) = self.topics.members(topic) else {
            return 0;
        };
        let mut frames = Frames::new(opcode, payload);
        let mut count = 0;
        for id in members.iter().filter(|id| Some(**id) != but) {
            let Some(socket) = self
                .sockets
                .get(id)
                .filter(|socket| socket.takes_more(exchanges, *id))
            else {
                continue;
            };
            let window_bits = socket.window_bits(compress);
            let frame = frames.frame(&mut self.codecs, window_bits);
            count += usize::from(exchanges.write(*id, frame).is_ok());
        }
        count
    }
}

impl Socket {
    fn send(
        &self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        codecs: &mut Codecs,
        opcode: Opcode,
        payload: &[u8],
        compress: bool,
    ) -> Sent {
        if !self.takes_more(exchanges, id) {
            return Sent::Dropped;
        }
        let is_message = matches!(opcode, Opcode::Text | Opcode::Binary);
        let written = match self.window_bits(compress && is_message) {
            Some(window_bits) => {
                let compressed = codecs.deflate(window_bits, payload);
                write_frame(exchanges, id, opcode, true, &compressed)
            }
            None => write_frame(exchanges, id, opcode, false, payload),
        };
        match written {
            Ok(Backpressure::Ready) => Sent::Ready,
            Ok(Backpressure::Full) => Sent::Full,
            Err(_) => Sent::Dropped,
        }
    }

    /// Whether anything more may be sent; one that has too much unsent is ended, if it is to be.
    fn takes_more(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        if self.phase != Phase::Open {
            return false;
        }
        let has_room = exchanges.unsent_bytes(id) <= self.settings.unsent_bytes_max;
        if !has_room && self.settings.ends_at_unsent_max {
            end_connection(exchanges, id, ConnectionEnd::Reset);
        }
        has_room
    }

    /// The window with which a message is compressed; `None`: it is not.
    fn window_bits(&self, compress: bool) -> Option<u8> {
        let compression = self.compression.filter(|_| compress)?;
        Some(compression.server_window_bits)
    }
}

/// A message in the forms in which it is sent to several.
struct Frames<'a> {
    opcode: Opcode,
    payload: &'a [u8],
    /// By window; `None`: not compressed.
    made: Vec<(Option<u8>, Vec<u8>)>,
}

impl<'a> Frames<'a> {
    fn new(opcode: Opcode, payload: &'a [u8]) -> Self {
        Frames {
            opcode,
            payload,
            made: Vec::new(),
        }
    }

    fn frame(&mut self, codecs: &mut Codecs, window_bits: Option<u8>) -> &[u8] {
        let place = match self.made.iter().position(|(made, _)| *made == window_bits) {
            Some(place) => place,
            None => {
                let frame = match window_bits {
                    Some(bits) => whole_frame(self.opcode, true, &codecs.deflate(bits, self.payload)),
                    None => whole_frame(self.opcode, false, self.payload),
                };
                self.made.push((window_bits, frame));
                self.made.len() - 1
            }
        };
        &self.made[place].1
    }
}

fn whole_frame(opcode: Opcode, is_compressed: bool, payload: &[u8]) -> Vec<u8> {
    let head = frame_head(opcode, is_compressed, payload.len());
    [head.as_ref(), payload].concat()
}

/// Up to here a frame is put together before it is written: a copy of so little is less than a call.
const JOINED_BYTES_MAX: usize = 256;

/// The head of a server's frame at most (RFC 6455 section 5.2).
const HEAD_BYTES_MAX: usize = 10;

/// Writes a frame from where its payload lies.
pub(crate) fn write_frame(
    exchanges: &dyn Exchanges,
    id: ExchangeId,
    opcode: Opcode,
    is_compressed: bool,
    payload: &[u8],
) -> Result<Backpressure, WriteError> {
    let head = frame_head(opcode, is_compressed, payload.len());
    let head = head.as_ref();
    if payload.len() <= JOINED_BYTES_MAX {
        let mut frame = [0; JOINED_BYTES_MAX + HEAD_BYTES_MAX];
        let length = head.len() + payload.len();
        frame[..head.len()].copy_from_slice(head);
        frame[head.len()..length].copy_from_slice(payload);
        return exchanges.write(id, &frame[..length]);
    }
    exchanges.write(id, head)?;
    exchanges.write(id, payload)
}
