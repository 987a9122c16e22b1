//! Why a stream or a connection may end with an answer owed.
//!
//! Owns the reasons; each is one that the client has seen itself: its own doing, a fault, a deadline that it let pass, a
//! server that stops. Called by: `read`; the client, when its connection has ended.

use std::time::Duration;

use super::client::StreamClient;
use super::stream::Stream;
use crate::client::{Circumstances, State};
use crate::frames::{NUMBER_MAX, code};
use crate::network::{Network, STEP_MS_MAX};
use crate::plan::Ends;
use crate::streams::Fate;

/// A server lingers over a client for no longer than this in silence (RFC 9112 section 9.6).
const LINGER_MS: u64 = 2_000;

/// How long the client has owed the server something: bytes that it has framed and that are under way, a window, or that it
/// receives.
#[derive(Debug, Default)]
pub(super) struct Slowness {
    since_ms: Option<u64>,
    most_ms: u64,
    connected_ms: u64,
    received_ms: u64,
    /// Bytes that were sent since something was received, or, if that is more, since the server stops.
    sent_in_vain: usize,
    sent_to_end: usize,
    /// When the last stream was over, or the connection began.
    idle_ms: u64,
}

impl Slowness {
    pub(super) fn begin(&mut self, now_ms: u64) {
        (self.connected_ms, self.received_ms, self.idle_ms) = (now_ms, now_ms, now_ms);
    }

    pub(super) fn note_received(&mut self, now_ms: u64) {
        self.received_ms = now_ms;
        self.sent_in_vain = 0;
    }

    pub(super) fn note_sent(&mut self, bytes: usize, is_stopping: bool) {
        self.sent_in_vain += bytes;
        if is_stopping {
            self.sent_to_end += bytes;
        }
    }

    fn note(&mut self, owes: bool, now_ms: u64) {
        match owes {
            true => {
                let since_ms = *self.since_ms.get_or_insert(now_ms);
                self.most_ms = self.most_ms.max(now_ms - since_ms);
            }
            false => self.since_ms = None,
        }
    }
}

fn ms(deadline: Option<Duration>) -> u64 {
    deadline.map_or(u64::MAX, |deadline| deadline.as_millis() as u64)
}

impl StreamClient {
    /// Notes whether it owes the server anything.
    pub(super) fn note_slowness(&mut self, network: &Network, link: usize) {
        let connection = &network.links[link];
        // What the server has not received may be what it waits for.
        let is_under_way = connection.to_client.visible() > 0 || !connection.to_server.bytes.is_empty();
        let owes = !self.out.is_empty() || self.wire.owes() || is_under_way || self.keeps_window_closed();
        self.slowness.note(owes, network.now_ms);
        if self.open_streams() > 0 {
            self.slowness.idle_ms = network.now_ms;
        }
    }

    /// Whether it has let a deadline pass, or may have.
    pub(super) fn is_slow(&self, network: &Network, around: &Circumstances<'_>) -> bool {
        let deadlines = &around.options.deadlines;
        let patience_ms = [
            deadlines.head,
            deadlines.body_gap,
            deadlines.keep_alive,
            deadlines.write_stall,
            deadlines.handshake,
        ];
        let patience_ms = patience_ms.into_iter().map(ms).min().unwrap_or(u64::MAX);
        let is_late = self.slowness.most_ms + STEP_MS_MAX >= patience_ms;
        is_late || network.has_jumped || self.wire.is_spoiled()
    }

    /// Whether nothing was asked for so long that the server need not wait any more.
    fn is_idle(&self, network: &Network, around: &Circumstances<'_>) -> bool {
        let deadlines = &around.options.deadlines;
        let patience_ms = ms(deadlines.keep_alive).min(ms(deadlines.head));
        let idle_ms = network.now_ms - self.slowness.idle_ms;
        self.open_streams() == 0 && idle_ms + STEP_MS_MAX >= patience_ms
    }

