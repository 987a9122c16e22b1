//! A client that plays its script, and judges what it gets and how its connection ends.
//!
//! Owns its place in the script. Never excuses a lost answer but for a reason that it has seen itself: a fault of the kernel,
//! its own doing, a deadline that it has let pass, a server that stops.

mod excuse;
mod tunnel;

use howth_engine::EngineOptions;

use crate::answers::{Answers, Leave};
use crate::knowledge::Knowledge;
use crate::network::{ClientRead, Network};
use crate::reader::{BodyEnd, End, Reading};
use crate::script::{Ending, Script};
use crate::wire::Wire;

/// What is the same for every client of a simulation at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The engine's options.
    pub options: &'a EngineOptions,
    /// Since when the server stops, in milliseconds.
    pub drains_since_ms: Option<u64>,
    /// Nobody pauses any more.
    pub hurries: bool,
    /// Everything was broken off.
    pub is_aborted: bool,
    /// Another engine goes on with what is idle.
    pub hands_over: bool,
    /// What applications have done.
    pub knowledge: &'a Knowledge,
}

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not connected.
    Before,
    /// It is connected.
    Connected(usize),
    /// It has done with its connection.
    Over,
}

/// A client.
#[derive(Debug)]
pub struct Client {
    /// Its place in the scenario, whoever is left out.
    pub number: usize,
    /// What it does.
    pub script: Script,
    /// All it sends.
    pub input: Vec<u8>,
    /// Where each request ends in it.
    ends: Vec<usize>,
    /// Where it is.
    pub state: State,
    answers: Answers,
    wire: Wire,
    /// When so many bytes had been sent.
    sent_at_ms: Vec<(usize, u64)>,
    has_ended: bool,
    /// The server has ended its side of a tunnel.
    is_server_done: bool,
}

impl Client {
    /// A client that has not connected.
    pub fn new(seed: u64, number: usize, script: Script) -> Self {
        let mut ends = Vec::new();
        let mut input = Vec::new();
        for request in &script.requests {
            input.extend_from_slice(request);
            ends.push(input.len());
        }
        Client {
            number,
            answers: Answers::new(seed, number),
            wire: Wire::new(&script),
            script,
            input,
            ends,
            state: State::Before,
            sent_at_ms: Vec::new(),
            has_ended: false,
            is_server_done: false,
        }
    }

    /// Connects, if it is time; gives the connection.
    pub fn connect(&mut self, network: &mut Network, started_ms: u64, hurries: bool) -> Option<usize> {
        if self.state != State::Before || (!hurries && network.now_ms < started_ms + self.script.starts_ms) {
            return None;
        }
        let (to_server, to_client) = self.script.capacities;
        let link = network.connect(to_server, to_client);
        self.state = link.map_or(State::Over, State::Connected);
        link
    }

    /// Does what is next; an error says what is wrong with what it was sent.
    pub fn advance(
        &mut self,
        network: &mut Network,
        reading: &Reading,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let State::Connected(link) = self.state else {
            return Ok(());
        };
        let has_more = self.wire.sent < self.input.len();
        self.wire
            .advance(network, link, &self.script, around.hurries, has_more);
        self.send(network, link, around.hurries);
        if self.leaves(network, link) {
            return Ok(());
        }
        if around.hurries && self.wire.is_stuck() && self.answers.tunnel().is_some() {
            // Nobody waits for it there.
            self.wire.close(network, link, false);
            self.state = State::Over;
            return Ok(());
        }
        self.receive(network, link, reading, around)?;
        let is_sent = self.wire.sent == self.input.len();
        if self.script.ending == Ending::HalfCloses && is_sent && !self.has_ended {
            self.has_ended = true;
            self.wire.half_close(network, link);
        }
        let waits_for_end =
            matches!(self.script.ending, Ending::HalfCloses | Ending::Idles) && !self.is_server_done;
        if self.state != State::Over && !waits_for_end && is_sent && self.has_all(reading) {
            self.wire.close(network, link, false);
            self.state = State::Over;
        }
        Ok(())
    }

    /// How many bytes it has sent, and whether it has ended its side.
    pub fn sent(&self) -> (usize, bool) {
        (self.wire.sent, self.has_ended || self.state == State::Over)
    }

    /// Bytes it has sent and received.
    pub fn progress(&self) -> usize {
        self.wire.moved
    }

    /// Where it stands, in words.
    pub fn place(&self) -> String {
        let (sent, all) = (self.wire.sent, self.input.len());
        format!(
            "{:?}, {sent} of {all} bytes sent, answer {} due, {:?}",
            self.state, self.answers.next, self.script.ending
        )
    }

