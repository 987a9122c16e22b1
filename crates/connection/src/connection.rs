//! The state of one connection.
//!
//! Owns what a connection is at rest and in motion: what its bytes are taken for, bytes not yet decoded, output, phase,
//! moments its deadlines count from. Decides nothing: the modules of `connections` do. Called by: all modules beside.

use howth_engine::KnownClient;
use howth_http1::Decoder;

use crate::clients::Arrival;
use crate::http2::Http2;
use crate::layer::Seal;
use crate::output::Output;

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
    /// Nothing is read or written any more.
    Ended,
}

/// How the end of a connection is told to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// By the end of the stream.
    #[default]
    Plain,
    /// By a reset: the client would take a plain end for the end of the body, or takes nothing any more.
    Reset,
}

/// What the client's next bytes are taken for.
#[derive(Debug, Default)]
pub(crate) enum Intake {
    /// Requests; perhaps a part of a head is there.
    #[default]
    Requests,
    /// Requests that are not decoded before the pipeline has room; `input` holds what came of them.
    HeldBack,
    /// The body of the request that was read last.
    Body(Body),
    /// Nobody knows: the request that was read last asks for another protocol. What comes behind it is kept, and decoded or
    /// not as it is answered.
    Undecided,
    /// The bytes of another protocol, for the exchange that changed to it.
    Tunnel(u32),
    /// Frames of HTTP/2: requests and bodies of many streams at once.
    Frames(Box<Http2>),
    /// Nothing: whatever comes is dropped.
    Nothing(Silence),
}

/// A request body that is being read.
#[derive(Debug)]
pub(crate) struct Body {
    /// Whose it is; `None`: its exchange is over, and the rest is dropped.
    pub(crate) exchange: Option<u32>,
    /// Bytes that came.
    pub(crate) bytes: u64,
    /// What `bytes` was when its rate began to count.
    pub(crate) rate_bytes_base: u64,
    /// `None`: requests are read behind it. Else nothing is, and whether the client sends nothing.
    pub(crate) last: Option<Silence>,
}

/// Whether a client that is not to send anything more sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It has said so itself, and has kept to it so far: nothing of its is lost when the connection closes right after its
    /// last response.
    Announced,
    /// It may be in the middle of sending.
    Unknown,
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
    /// The client closed its sending side; `None`: it has not.
    pub(crate) read_closed_ms: Option<u64>,
}

/// One connection. `L` is what the driver keeps of it.
#[derive(Debug, Default)]
pub(crate) struct Connection<L> {
    pub(crate) link: L,
    /// The slot of the listener that it came from.
    pub(crate) listener: u32,
    pub(crate) phase: Phase,
    pub(crate) end: End,
    pub(crate) seal: Seal,
    pub(crate) intake: Intake,
    /// Where an option asks who it is.
    pub(crate) client: Option<Box<KnownClient>>,
    /// The driver was told to receive; what the client does not send while it was not is not held against it.
    pub(crate) is_read: bool,
    /// A request was read.
    pub(crate) has_asked: bool,
    /// The application is told of its end.
    pub(crate) is_watched: bool,
    /// To be given up to another engine once it is idle.
    pub(crate) is_leaving: bool,
    /// What seals it has still to say that it ends.
    pub(crate) has_last_word: bool,
    /// In the list of connections to settle.
    pub(crate) is_unsettled: bool,
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
    /// Bytes that came, in clear text.
    pub(crate) received_bytes: u64,
    /// Bytes that came and nobody wanted: of the body being read, or while lingering.
    pub(crate) discarded_bytes: u64,
    /// Bytes of all its request bodies that wait for the application.
    pub(crate) held_bytes: usize,
    pub(crate) moments: Moments,
    /// When the timer wheel will look at this connection; `u64::MAX`: not scheduled.
    pub(crate) look_at_ms: u64,
    /// Unacknowledged bytes when the write deadline was last looked at.
    pub(crate) unacknowledged: u32,
}

impl<L: Default> Connection<L> {
    /// Makes a slot's last connection a new one, keeping nothing.
    pub(crate) fn open(&mut self, link: L, listener: u32, arrival: Arrival, now_ms: u64) {
        *self = Connection {
            link,
            listener,
            has_asked: arrival.has_asked,
            client: arrival.client,
            look_at_ms: u64::MAX,
            moments: Moments {
                head_ms: now_ms,
                idle_ms: now_ms,
                ..Moments::default()
            },
            ..Connection::default()
        };
    }
}

impl<L> Connection<L> {
    /// Whether no byte of a next request was seen.
    pub(crate) fn is_between_requests(&self) -> bool {
        self.input.is_empty() && self.decoder.is_between_messages()
    }

    /// The client's end of stream was received.
    pub(crate) fn is_read_closed(&self) -> bool {
        self.moments.read_closed_ms.is_some()
    }

    /// The request body being read, whether somebody wants it or not.
    pub(crate) fn body(&self) -> Option<&Body> {
        match &self.intake {
            Intake::Body(body) => Some(body),
            _ => None,
        }
    }

    /// The exchange whose request body is being read.
    pub(crate) fn body_exchange(&self) -> Option<u32> {
        self.body().and_then(|body| body.exchange)
    }

    /// How much has come of the request body being read.
    pub(crate) fn body_bytes(&self) -> u64 {
        self.body().map_or(0, |body| body.bytes)
    }

    /// The exchange is over: what comes of its body is dropped.
    pub(crate) fn disown_body(&mut self, exchange: u32) {
        match &mut self.intake {
            Intake::Body(body) if body.exchange == Some(exchange) => body.exchange = None,
            Intake::Tunnel(tunnel) if *tunnel == exchange => self.stop_intake(),
            _ => {}
        }
    }

    /// Whether no request is read behind those that were.
    pub(crate) fn takes_no_more(&self) -> bool {
        match &self.intake {
            Intake::Requests | Intake::HeldBack | Intake::Undecided => false,
            Intake::Body(body) => body.last.is_some(),
            Intake::Nothing(_) => true,
            // No request is, but bytes are.
            Intake::Tunnel(_) => false,
            Intake::Frames(http2) => http2.takes_no_more(),
        }
    }

    /// Reads no request behind those that were read (RFC 9112 section 9.6); a body that is arriving still is.
    pub(crate) fn take_no_more(&mut self) {
        match &mut self.intake {
            Intake::Requests | Intake::HeldBack | Intake::Undecided => {
                self.discarded_bytes += self.input.len() as u64;
                self.stop_intake();
            }
            Intake::Body(body) => {
                body.last.get_or_insert(Silence::Unknown);
            }
            Intake::Nothing(_) | Intake::Tunnel(_) | Intake::Frames(_) => {}
        }
    }

    /// Decodes nothing more: whatever still comes is dropped.
    pub(crate) fn stop_intake(&mut self) {
        self.input = Vec::new();
        if let Intake::Frames(http2) = &mut self.intake {
            // Its streams are still to be ended.
            http2.is_failed = true;
            return;
        }
        self.intake = Intake::Nothing(Silence::Unknown);
        self.decoder = Decoder::new();
    }

    /// Drops what came although nothing was to come.
    pub(crate) fn discard(&mut self, bytes: usize) {
        if let Intake::Nothing(silence) = &mut self.intake {
            *silence = Silence::Unknown;
        }
        self.discarded_bytes += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_small() {
        let bytes = size_of::<Connection<()>>();
        assert!(bytes <= 312, "{bytes} bytes");
    }
}
