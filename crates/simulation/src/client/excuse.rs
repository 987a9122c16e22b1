//! Why a connection may end with an answer owed.
//!
//! Owns the reasons; each is one that the client has seen itself. Called by: the client, when its connection has ended.

use super::{Circumstances, Client};
use crate::network::{Network, STEP_MS_MAX};
use crate::plan::Ends;
use crate::reader::{BodyEnd, Reading};

impl Client {
    pub(super) fn is_excused(
        &self,
        network: &Network,
        link: usize,
        reading: &Reading,
        around: &Circumstances<'_>,
        by_reset: bool,
    ) -> bool {
        let connection = &network.links[link];
        if connection.is_broken_by_fault || around.is_aborted || network.has_jumped || self.wire.is_spoiled()
        {
            return true;
        }
        let number = self.answers.next;
        if let Some(message) = reading.messages.get(number) {
            let is_whole = message.is_whole_in(self.wire.sent);
            if self.answers.plan(number).ends != Ends::Rightly || (!is_whole && !self.answers.is_between()) {
                return true;
            }
            // It has said that it sends no more, and was not waited for when it did.
            let is_beyond = matches!(message.body.end, BodyEnd::Whole(end) if self.wire.sent > end);
            if by_reset && !message.keep_alive && is_beyond {
                return true;
            }
            // Its answer may have been out before the rest of its body was looked at.
            if matches!(message.body.end, BodyEnd::Refused(_)) && !self.answers.is_between() {
                return true;
            }
        }
        // So does that of a tunnel that has failed, and overtakes the answer by which it began.
        if by_reset && around.knowledge.tunnels[self.number].is_failed {
            return true;
        }
        // A reset told that a response behind it broke off, and overtook what had been sent.
        let mut behind = reading.messages.iter().enumerate().skip(number + 1);
        if by_reset && behind.any(|(number, message)| self.answers.plan(number).breaks_by_reset(message)) {
            return true;
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
        if self.has_stalled_too_long(around) {
            return true;
        }
        // Its request, or the next part of it, came when the server had waited too long, or the server stopped.
        let idle_ms = ms(deadlines.keep_alive)
            .min(ms(deadlines.head))
            .min(ms(deadlines.body_gap));
        let silent_ms = now_ms.saturating_sub(began_ms.min(connection.sent_at_ms));
        let silent_ms = silent_ms.max(self.wire.sealing_ms());
        if silent_ms + STEP_MS_MAX >= idle_ms {
            return true;
        }
        // Nor does it wait for what the kernel tells late, or for the rest of a record, before which nothing of it is there.
        let is_late = (network.has_delayed || self.wire.is_sealed()) && self.answers.is_between();
        if around
            .drains_since_ms
            .is_some_and(|since_ms| began_ms >= since_ms || is_late)
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
        by_reset && (self.wire.sent - begins.min(self.wire.sent)) as u64 > around.options.drain_bytes_max
    }
}
