//! Connections that speak HTTP/2: streams instead of a pipeline.
//!
//! Owns what such a connection keeps beside a session (`howth_http2`), and when one begins. Each stream is an exchange in the
//! same table; instead of the order of requests there are the windows of the client. Never reads frames itself. Called by:
//! the modules beside, where a connection or an exchange is one of these.

use std::collections::VecDeque;

use howth_http2::{PREFACE, Session};

use crate::Outgoing;
use crate::connection::{Connection, Intake};
use crate::connections::Connections;

/// RFC 9110 section 9.1, RFC 5789.
const METHODS: [&[u8]; 9] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
];

/// What is kept of a connection beside what both protocols have in common.
#[derive(Debug)]
pub(crate) struct Http2 {
    pub(crate) session: Session<Sending>,
    /// Streams that have something to send and a window for it, in the order of their turns.
    pub(crate) ready: VecDeque<u32>,
    /// Streams whose responses are written whole, in the order in which they leave.
    pub(crate) written: VecDeque<u32>,
    /// Streams whose responses are out, and which last for their bodies.
    pub(crate) kept: Vec<u32>,
    /// Streams whose files are to be read, in the order of their turns, and the one whose file is being read.
    pub(crate) files_due: VecDeque<u32>,
    pub(crate) reading: Option<u32>,
    /// A rule was broken: nothing more is read.
    pub(crate) is_failed: bool,
    /// How far bodies have left, of all streams.
    pub(crate) leaving: Leaving,
    /// A stream has ended, or is to wait for its body anew: since when, is noted when the connection is settled, which has the
    /// clock right.
    pub(crate) has_ended_some: bool,
    pub(crate) waits_anew: bool,
}

/// How far what was framed has left: until it has, no window is waited for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leaving {
    /// The last frame ends here in the connection's output; `None`: it has left.
    pub(crate) until: Option<u64>,
    /// When it left, or bytes began to wait.
    pub(crate) ms: u64,
}

impl Leaving {
    /// So much of the output was taken.
    pub(crate) fn note_sent(&mut self, sent: u64, now_ms: u64) {
        if self.until.is_some_and(|until| until <= sent) {
            *self = Leaving {
                until: None,
                ms: now_ms,
            };
        }
    }
}

/// How a response ends.
#[derive(Debug, Default)]
pub(crate) enum Ending {
    /// More may be written.
    #[default]
    Open,
    /// With what waits.
    Whole,
    /// With a trailer section.
    Trailers(Vec<(Vec<u8>, Vec<u8>)>),
}

/// What is kept of a stream: whose it is, what of its response waits for a window, and how its body comes.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    pub(crate) exchange: u32,
    pub(crate) waiting: Outgoing,
    /// In memory and in a file.
    pub(crate) waiting_bytes: usize,
    /// Its file is to be read, or being read.
    pub(crate) is_file_due: bool,
    pub(crate) ending: Ending,
    /// It is among those that are ready.
    pub(crate) is_ready: bool,
    /// How far it has left.
    pub(crate) leaving: Leaving,
    /// Bytes of the request's body that came, and what that was when its rate began to count.
    pub(crate) body_bytes: u64,
    pub(crate) rate_bytes_base: u64,
    /// The last byte of the body, or the moment it was wanted; and the moment it began.
    pub(crate) body_ms: u64,
    pub(crate) body_started_ms: u64,
    /// The client could not send more of the body, and can once so much of the output has left: until then it is not waited
    /// for, and from then on anew.
    pub(crate) waits_behind: Option<u64>,
    /// Bytes of the body that came and nobody wanted.
    pub(crate) dropped_bytes: u64,
}

impl Http2 {
    /// Whether no request is read behind those that were.
    pub(crate) fn takes_no_more(&self) -> bool {
        self.is_failed || self.session.takes_no_more()
    }
}

impl<L> Connection<L> {
    /// What is kept of a connection that speaks HTTP/2.
    #[inline]
    pub(crate) fn http2(&self) -> Option<&Http2> {
        match &self.intake {
            Intake::Frames(http2) => Some(http2),
            _ => None,
        }
    }

