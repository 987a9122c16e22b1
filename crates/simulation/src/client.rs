//! A client that plays its script, and judges what it gets and how its connection ends.
//!
//! Owns its place in the script. Never excuses a lost answer but for a reason that it has seen itself: a fault of the kernel,
//! its own doing, a deadline that it has let pass, a server that stops.

use howth_engine::EngineOptions;

use crate::answers::{Answers, Leave};
use crate::network::{ClientRead, Network};
use crate::plan::Ends;
use crate::reader::{BodyEnd, End, Reading};
use crate::script::{Ending, Script};
use crate::trace;

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
}

/// The longest step of time. The engine reads the clock once a turn: what happens between two turns counts, for its
/// deadlines, from the earlier one.
pub const STEP_MS_MAX: u64 = 900;

/// The least that a client sends at once when nobody pauses any more.
const PIECE_HURRIED: usize = 3_000;

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
    sent: usize,
    /// When so many bytes had been sent.
    sent_at_ms: Vec<(usize, u64)>,
    received: usize,
    sends_at_ms: u64,
    reads_at_ms: u64,
    has_stalled: bool,
    has_ended: bool,
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
            script,
            input,
            ends,
            state: State::Before,
            sent: 0,
            sent_at_ms: Vec::new(),
            received: 0,
            sends_at_ms: 0,
            reads_at_ms: 0,
            has_stalled: false,
            has_ended: false,
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
        self.send(network, link, around.hurries);
        if self.leaves(network, link) {
            return Ok(());
        }
        self.receive(network, link, reading, around)?;
        let is_sent = self.sent == self.input.len();
        if self.script.ending == Ending::HalfCloses && is_sent && !self.has_ended {
            self.has_ended = true;
            network.client_half_close(link);
        }
        let waits_for_end = matches!(self.script.ending, Ending::HalfCloses | Ending::Idles);
        if self.state != State::Over && !waits_for_end && is_sent && self.has_all(reading) {
            network.client_close(link, false);
            self.state = State::Over;
        }
        Ok(())
    }

    /// Bytes it has sent and received.
    pub fn progress(&self) -> usize {
        self.sent + self.received
    }

    /// Where it stands, in words.
    pub fn place(&self) -> String {
        let (sent, all) = (self.sent, self.input.len());
        format!(
            "{:?}, {sent} of {all} bytes sent, answer {} due, {:?}",
            self.state, self.answers.next, self.script.ending
        )
    }

    fn send(&mut self, network: &mut Network, link: usize, hurries: bool) {
        let now_ms = network.now_ms;
        if self.sent == self.input.len() || (!hurries && now_ms < self.sends_at_ms) {
            return;
        }
        let piece_max = if hurries {
            self.script.piece_max.max(PIECE_HURRIED)
        } else {
            self.script.piece_max
        };
        let mut until = (self.sent + piece_max).min(self.input.len());
        if self.script.awaits && !self.answers.is_over() {
            let behind = self.ends.iter().position(|end| *end > self.sent).unwrap_or(0);
            let is_due = behind <= self.answers.next || self.sent > self.ends[behind - 1];
            until = if is_due {
                until.min(self.ends[behind])
            } else {
                self.sent
            };
        }
        if let Ending::Vanishes(at) | Ending::Resets(at) = self.script.ending {
            until = until.min(at.max(self.sent));
        }
        let taken = network.client_send(link, &self.input[self.sent..until]);
        self.sent += taken;
        if taken > 0 {
            trace::tell(|| format!("{now_ms} {link} sends {taken} bytes"));
            self.sent_at_ms.push((self.sent, now_ms));
            self.sends_at_ms = if self.script.pause_ms > 0 {
                now_ms + self.script.pause_ms
            } else {
                0
            };
        }
    }

    fn leaves(&mut self, network: &mut Network, link: usize) -> bool {
        let leaves = match self.script.ending {
            Ending::Vanishes(at) => self.sent >= at,
            Ending::Resets(at) => self.sent >= at,
            _ => false,
        };
        if leaves {
            network.client_close(link, matches!(self.script.ending, Ending::Resets(_)));
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
        let now_ms = network.now_ms;
        if let Some((at, ms)) = self.script.stalls
            && self.received >= at
            && !self.has_stalled
            && !around.hurries
        {
            self.has_stalled = true;
            self.reads_at_ms = now_ms + ms;
        }
        if !around.hurries && now_ms < self.reads_at_ms {
            return Ok(());
        }
        self.reads_at_ms = 0;
        let read = network.client_receive(link, self.script.read_max);
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
        match read {
            ClientRead::Nothing => Ok(()),
            ClientRead::Bytes(bytes) => {
                self.received += bytes.len();
                let leave = self.leave(network, reading, around);
                self.answers.take(&bytes, reading, &leave)
            }
            ClientRead::End => self.ended(network, link, reading, around, false),
            ClientRead::Reset => self.ended(network, link, reading, around, true),
        }
    }

    fn leave(&self, network: &Network, reading: &Reading, around: &Circumstances<'_>) -> Leave {
        let deadlines = &around.options.deadlines;
        let patience_ms = [deadlines.head, deadlines.body_gap].into_iter().flatten().min();
        let patience_ms = patience_ms.map_or(u64::MAX, |patience| patience.as_millis() as u64);
        let began_ms = self.sent_at(self.begins(self.answers.next, reading));
        let slow = network.now_ms.saturating_sub(began_ms) >= patience_ms;
        Leave {
            timeout: slow || network.has_jumped,
            close: around.drains_since_ms.is_some(),
            drain_bytes_max: around.options.drain_bytes_max,
            sent: self.sent,
        }
    }

    /// Where the request of this number begins.
    fn begins(&self, number: usize, reading: &Reading) -> usize {
        match (reading.messages.get(number), reading.end) {
            (Some(message), _) => message.starts_at,
            (None, End::More(at) | End::Refused(at, _)) => at,
            (None, End::WithinBody) => self.input.len(),
        }
    }

    /// When the byte at this place was sent.
    fn sent_at(&self, place: usize) -> u64 {
        let sent = self.sent_at_ms.iter().find(|(until, _)| *until > place);
        sent.map_or(u64::MAX, |(_, at_ms)| *at_ms)
    }

    /// Whether every answer has come that must.
    fn has_all(&self, reading: &Reading) -> bool {
        if self.answers.is_over() {
            return true;
        }
        let is_whole = |end: BodyEnd| matches!(end, BodyEnd::Whole(end) if end <= self.sent);
        let owes = reading
            .messages
            .get(self.answers.next)
            .map(|message| is_whole(message.body.end));
        let owes = owes.unwrap_or(matches!(reading.end, End::Refused(..)) && self.sent == self.input.len());
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
        network.client_close(link, false);
        match is_excused {
            true => Ok(()),
            false => Err(format!(
                "the connection ends (by a reset: {by_reset}) with an answer owed: {}",
                self.place()
            )),
        }
    }

    fn is_excused(
        &self,
        network: &Network,
        link: usize,
        reading: &Reading,
        around: &Circumstances<'_>,
        by_reset: bool,
    ) -> bool {
        let connection = &network.links[link];
        if connection.is_broken_by_fault || around.is_aborted || network.has_jumped {
            return true;
        }
        let number = self.answers.next;
        if let Some(message) = reading.messages.get(number) {
            let is_whole = matches!(message.body.end, BodyEnd::Whole(end) if end <= self.sent);
            if self.answers.plan().ends != Ends::Rightly || (!is_whole && !self.answers.is_between()) {
                return true;
            }
            // It has said that it sends no more, and was not waited for when it did.
            let is_beyond = matches!(message.body.end, BodyEnd::Whole(end) if self.sent > end);
            if by_reset && !message.keep_alive && is_beyond {
                return true;
            }
            // Its answer may have been out before the rest of its body was looked at.
            if matches!(message.body.end, BodyEnd::Refused(_)) && !self.answers.is_between() {
                return true;
            }
        }
        // More was to come of a body that nobody read than is drained: nothing behind it is read.
        let before = number
            .checked_sub(1)
            .and_then(|before| reading.messages.get(before));
        if before.is_some_and(|message| message.body.bytes.len() as u64 > around.options.drain_bytes_max) {
            return true;
        }
        let deadlines = &around.options.deadlines;
        let ms = |deadline: Option<std::time::Duration>| {
            deadline.map_or(u64::MAX, |deadline| deadline.as_millis() as u64)
        };
        let began_ms = self.sent_at(self.begins(number, reading));
        let now_ms = network.now_ms;
        // It took no byte for longer than the server waits.
        if self.has_stalled
            && self
                .script
                .stalls
                .is_some_and(|(_, stalled)| stalled >= ms(deadlines.write_stall))
        {
            return true;
        }
        // Its request, or the next part of it, came when the server had waited too long, or the server stopped.
        let idle_ms = ms(deadlines.keep_alive)
            .min(ms(deadlines.head))
            .min(ms(deadlines.body_gap));
        let silent_ms = now_ms.saturating_sub(began_ms.min(connection.sent_at_ms));
        if silent_ms + STEP_MS_MAX >= idle_ms {
            return true;
        }
        if around
            .drains_since_ms
            .is_some_and(|since_ms| began_ms >= since_ms)
        {
            return true;
        }
        // The server lingers over a client for no longer than this in silence (RFC 9112 section 9.6).
        const LINGER_MS: u64 = 2_000;
        if by_reset && now_ms.saturating_sub(connection.sent_at_ms) + STEP_MS_MAX >= LINGER_MS {
            return true;
        }
        // What it sent behind a response that ended the connection was not read for ever, and may have cost it the rest.
        let begins = self.begins(number.saturating_sub(1), reading);
        by_reset && (self.sent - begins.min(self.sent)) as u64 > around.options.drain_bytes_max
    }
}
