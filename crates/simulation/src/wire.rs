//! A client's end of its connection: in which pieces it sends, when it reads, and whether its bytes are sealed on their way.
//!
//! Owns the pace of a client. Never knows what the bytes mean. Called by: the clients.

use crate::network::{ClientRead, Network};
use crate::script::Script;
use crate::seal::Seal;
use crate::trace;

/// The least that a client sends at once when nobody pauses any more.
const PIECE_HURRIED: usize = 3_000;

/// A client's end.
#[derive(Debug)]
pub struct Wire {
    /// Bytes sent and received, of those that mean something.
    pub sent: usize,
    /// See above.
    pub received: usize,
    /// It has received nothing for a while, as its script says.
    pub has_stalled: bool,
    /// Bytes that went either way, whatever they mean.
    pub moved: usize,
    seal: Option<Box<Seal>>,
    /// Since when a client that has something to send, sealed, has sent no whole record, and how long that took at most.
    sealing_since_ms: Option<u64>,
    sealing_ms: u64,
    sends_at_ms: u64,
    reads_at_ms: u64,
}

impl Wire {
    /// One of which nothing was sent.
    pub fn new(script: &Script) -> Self {
        Wire {
            sent: 0,
            received: 0,
            has_stalled: false,
            moved: 0,
            seal: script.seal.clone().map(|seal| Box::new(Seal::new(seal))),
            sealing_since_ms: None,
            sealing_ms: 0,
            sends_at_ms: 0,
            reads_at_ms: 0,
        }
    }

    /// The most that it sends at once.
    pub fn piece_max(script: &Script, hurries: bool) -> usize {
        match hurries {
            true => script.piece_max.max(PIECE_HURRIED),
            false => script.piece_max,
        }
    }

    /// Whether it pauses between two pieces.
    pub fn pauses(&self, network: &Network, hurries: bool) -> bool {
        !hurries && network.now_ms < self.sends_at_ms
    }

    /// Whether its client has done what no sealed connection survives.
    pub fn is_spoiled(&self) -> bool {
        self.seal.as_ref().is_some_and(|seal| seal.is_spoiled())
    }

    /// Whether nothing more comes of it, whatever its client sends.
    pub fn is_stuck(&self) -> bool {
        self.seal.as_ref().is_some_and(|seal| seal.is_stuck())
    }

    /// Whether its bytes are sealed.
    pub fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    /// The longest that it took to send a record, or to agree upon how, in milliseconds: nothing of one is there before its end.
    pub fn sealing_ms(&self) -> u64 {
        self.sealing_ms
    }

    /// Whether something is to be sent of what seals it.
    pub fn owes(&self) -> bool {
        self.seal.as_ref().is_some_and(|seal| seal.owes())
    }

    /// Goes on with what seals it, where nothing else is under way. `has_more`: the client has something to send.
    pub fn advance(
        &mut self,
        network: &mut Network,
        link: usize,
        script: &Script,
        hurries: bool,
        has_more: bool,
    ) {
        if self.is_sealed() && (has_more || self.owes()) {
            let since_ms = *self.sealing_since_ms.get_or_insert(network.now_ms);
            self.sealing_ms = self.sealing_ms.max(network.now_ms - since_ms);
        } else {
            self.sealing_since_ms = None;
        }
        let owes = self.seal.as_ref().is_some_and(|seal| seal.owes_by_itself());
        if owes && !self.pauses(network, hurries) {
            self.send_sealed(network, link, &[], script, Wire::piece_max(script, hurries));
        }
    }

    /// Sends of a piece what there is room for; gives how much.
    pub fn send(
        &mut self,
        network: &mut Network,
        link: usize,
        piece: &[u8],
        script: &Script,
        hurries: bool,
    ) -> usize {
        let now_ms = network.now_ms;
        let taken = match self.seal {
            Some(_) => {
                let most = Wire::piece_max(script, hurries);
                self.send_sealed(network, link, piece, script, most)
            }
            None => {
                let taken = network.client_send(link, piece);
                self.note_sent(network, taken, script);
                taken
            }
        };
        self.sent += taken;
        if taken > 0 {
            trace::tell(|| format!("{now_ms} {link} sends {taken} bytes"));
        }
        taken
    }