    /// The same, to be changed, and the bytes that go out.
    pub(crate) fn http2_parts(&mut self) -> Option<(&mut Http2, &mut Vec<u8>)> {
        match &mut self.intake {
            Intake::Frames(http2) => Some((http2, &mut self.output.tail)),
            _ => None,
        }
    }

    /// Whether it speaks HTTP/2.
    #[inline]
    pub(crate) fn is_http2(&self) -> bool {
        matches!(self.intake, Intake::Frames(_))
    }
}

impl<L> Connections<L> {
    /// Has a new connection speak HTTP/2, because both sides have said so before (RFC 9113 section 3.2): nothing of it has been
    /// received. Without effect where HTTP/2 is not on.
    pub fn speak_http2(&mut self, index: u32) {
        if !self.takes_http2(index) {
            return;
        }
        let Some(limits) = &self.options.http2 else {
            return;
        };
        let connection = &mut self.connections[index];
        // It stays, whatever was meant before, and is read from until it ends.
        connection.is_leaving = false;
        connection.intake = Intake::Frames(Box::new(Http2 {
            session: Session::open(limits, &mut connection.output.tail),
            ready: VecDeque::new(),
            written: VecDeque::new(),
            kept: Vec::new(),
            files_due: VecDeque::new(),
            reading: None,
            is_failed: false,
            leaving: Leaving::default(),
            has_ended_some: false,
            waits_anew: false,
        }));
        self.unsettle(index);
    }

    fn takes_http2(&self, index: u32) -> bool {
        self.options.http2.is_some() && self.listeners[self.connections[index].listener].takes_http2
    }

    /// Whether what a new connection begins with, and what no request of HTTP/1.1 is, is the preface of HTTP/2 or the
    /// beginning of one (RFC 9113 section 3.3).
    pub(crate) fn is_preface(&self, index: u32, input: &[u8]) -> bool {
        let is_first = !self.connections[index].has_asked && self.connections[index].exchanges == 0;
        let length = input.len().min(PREFACE.len());
        self.takes_http2(index) && is_first && input[..length] == PREFACE[..length]
    }

    /// Whether what a new connection begins with is of neither protocol: three words as a request line has them, but no slash,
    /// which every version of HTTP has, and no method of HTTP. Nobody who sends that reads an answer (RFC 9113 section 3.4).
    pub(crate) fn is_of_no_protocol(&self, index: u32, input: &[u8]) -> bool {
        let is_first = !self.connections[index].has_asked && self.connections[index].exchanges == 0;
        let Some(end) = input.iter().position(|&byte| byte == b'\r') else {
            return false;
        };
        let words: Vec<&[u8]> = input[..end].split(|&byte| byte == b' ').collect();
        let is_word = |word: &&[u8]| {
            !word.is_empty() && word.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'/')
        };
        let is_line = words.len() == 3 && words.iter().all(is_word) && !METHODS.contains(&words[0]);
        self.takes_http2(index) && is_first && is_line
    }

    /// Whether an exchange is a stream.
    #[inline]
    pub(crate) fn is_stream(&self, exchange: u32) -> bool {
        self.exchanges[exchange].stream != 0
    }

    /// What is kept of an exchange's stream; `None`: it is over.
    pub(crate) fn sending(&self, exchange: u32) -> Option<&Sending> {
        let state = &self.exchanges[exchange];
        let http2 = self.connections[state.connection].http2()?;
        http2.session.stream(state.stream).map(|stream| &stream.user)
    }

    pub(crate) fn sending_mut(&mut self, exchange: u32) -> Option<&mut Sending> {
        let state = &self.exchanges[exchange];
        let (stream, index) = (state.stream, state.connection);
        let (http2, _) = self.connections[index].http2_parts()?;
        http2.session.stream_mut(stream).map(|stream| &mut stream.user)
    }

    /// How much has come of an exchange's body.
    pub(crate) fn stream_body_bytes(&self, exchange: u32) -> u64 {
        self.sending(exchange).map_or(0, |sending| sending.body_bytes)
    }

    /// Response bytes that wait for the client's window.
    pub(crate) fn stream_waiting_bytes(&self, exchange: u32) -> u64 {
        self.sending(exchange)
            .map_or(0, |sending| sending.waiting_bytes as u64)
    }
}
