//! A client of either protocol.
//!
//! Owns nothing but the choice. Called by: the run.

use crate::client::{Circumstances, Client, State};
use crate::http2::StreamClient;
use crate::network::Network;
use crate::reader::Reading;

/// A client.
#[derive(Debug)]
pub enum Player {
    /// One request behind another.
    Lines(Box<Client>),
    /// Several at once.
    Streams(Box<StreamClient>),
}

impl Player {
    /// Its place in the scenario.
    pub fn number(&self) -> usize {
        match self {
            Player::Lines(client) => client.number,
            Player::Streams(client) => client.number,
        }
    }

    /// Where it is.
    pub fn state(&self) -> State {
        match self {
            Player::Lines(client) => client.state,
            Player::Streams(client) => client.state,
        }
    }

    /// Connects, if it is time; gives the connection.
    pub fn connect(&mut self, network: &mut Network, started_ms: u64, hurries: bool) -> Option<usize> {
        match self {
            Player::Lines(client) => client.connect(network, started_ms, hurries),
            Player::Streams(client) => client.connect(network, started_ms, hurries),
        }
    }

    /// Does what is next; an error says what is wrong with what it was sent.
    pub fn advance(
        &mut self,
        network: &mut Network,
        reading: &Reading,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        match self {
            Player::Lines(client) => client.advance(network, reading, around),
            Player::Streams(client) => client.advance(network, around),
        }
    }

    /// How many bytes it has sent, and whether it has ended its side.
    pub fn sent(&self) -> (usize, bool) {
        match self {
            Player::Lines(client) => client.sent(),
            Player::Streams(client) => client.sent(),
        }
    }

    /// A number that grows as long as it does anything.
    pub fn progress(&self) -> usize {
        match self {
            Player::Lines(client) => client.progress(),
            Player::Streams(client) => client.progress(),
        }
    }

    /// Where it stands, in words.
    pub fn place(&self) -> String {
        match self {
            Player::Lines(client) => client.place(),
            Player::Streams(client) => client.place(),
        }
    }
}
