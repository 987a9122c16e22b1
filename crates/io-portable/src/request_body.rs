//! A request body on its way from the socket to the application.
//!
//! Owns the bytes that arrived and were not read yet, and the times the `body_gap` and `body_rate_min`
//! deadlines are counted from. Never reads a socket: `receive` appends, `calls` takes.

use std::time::{Duration, Instant};

use howth_engine::BodyRead;
use howth_http1::RequestHead;

#[derive(Debug)]
pub(crate) struct RequestBody {
    bytes: Vec<u8>,
    /// How much at the front of `bytes` was taken.
    taken: usize,
    state: State,
    interim: Interim,
    /// The application gave the body up.
    is_cancelled: bool,
    /// Since when the application waits for bytes.
    waiting_since: Option<Instant>,
    /// How long it waited before that, all in all.
    waited: Duration,
    received: u64,
    /// What of the framing is known to be still to come.
    expected: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Arriving,
    Complete,
    Failed(&'static str),
}

/// `100 Continue` (RFC 9110 section 10.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interim {
    NotExpected,
    /// The client waits and the application has not asked for the body.
    Expected,
    /// To be sent when the responses before it are.
    Due,
}

impl RequestBody {
    pub(crate) fn new(head: &RequestHead) -> Self {
        use howth_http1::BodyLength;
        let (state, expected) = match head.body() {
            BodyLength::None | BodyLength::Known(0) => (State::Complete, None),
            BodyLength::Known(length) => (State::Arriving, Some(length)),
            BodyLength::Chunked => (State::Arriving, None),
        };
        let waits = state == State::Arriving && head.expects_continue();
        RequestBody {
            bytes: Vec::new(),
            taken: 0,
            state,
            interim: if waits {
                Interim::Expected
            } else {
                Interim::NotExpected
            },
            is_cancelled: false,
            waiting_since: None,
            waited: Duration::ZERO,
            received: 0,
            expected,
        }
    }

    pub(crate) fn is_arriving(&self) -> bool {
        self.state == State::Arriving
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Bytes held for the application.
    pub(crate) fn held(&self) -> usize {
        self.bytes.len() - self.taken
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// Appends what arrived. True if the application has to be told.
    pub(crate) fn append(&mut self, bytes: &[u8], now: Instant) -> bool {
        self.received += bytes.len() as u64;
        // A client that sends without waiting needs no 100 (RFC 9110 section 10.1.1).
        self.interim = Interim::NotExpected;
        if self.is_cancelled {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        self.stop_waiting(now)
    }

    /// The body is whole. True if the application has to be told.
    pub(crate) fn complete(&mut self, now: Instant) -> bool {
        self.state = State::Complete;
        self.stop_waiting(now)
    }

    /// The body will never be whole. True if the application has to be told.
    pub(crate) fn fail(&mut self, reason: &'static str, now: Instant) -> bool {
        if self.state == State::Arriving {
            self.state = State::Failed(reason);
        }
        self.stop_waiting(now)
    }

    pub(crate) fn read(&mut self, bytes_max: usize) -> BodyRead {
        if self.interim == Interim::Expected {
            self.interim = Interim::Due;
        }
        if self.held() == 0 {
            return match self.state {
                State::Complete => BodyRead::End,
                State::Failed(reason) => BodyRead::Failed(reason),
                State::Arriving => {
                    self.waiting_since.get_or_insert_with(Instant::now);
                    BodyRead::Pending
                }
            };
        }
        BodyRead::Data(self.take(bytes_max))
    }

    /// Forgets what arrived and what will arrive.
    pub(crate) fn cancel(&mut self) {
        self.is_cancelled = true;
        self.bytes = Vec::new();
        self.taken = 0;
        self.waiting_since = None;
    }

    /// True once, when `100 Continue` has to go out.
    pub(crate) fn take_interim(&mut self) -> bool {
        let is_due = self.interim == Interim::Due && self.is_arriving();
        if is_due {
            self.interim = Interim::NotExpected;
        }
        is_due
    }

    /// Whether a response given now must end the connection: the client still waits for `100 Continue` and
    /// may send the body or not, or more is to come than the engine drains.
    pub(crate) fn forbids_keep_alive(&self, drain_bytes_max: u64) -> bool {
        match self.state {
            State::Complete => false,
            State::Failed(_) => true,
            State::Arriving => {
                let to_come = self
                    .expected
                    .map_or(0, |length| length.saturating_sub(self.received));
                self.interim != Interim::NotExpected || to_come > drain_bytes_max
            }
        }
    }

    /// When the client has been silent for too long, or too slow on average, while the application waits.
    pub(crate) fn deadline(&self, gap: Option<Duration>, rate_min: u32) -> Option<Instant> {
        let (since, gap) = (self.waiting_since?, gap?);
        let silent = since + gap;
        if rate_min == 0 {
            return Some(silent);
        }
        let enough_for = Duration::from_secs_f64(self.received as f64 / f64::from(rate_min));
        let slow = since + enough_for.max(gap).saturating_sub(self.waited);
        Some(silent.min(slow))
    }

    fn stop_waiting(&mut self, now: Instant) -> bool {
        let Some(since) = self.waiting_since.take() else {
            return false;
        };
        self.waited += now.saturating_duration_since(since);
        true
    }

    fn take(&mut self, bytes_max: usize) -> Vec<u8> {
        if self.held() <= bytes_max {
            let mut bytes = std::mem::take(&mut self.bytes);
            bytes.drain(..std::mem::take(&mut self.taken));
            return bytes;
        }
        let end = self.taken + bytes_max.max(1);
        let bytes = self.bytes[self.taken..end].to_vec();
        self.taken = end;
        // Moving the rest to the front once half is taken keeps the copying linear.
        if self.taken * 2 > self.bytes.len() {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        bytes
    }
}
