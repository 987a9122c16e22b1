//! A client that speaks HTTP/2 as its script says, and judges what it gets.
//!
//! Owns its place in the script. Never excuses a lost answer but for a reason that it has seen itself. Called by: the run.

use std::collections::VecDeque;

use howth_engine::EngineOptions;

use super::excuse::Slowness;
use super::stream::Stream;
use crate::client::{Circumstances, State};
use crate::frames::hpack::{Decoder, Encoder};
use crate::frames::{self, flag, kind};
use crate::network::{ClientRead, Network};
use crate::random::Random;
use crate::reader::Message;
use crate::script::{Ending, Script};
use crate::streams::Streams;
use crate::wire::Wire;

/// What a window is before anybody says otherwise (RFC 9113 section 6.9.2).
pub(super) const WINDOW_BYTES: i64 = 65_535;

/// No more waits to be sent than this, if it is not one frame.
const OUT_MAX: usize = 30_000;

/// What the server lets it do.
#[derive(Debug)]
pub(super) struct Allowed {
    /// The settings have come.
    pub(super) is_known: bool,
    pub(super) streams: usize,
    pub(super) window: i64,
}

/// Settings that were sent and not acknowledged.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) table_bytes: usize,
    /// By how much windows become smaller, and of which streams.
    pub(super) less: i64,
    pub(super) last_stream: u32,
}

/// A client.
#[derive(Debug)]
pub struct StreamClient {
    /// Its place in the scenario, whoever is left out.
    pub number: usize,
    /// What it does.
    pub script: Script,
    /// Where it is.
    pub state: State,
    pub(super) seed: u64,
    pub(super) play: Streams,
    pub(super) random: Random,
    pub(super) wire: Wire,
    /// Framed, and not sent.
    pub(super) out: Vec<u8>,
    pub(super) frames_put: usize,
    received: VecDeque<u8>,
    pub(super) encoder: Encoder,
    pub(super) decoder: Decoder,
    pub(super) streams: Vec<Stream>,
    pub(super) next_request: usize,
    pub(super) next_id: u32,
    pub(super) allowed: Allowed,
    /// What the engine's options allow, which the client knows with the settings.
    pub(super) streams_max: usize,
    /// Bytes that may be sent, and that the server may send, on all streams together.
    pub(super) send_window: i64,
    pub(super) receive_window: i64,
    pub(super) low_since_ms: Option<u64>,
    /// What a stream that is opened now begins with.
    pub(super) initial_window: i64,
    pub(super) pending: VecDeque<Pending>,
    pub(super) pings: VecDeque<Vec<u8>>,
    /// A header block that is not whole: its stream, its bytes, whether it is the last of its stream.
    pub(super) block: Option<(u32, Vec<u8>, bool)>,
    /// The code that its lie ends the connection with.
    pub(super) lied: Option<u32>,
    /// What the server has said last of the end: the last stream, and why.
    pub(super) goaway: Option<(u32, u32)>,
    pub(super) slowness: Slowness,
    pub(super) has_ended: bool,
}

impl StreamClient {
    /// A client that has not connected. Nothing: its script is none of HTTP/2.
    pub fn new(seed: u64, number: usize, script: Script, options: &EngineOptions) -> Option<Self> {
        let play = script.streams.clone()?;
        let streams_max = options.http2.as_ref()?.streams_max as usize;
        Some(StreamClient {
            number,
            wire: Wire::new(&script),
            script,
            state: State::Before,
            seed,
            random: Random::new(play.key),
            out: Vec::new(),
            frames_put: 0,
            received: VecDeque::new(),
            encoder: Encoder::new(),
            decoder: Decoder::new(),
            streams: Vec::new(),
            next_request: 0,
            next_id: 1,
            allowed: Allowed {
                is_known: false,
                streams: usize::MAX,
                window: WINDOW_BYTES,
            },
            streams_max,
            send_window: WINDOW_BYTES,
            receive_window: WINDOW_BYTES,
            low_since_ms: None,
            initial_window: i64::from(play.windows.initial),
            pending: VecDeque::new(),
            pings: VecDeque::new(),
            block: None,
            lied: None,
            goaway: None,
            slowness: Slowness::default(),
            has_ended: false,
            play,
        })
    }

    /// What an application is to be told, by the places of the requests.
    pub fn messages(&self) -> Vec<Message> {
        self.play.messages()
    }

    /// How many of its requests an application may have at once: those that end early may be told of a little longer.
    pub fn most_at_once(&self) -> usize {
        self.streams_max.saturating_add(self.play.early_ends())
    }

    /// Connects, if it is time; gives the connection.
    pub fn connect(&mut self, network: &mut Network, started_ms: u64, hurries: bool) -> Option<usize> {
        if self.state != State::Before || (!hurries && network.now_ms < started_ms + self.script.starts_ms) {
            return None;
        }
        let (to_server, to_client) = self.script.capacities;
        let link = network.connect(to_server, to_client);
        self.state = link.map_or(State::Over, State::Connected);
        self.slowness.begin(network.now_ms);
        link
    }

