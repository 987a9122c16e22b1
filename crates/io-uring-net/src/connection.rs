//! The state of one connection.
//!
//! Owns what a connection is at rest and in motion: decoder, bytes not yet decoded, output, phase, moments
//! its deadlines count from. Never talks to the kernel: the engine compares what a connection wants with what
//! the kernel was asked, and asks for the difference (`engine::settle`).

use howth_connection::Output;
use howth_http1::Decoder;

use crate::kernel::Socket;

/// Where a connection is in its life. It only ever moves down this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Requests are read and answered.
    #[default]
    Open,
    /// The last response is on its way; nothing is decoded any more.
    Finishing,
    /// Our side is shut down; what the client still sends is thrown away, so that its kernel does not
    /// answer with a reset that would eat the last response (RFC 9112 section 9.6).
    Lingering,
    /// Both sides are shut down; operations in flight are awaited.
    Tearing,
    /// The close is in flight.
    Closing,
}

/// How a connection's bytes are received. Multishot into provided buffers, as a rule, which an idle connection owns
/// nothing for; a large request body straight into memory of its own, whenever a poll says that there is some of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Receive {
    /// None is in flight.
    #[default]
    Off,
    /// A multishot receive is in flight.
    Armed,
    /// A poll is in flight.
    Polled,
    /// Either is in flight and was cancelled.
    Cancelling,
}

/// Moments, in milliseconds of the engine's clock, that deadlines count from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    /// The first byte of the head being read, or accept.
    pub(crate) head_ms: u64,
    /// The last byte of a request body, or the moment it was wanted.
    pub(crate) body_ms: u64,
    /// The moment the body being read began.
    pub(crate) body_started_ms: u64,
    /// The last time the client took response bytes, or the moment some were offered.
    pub(crate) write_ms: u64,
    /// The last response was complete, or the last byte was lingered over.
    pub(crate) idle_ms: u64,
    /// The client closed its sending side.
    pub(crate) disconnected_ms: u64,
}

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    pub(crate) socket: Option<Socket>,
    pub(crate) phase: Phase,
    pub(crate) receive: Receive,
    /// Receiving was stopped by us: what the client does not send meanwhile is not held against it.
    pub(crate) paused: bool,
    /// Operations in flight, the receive included.
    pub(crate) operations: u8,
    pub(crate) sending: bool,
    /// Our sending side was shut down; both sides were.
    pub(crate) shut_down: bool,
    pub(crate) shut_down_both: bool,
    /// Decoding stopped because the pipeline is full; `input` holds whole requests, perhaps.
    pub(crate) held_back: bool,
    /// The last request asked for the connection's end, or broke a rule: nothing behind it is decoded.
    pub(crate) takes_no_more: bool,
    /// The client has said that it sends no more requests, and has kept to it so far: nothing of its is lost when the
    /// connection closes right after its last response.
    pub(crate) is_last: bool,
    /// The end has to be told by a reset, because the client would take a plain end for the end of the body.
    pub(crate) must_reset: bool,
    /// A request was read.
    pub(crate) has_asked: bool,
    /// To be given up to another engine once it is idle.
    pub(crate) is_leaving: bool,
    /// The client's end of stream was received.
    pub(crate) read_closed: bool,
    /// In the list of connections to settle.
    pub(crate) unsettled: bool,
    pub(crate) decoder: Decoder,
    /// Received bytes that were not decoded: a part of a head, or requests beyond the pipeline's bound.
    pub(crate) input: Vec<u8>,
    pub(crate) output: Output,
    /// The oldest exchange whose response is not sent whole, the first whose response is not written whole,
    /// and the newest one; exchanges form a list in the order of their requests.
    pub(crate) front: Option<u32>,
    pub(crate) writer: Option<u32>,
    pub(crate) back: Option<u32>,
    pub(crate) exchanges: u32,
    /// The exchange whose request body is arriving.
    pub(crate) body: Option<u32>,
    /// A request body is being read, whether somebody wants it or not.
    pub(crate) reading_body: bool,
    /// Bytes of the request body being read, and of one that nobody wants.
    pub(crate) body_bytes: u64,
    pub(crate) discarded_bytes: u64,
    /// Bytes of all its request bodies that wait for the application.
    pub(crate) held_bytes: usize,
    /// What `body_bytes` was when its rate began to count.
    pub(crate) rate_bytes_base: u64,
    pub(crate) moments: Moments,
    /// When the timer wheel will look at this connection; `u64::MAX`: not scheduled.
    pub(crate) look_at_ms: u64,
    /// Unacknowledged bytes when the write deadline was last looked at.
    pub(crate) unacknowledged: u32,
}

impl Connection {
    /// Makes a slot's last connection a new one, keeping nothing.
    pub(crate) fn open(&mut self, socket: Socket, now_ms: u64) {
        *self = Connection {
            socket: Some(socket),
            look_at_ms: u64::MAX,
            moments: Moments {
                head_ms: now_ms,
                idle_ms: now_ms,
                ..Moments::default()
            },
            ..Connection::default()
        };
    }

    /// Whether no byte of a next request was seen.
    pub(crate) fn is_between_requests(&self) -> bool {
        self.input.is_empty() && self.decoder.is_between_messages()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_small() {
        assert!(
            size_of::<Connection>() <= 288,
            "{} bytes",
            size_of::<Connection>()
        );
    }
}
