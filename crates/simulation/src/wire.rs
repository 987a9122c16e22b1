//! A client's end of its connection: in which pieces it sends, when it reads, how long it owes the server something.
//!
//! Owns the pace of a client. Never knows what the bytes mean. Called by: the clients.

use crate::network::{ClientRead, Network};
use crate::script::Script;
use crate::trace;

/// The least that a client sends at once when nobody pauses any more.
const PIECE_HURRIED: usize = 3_000;

/// A client's end.
#[derive(Debug, Default)]
pub struct Wire {
    /// Bytes sent and received, of those that mean something.
    pub sent: usize,
    /// See above.
    pub received: usize,
    /// It has received nothing for a while, as its script says.
    pub has_stalled: bool,
    sends_at_ms: u64,
    reads_at_ms: u64,
}

impl Wire {
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

    /// Sends of a piece what there is room for; gives how much.
    pub fn send(&mut self, network: &mut Network, link: usize, piece: &[u8], script: &Script) -> usize {
        let now_ms = network.now_ms;
        let taken = network.client_send(link, piece);
        self.sent += taken;
        if taken > 0 {
            trace::tell(|| format!("{now_ms} {link} sends {taken} bytes"));
            self.sends_at_ms = match script.pause_ms {
                0 => 0,
                pause_ms => now_ms + pause_ms,
            };
        }
        taken
    }

    /// Receives, unless it stalls.
    pub fn receive(
        &mut self,
        network: &mut Network,
        link: usize,
        script: &Script,
        hurries: bool,
    ) -> ClientRead {
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
            return ClientRead::Nothing;
        }
        self.reads_at_ms = 0;
        let read = network.client_receive(link, script.read_max);
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
        read
    }
}