    fn send(&mut self, network: &mut Network, link: usize, hurries: bool) {
        if self.wire.sent == self.input.len() || self.wire.pauses(network, hurries) {
            return;
        }
        let piece_max = Wire::piece_max(&self.script, hurries);
        let mut until = (self.wire.sent + piece_max).min(self.input.len());
        if self.script.awaits && !self.answers.is_over() && self.answers.tunnel().is_none() {
            let behind = self
                .ends
                .iter()
                .position(|end| *end > self.wire.sent)
                .unwrap_or(0);
            let is_due = behind <= self.answers.next || self.wire.sent > self.ends[behind - 1];
            until = if is_due {
                until.min(self.ends[behind])
            } else {
                self.wire.sent
            };
        }
        if let Ending::Vanishes(at) | Ending::Resets(at) = self.script.ending {
            until = until.min(at.max(self.wire.sent));
        }
        let piece = &self.input[self.wire.sent..until];
        if self.wire.send(network, link, piece, &self.script, hurries) > 0 {
            self.sent_at_ms.push((self.wire.sent, network.now_ms));
        }
    }

    fn leaves(&mut self, network: &mut Network, link: usize) -> bool {
        let leaves = match self.script.ending {
            Ending::Vanishes(at) => self.wire.sent >= at,
            Ending::Resets(at) => self.wire.sent >= at,
            _ => false,
        };
        if leaves {
            self.wire
                .close(network, link, matches!(self.script.ending, Ending::Resets(_)));
            self.state = State::Over;
        }
        leaves
    }

    fn receive(
        &mut self,
        network: &mut Network,
        link: usize,
        reading: &Reading,
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let read = self.wire.receive(network, link, &self.script, around.hurries);
        match read? {
            ClientRead::Nothing => Ok(()),
            ClientRead::End if self.is_server_done => Ok(()),
            ClientRead::Bytes(bytes) => {
                let leave = self.leave(network, reading, around);
                self.answers.take(&bytes, reading, &leave)
            }
            ClientRead::End => self.ended(network, link, reading, around, false),
            ClientRead::Reset => self.ended(network, link, reading, around, true),
        }
    }

    fn leave<'a>(&self, network: &Network, reading: &Reading, around: &Circumstances<'a>) -> Leave<'a> {
        let deadlines = &around.options.deadlines;
        let patience_ms = [deadlines.head, deadlines.body_gap].into_iter().flatten().min();
        let patience_ms = patience_ms.map_or(u64::MAX, |patience| patience.as_millis() as u64);
        let began_ms = self.sent_at(self.begins(self.answers.next, reading));
        let silent_ms = network
            .now_ms
            .saturating_sub(began_ms)
            .max(self.wire.sealing_ms());
        let slow = silent_ms >= patience_ms;
        Leave {
            knowledge: around.knowledge,
            timeout: slow || network.has_jumped || self.wire.is_spoiled(),
            close: around.drains_since_ms.is_some(),
            drain_bytes_max: around.options.drain_bytes_max,
            sent: self.wire.sent,
        }
    }

    /// Where the request of this number begins.
    fn begins(&self, number: usize, reading: &Reading) -> usize {
        match (reading.messages.get(number), reading.end) {
            (Some(message), _) => message.starts_at,
            (None, End::More(at) | End::Refused(at, _)) => at,
            (None, End::WithinBody | End::Tunnel) => self.input.len(),
        }
    }

    /// When the byte at this place was sent.
    fn sent_at(&self, place: usize) -> u64 {
        let sent = self.sent_at_ms.iter().find(|(until, _)| *until > place);
        sent.map_or(u64::MAX, |(_, at_ms)| *at_ms)
    }

    /// Whether every answer has come that must.
    fn has_all(&self, reading: &Reading) -> bool {
        if let Some(at) = self.answers.tunnel() {
            return self.has_all_of_tunnel(at, reading);
        }
        if self.answers.is_over() {
            return true;
        }
        let owes = reading
            .messages
            .get(self.answers.next)
            .map(|message| message.is_whole_in(self.wire.sent));
        let owes =
            owes.unwrap_or(matches!(reading.end, End::Refused(..)) && self.wire.sent == self.input.len());
        let is_partial = reading
            .messages
            .get(self.answers.next)
            .is_some_and(|m| m.body.end == BodyEnd::Partial);
        self.answers.is_between()
            && (!owes || is_partial)
            && !matches!(reading.messages.get(self.answers.next), Some(m) if matches!(m.body.end, BodyEnd::Refused(_)))
    }

    fn ended(
        &mut self,
        network: &mut Network,
        link: usize,
        reading: &Reading,
        around: &Circumstances<'_>,
        by_reset: bool,
    ) -> Result<(), String> {
        if let Some(at) = self.answers.tunnel() {
            return self.tunnel_ended(network, link, at, around, by_reset);
        }
        self.state = State::Over;
        let is_whole = self.answers.is_whole_if_ended(reading) && !by_reset;
        if self.answers.is_ended_by_close() && !is_whole && !by_reset {
            return Err(format!(
                "a response that is not whole looks as if it were: {}",
                self.place()
            ));
        }
        let is_excused = is_whole
            || (self.answers.is_between() && self.has_all(reading))
            || self.answers.is_over()
            || self.is_excused(network, link, reading, around, by_reset);
        self.wire.close(network, link, false);
        match is_excused {
            true => Ok(()),
            false => Err(format!(
                "the connection ends (by a reset: {by_reset}) with an answer owed: {}",
                self.place()
            )),
        }
    }
}
