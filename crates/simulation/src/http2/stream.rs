//! One stream, as its client knows it.
//!
//! Owns what both sides have sent on it. Decides nothing. Called by: the modules beside.

use super::answer::{Answer, Place};
use crate::streams::{Fate, Request};

/// A stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: u32,
    /// Its request's place in the script.
    pub(super) request: usize,
    /// Bytes of the body that were sent.
    pub(super) at: usize,
    /// The last frame of the request was sent.
    pub(super) is_ended: bool,
    /// The client has broken a rule on it: nothing more is sent.
    pub(super) has_lied: bool,
    /// The client has reset it.
    pub(super) is_reset: bool,
    /// The server has.
    pub(super) reset_by_server: Option<u32>,
    /// The server has said that it does not look at it.
    pub(super) is_unserved: bool,
    /// Bytes that may be sent, and that the server may send.
    pub(super) send_window: i64,
    pub(super) allowed: i64,
    /// Since when the server may send less than half of what it is to.
    pub(super) low_since_ms: Option<u64>,
    /// What the server has given back of the window, and what of that was padding.
    pub(super) given_back: u64,
    pub(super) padding: u64,
    /// As many were open as the server allows, or more.
    pub(super) is_beyond: bool,
    pub(super) answer: Answer,
}

impl Stream {
    /// Whether its answer, or what stands for it, is there.
    pub(super) fn is_answered(&self) -> bool {
        self.answer.place == Place::Over
            || self.is_reset
            || self.is_unserved
            || self.reset_by_server.is_some()
    }

    /// Whether nothing more is sent on it.
    pub(super) fn is_silent(&self) -> bool {
        self.is_ended || self.has_lied || self.is_reset || self.is_unserved || self.reset_by_server.is_some()
    }

    /// Whether nothing more is sent on it by either side.
    pub(super) fn is_over(&self) -> bool {
        self.is_answered() && self.is_silent()
    }

    /// Whether it waits to be told to send its body.
    pub(super) fn is_held(&self, request: &Request) -> bool {
        request.waits_for_continue && !self.answer.is_continued && self.answer.place == Place::Head
    }

    /// Whether it is to be reset now.
    pub(super) fn is_to_be_reset(&self, request: &Request) -> bool {
        match request.fate {
            _ if self.is_over() => false,
            Fate::Resets(at) => self.at >= at,
            Fate::ResetsAnswer(bytes) => self.answer.bytes() > bytes,
            _ => false,
        }
    }
}