    /// Whether the server may reset a stream with this code.
    pub(super) fn may_be_reset(
        &self,
        stream: &Stream,
        why: u32,
        network: &Network,
        around: &Circumstances<'_>,
    ) -> bool {
        let request = &self.play.requests[stream.request];
        let lie = match request.fate {
            Fate::Malformed(malformed) => malformed.status().is_none().then_some(code::PROTOCOL_ERROR),
            Fate::Lies(lie, _) => Some(lie.code()),
            _ => None,
        };
        let is_told = around
            .knowledge
            .told_streams
            .contains(&(self.number, stream.request));
        match why {
            _ if lie == Some(why) => true,
            // RFC 9113 section 8.1: the answer is there, and the rest of the request is not wanted.
            code::NO_ERROR => stream.is_answered() && !request.ends_with_head,
            code::INTERNAL_ERROR => stream.answer.plan.ends != Ends::Rightly && is_told,
            code::REFUSED_STREAM => stream.is_beyond && !is_told,
            code::CANCEL => {
                let is_told = self.goaway.is_some_and(|(_, why)| why != code::NO_ERROR);
                is_told || self.lied.is_some() || around.is_aborted || self.is_slow(network, around)
            }
            _ => false,
        }
    }

    /// Whether the server may say with this code that the connection ends.
    pub(super) fn may_go_away(&self, why: u32, network: &Network, around: &Circumstances<'_>) -> bool {
        match why {
            code::NO_ERROR => {
                let is_stopping = around.drains_since_ms.is_some() || around.hands_over;
                is_stopping || self.is_slow(network, around) || self.is_idle(network, around)
            }
            code::ENHANCE_YOUR_CALM => self.is_restless(around),
            _ => self.lied == Some(why),
        }
    }

    /// Whether more of its streams end early than the server takes.
    fn is_restless(&self, around: &Circumstances<'_>) -> bool {
        let beyond = self.streams.iter().filter(|stream| stream.is_beyond).count();
        let limits = around.options.http2.as_ref();
        limits.is_some_and(|limits| self.play.early_ends() + beyond > limits.resets_max as usize)
    }

    /// The connection has ended.
    pub(super) fn ended(
        &mut self,
        network: &mut Network,
        link: usize,
        around: &Circumstances<'_>,
        by_reset: bool,
    ) -> Result<(), String> {
        self.state = State::Over;
        let is_excused = self.is_excused(network, link, around, by_reset);
        self.wire.close(network, link, false);
        match is_excused {
            true => Ok(()),
            false => Err(format!(
                "the connection ends (by a reset: {by_reset}) with an answer owed, or without a word: {}",
                self.place()
            )),
        }
    }

    fn is_excused(&self, network: &Network, link: usize, around: &Circumstances<'_>, by_reset: bool) -> bool {
        let connection = &network.links[link];
        if connection.is_broken_by_fault || around.is_aborted || network.has_jumped {
            return true;
        }
        let is_told_why = match self.goaway {
            Some((_, code::NO_ERROR)) => self.streams.iter().all(Stream::is_answered),
            Some(_) => true,
            // Whoever has ended its own side need not be told.
            None => self.has_ended && self.streams.iter().all(Stream::is_answered),
        };
        // A GOAWAY that names no last stream is not the last.
        let is_last_known = self.goaway.is_none_or(|(last, _)| last < NUMBER_MAX) || self.has_ended;
        if is_told_why && is_last_known {
            return true;
        }
        if self.is_slow(network, around) {
            return true;
        }
        let is_silent = network.now_ms.saturating_sub(connection.sent_at_ms) + STEP_MS_MAX >= LINGER_MS;
        let in_vain = self.slowness.sent_in_vain.max(self.slowness.sent_to_end) as u64;
        let is_in_vain = in_vain > around.options.drain_bytes_max;
        // It was not accepted when everything stopped, or had said nothing.
        let is_new = self.wire.received == 0 && around.drains_since_ms.is_some();
        // A reset may have overtaken why.
        let is_ended_early = self.lied.is_some() || self.is_restless(around);
        (by_reset && (is_silent || is_in_vain || is_ended_early)) || is_new
    }
}