    /// Does what is next; an error says what is wrong with what it was sent.
    pub fn advance(&mut self, network: &mut Network, around: &Circumstances<'_>) -> Result<(), String> {
        let State::Connected(link) = self.state else {
            return Ok(());
        };
        while self.out.len() < OUT_MAX && self.put_next(network.now_ms, around) {}
        let has_more = !self.out.is_empty();
        self.wire
            .advance(network, link, &self.script, around.hurries, has_more);
        self.send(network, link, around);
        if self.leaves(network, link) {
            return Ok(());
        }
        let read = self.wire.receive(network, link, &self.script, around.hurries);
        self.note_slowness(network, link);
        match read? {
            ClientRead::Nothing => {}
            ClientRead::Bytes(bytes) => {
                self.slowness.note_received(network.now_ms);
                self.received.extend(&bytes);
                while let Some(frame) = frames::take(&mut self.received) {
                    self.take(frame, network, around)?;
                }
            }
            ClientRead::End => return self.ended(network, link, around, false),
            ClientRead::Reset => return self.ended(network, link, around, true),
        }
        self.end_own_side(network, link);
        Ok(())
    }

    fn send(&mut self, network: &mut Network, link: usize, around: &Circumstances<'_>) {
        let hurries = around.hurries;
        if self.out.is_empty() || self.wire.pauses(network, hurries) {
            return;
        }
        let mut until = Wire::piece_max(&self.script, hurries).min(self.out.len());
        if let Ending::Vanishes(at) | Ending::Resets(at) = self.script.ending {
            until = until.min(at.saturating_sub(self.wire.sent));
        }
        let taken = self
            .wire
            .send(network, link, &self.out[..until], &self.script, hurries);
        self.out.drain(..taken);
        let is_stopping = around.drains_since_ms.is_some() || around.hands_over || self.goaway.is_some();
        self.slowness.note_sent(taken, is_stopping);
    }

    fn leaves(&mut self, network: &mut Network, link: usize) -> bool {
        let leaves = match self.script.ending {
            Ending::Vanishes(at) | Ending::Resets(at) => self.wire.sent >= at,
            _ => false,
        };
        if leaves {
            self.wire
                .close(network, link, matches!(self.script.ending, Ending::Resets(_)));
            self.state = State::Over;
        }
        leaves
    }

    fn end_own_side(&mut self, network: &mut Network, link: usize) {
        let is_sent = self.out.is_empty() && self.lied.is_none();
        match self.script.ending {
            Ending::HalfCloses if is_sent && self.has_asked_all() && !self.has_ended => {
                self.has_ended = true;
                self.wire.half_close(network, link);
            }
            Ending::HalfCloses | Ending::Idles => {}
            _ if is_sent && self.has_all() => {
                if self.play.says_goodbye && self.goaway.is_none() && !self.has_ended {
                    self.has_ended = true;
                    frames::put(&mut self.out, kind::GOAWAY, 0, 0, &[0; 8]);
                    return;
                }
                self.wire.close(network, link, false);
                self.state = State::Over;
            }
            _ => {}
        }
    }

    /// Whether nothing is to be asked any more, and what was asked is sent whole.
    fn has_asked_all(&self) -> bool {
        self.asks_no_more() && self.streams.iter().all(Stream::is_silent)
    }

    /// Whether no stream is opened any more.
    pub(super) fn asks_no_more(&self) -> bool {
        let is_told = match self.goaway {
            None => false,
            Some((last, _)) => last < frames::NUMBER_MAX || !self.play.goes_on,
        };
        let left = self.play.requests.get(self.next_request..).unwrap_or_default();
        is_told || left.iter().all(|request| request.is_left_out)
    }

    /// Whether every answer has come that must.
    pub(super) fn has_all(&self) -> bool {
        self.frames_put > 0 && self.asks_no_more() && self.streams.iter().all(Stream::is_over)
    }

    /// Streams of which the server may still hold something.
    pub(super) fn open_streams(&self) -> usize {
        self.streams.iter().filter(|stream| !stream.is_over()).count()
    }

    /// How many bytes it has sent, and whether it has ended its side.
    pub fn sent(&self) -> (usize, bool) {
        (self.wire.sent, self.has_ended || self.state == State::Over)
    }

    /// Bytes it has sent and received.
    pub fn progress(&self) -> usize {
        self.wire.moved
    }

    /// What the server has given back of a request's window, beside its padding.
    pub fn given_back(&self, request: usize) -> Option<u64> {
        let stream = self.streams.iter().find(|stream| stream.request == request)?;
        Some(stream.given_back.saturating_sub(stream.padding))
    }

    /// Where it stands, in words.
    pub fn place(&self) -> String {
        let open: Vec<String> = self
            .streams
            .iter()
            .filter(|stream| !stream.is_over())
            .map(|stream| {
                let request = &self.play.requests[stream.request];
                format!(
                    "stream {}: {} of {} bytes sent, {:?}, {:?}, window {} of {}, {:?} {:?}",
                    stream.id,
                    stream.at,
                    request.body().len(),
                    stream.answer.place,
                    request.fate,
                    stream.send_window,
                    self.send_window,
                    stream.answer.plan.form,
                    stream.answer.plan.ends,
                )
            })
            .collect();
        format!(
            "{:?}, {} bytes sent, {} wait, request {} of {}, {:?}, goaway {:?}, lied {:?}, {:?}, {open:#?}",
            self.state,
            self.wire.sent,
            self.out.len(),
            self.next_request,
            self.play.requests.len(),
            self.script.ending,
            self.goaway,
            self.lied,
            self.slowness,
        )
    }

    /// Answers settings and pings, which costs a client nothing.
    pub(super) fn acknowledge(&mut self, kind: u8, payload: &[u8]) {
        if !self.has_ended {
            frames::put(&mut self.out, kind, flag::ACK, 0, payload);
        }
    }
}