    fn note_sent(&mut self, network: &Network, taken: usize, script: &Script) {
        self.moved += taken;
        if taken > 0 {
            self.sends_at_ms = match script.pause_ms {
                0 => 0,
                pause_ms => network.now_ms + pause_ms,
            };
        }
    }

    /// Clear bytes count once their record is sent whole.
    fn send_sealed(
        &mut self,
        network: &mut Network,
        link: usize,
        piece: &[u8],
        script: &Script,
        most: usize,
    ) -> usize {
        let Some(seal) = &mut self.seal else { return 0 };
        seal.put(piece);
        let sealed = seal.send(network, link, most);
        let taken = seal.take_sent();
        if taken > 0 {
            self.sealing_since_ms = None;
        }
        trace::tell(|| format!("{} {link} sends {sealed} sealed bytes", network.now_ms));
        self.note_sent(network, sealed, script);
        taken
    }

    /// Receives, unless it stalls; an error says what is wrong with what seals it.
    pub fn receive(
        &mut self,
        network: &mut Network,
        link: usize,
        script: &Script,
        hurries: bool,
    ) -> Result<ClientRead, String> {
        let now_ms = network.now_ms;
        if let Some((at, ms)) = script.stalls
            && self.received >= at
            && !self.has_stalled
            && !hurries
        {
            self.has_stalled = true;
            self.reads_at_ms = now_ms + ms;
        }
        if !hurries && now_ms < self.reads_at_ms {
            return Ok(ClientRead::Nothing);
        }
        self.reads_at_ms = 0;
        let read = network.client_receive(link, script.read_max);
        if let ClientRead::Bytes(bytes) = &read {
            self.moved += bytes.len();
        }
        let read = self.opened(read)?;
        trace::tell(|| match &read {
            ClientRead::Bytes(bytes) => {
                format!(
                    "{now_ms} {link} receives {}: {}",
                    bytes.len(),
                    bytes[..bytes.len().min(60)].escape_ascii()
                )
            }
            other => format!("{now_ms} {link} {other:?}"),
        });
        if let ClientRead::Bytes(bytes) = &read {
            self.received += bytes.len();
        }
        Ok(read)
    }

    fn opened(&mut self, read: ClientRead) -> Result<ClientRead, String> {
        let Some(seal) = &mut self.seal else {
            return Ok(read);
        };
        match read {
            ClientRead::Nothing => Ok(ClientRead::Nothing),
            ClientRead::Bytes(bytes) => {
                let opened = seal.open(&bytes)?;
                Ok(match opened.is_empty() {
                    true => ClientRead::Nothing,
                    false => ClientRead::Bytes(opened),
                })
            }
            ClientRead::End | ClientRead::Reset => {
                if let Some(fault) = seal.fault() {
                    return Err(fault);
                }
                // RFC 8446 section 6.1: what has no end of its own may have been cut by anybody.
                Ok(match read == ClientRead::End && seal.is_ended_rightly() {
                    true => ClientRead::End,
                    false => ClientRead::Reset,
                })
            }
        }
    }

    /// Ends the client's side, behind what was sent.
    pub fn half_close(&mut self, network: &mut Network, link: usize) {
        match &mut self.seal {
            Some(seal) => seal.end(network, link),
            None => network.client_half_close(link),
        }
    }

    /// Closes the connection; by a reset if it says so, or if there is something that was not read.
    pub fn close(&mut self, network: &mut Network, link: usize, resets: bool) {
        if let Some(seal) = self.seal.as_mut().filter(|_| !resets) {
            seal.end(network, link);
        }
        network.client_close(link, resets);
    }
}
