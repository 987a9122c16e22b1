//! How a request is answered, worked out from whose it is and which: the rule that application and checks share.
//!
//! Owns the plan and the bytes of a response's body. Never sees an engine.

use crate::random::{Random, mix};
use crate::reader::Message;

/// How a response is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `respond`.
    Whole,
    /// `respond_with` an owned body, or one in a file.
    Owned,
    /// `start` of unknown length, then chunks.
    Stream,
    /// `start` of a known length, then chunks.
    Counted,
    /// A stream of what is read of the request's body.
    Echo,
}

/// How a response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// As it should.
    Rightly,
    /// `fail` before it is begun.
    FailsFirst,
    /// `fail` in the middle of a stream.
    FailsWithin,
    /// It is finished before its declared length.
    TooShort,
}

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The status.
    pub status: u16,
    /// How it is given.
    pub form: Form,
    /// How it ends.
    pub ends: Ends,
    /// The length of its body, unless that is an echo.
    pub length: usize,
    /// The bytes of one write.
    pub chunk: usize,
    /// The request's body is read to its end before.
    pub reads_first: bool,
    /// The request's body is kept, and read when the response is given.
    pub reads_last: bool,
    /// The application takes this long before it does anything, in milliseconds.
    pub delay_ms: u64,
    /// The same of a request that comes on a stream, whose client cannot send more meanwhile than its windows let it.
    pub stream_delay_ms: u64,
    /// It says `connection: close`.
    pub closes: bool,
    /// The application would rather change the protocol than answer.
    pub tries_to_switch: bool,
    /// Where the protocol changes: when so many bytes were sent back, our side ends, or the tunnel fails.
    pub tunnel_ends_at: Option<usize>,
    /// Where the protocol changes: after such a silence our side ends, in milliseconds.
    pub tunnel_silence_ms: u64,
    /// An owned body lies in a file.
    pub is_in_a_file: bool,
    /// The statuses of the interim responses before it.
    pub interims: &'static [u16],
    key: u64,
}

/// The statuses of interim responses, one after the other.
const INTERIMS: [&[u16]; 6] = [&[], &[], &[103], &[100], &[102, 103, 103], &[103, 100, 103]];

/// What the application changes the protocol to.
pub const PROTOCOL: &[u8] = b"echo";

/// Whether a seed has tunnels and interim responses. They came later than other things: what is drawn of them is drawn by
/// itself, so that a seed without them is what it always was.
pub fn has_more_than_answers(seed: u64) -> bool {
    Random::of(seed, 11).chance(500)
}

/// Whether a seed has clients that speak HTTP/2, which came later still.
pub fn has_http2(seed: u64) -> bool {
    Random::of(seed, 15).chance(400)
}

/// Whether a seed's server speaks TLS, which came after that.
pub fn has_tls(seed: u64) -> bool {
    Random::of(seed, 26).chance(300)
}

/// Whether a seed has bodies in files, which came last.
fn has_files(seed: u64) -> bool {
    Random::of(seed, 37).chance(500)
}

impl Plan {
    /// The plan of the request number `number` of a client.
    pub fn of(seed: u64, client: usize, number: usize) -> Plan {
        let key = mix(mix(seed ^ 0x61) ^ ((client as u64) << 32 | number as u64));
        let mut random = Random::new(key);
        let forms = [
            Form::Whole,
            Form::Whole,
            Form::Owned,
            Form::Stream,
            Form::Counted,
            Form::Echo,
        ];
        let form = *random.choose(&forms);
        let lengths = [0, 5, 100, 3_000, 20_000, 70_000];
        let length = *random.choose(&lengths);
        let ends = match random.below(40) {
            0 => Ends::FailsFirst,
            1 if matches!(form, Form::Stream | Form::Counted) && length > 0 => Ends::FailsWithin,
            2 if form == Form::Counted && length > 0 => Ends::TooShort,
            _ => Ends::Rightly,
        };
        let reads_first = random.chance(500) && form != Form::Echo;
        let mut more = Random::new(mix(key));
        let mut of_stream = Random::new(mix(key ^ 0x73));
        let has_more = has_more_than_answers(seed);
        Plan {
            status: *random.choose(&[200, 200, 200, 404, 204, 304]),
            form,
            ends,
            length,
            chunk: *random.choose(&[1_000, 7_000, 20_000]),
            reads_first,
            reads_last: !reads_first && form == Form::Whole && random.chance(300),
            delay_ms: if random.chance(300) {
                random.below(300) as u64
            } else {
                0
            },
            stream_delay_ms: *of_stream.choose(&[0, 0, 0, 20, 300, 5_000]),
            closes: random.chance(30),
            tries_to_switch: has_more && more.chance(700),
            tunnel_ends_at: more
                .chance(400)
                .then(|| *more.choose(&[0, 1, 500, 9_000, 100_000])),
            tunnel_silence_ms: *more.choose(&[100, 1_500, 8_000]),
            is_in_a_file: has_files(seed) && Random::new(mix(key ^ 0x66)).chance(700),
            interims: if has_more {
                INTERIMS[more.below(INTERIMS.len())]
            } else {
                &[]
            },
            key,
        }
    }

    /// Whether the protocol changes with this request (RFC 9110 sections 7.8 and 9.3.6): it asks for that, for one that is
    /// there, and is whole without a body.
    pub fn switches(&self, message: &Message) -> bool {
        let offered = message
            .upgrade
            .as_deref()
            .unwrap_or_default()
            .split(|&byte| byte == b',');
        let mut offered = offered.map(|protocol| protocol.trim_ascii());
        let is_offered = offered.any(|protocol| protocol.eq_ignore_ascii_case(PROTOCOL));
        let is_asked = message.is_connect() || is_offered;
        self.tries_to_switch && is_asked && !message.has_body() && self.ends != Ends::FailsFirst
    }

    /// Whether a tunnel of this plan is reset when it has sent so many bytes back.
    pub fn fails_in_tunnel(&self) -> bool {
        self.tunnel_ends_at.is_some() && self.key & 1 == 0
    }

    /// Whether a trailer section ends it. Only clients of HTTP/2 get any here.
    pub fn has_trailers(&self, message: &Message) -> bool {
        let is_stream = matches!(self.form, Form::Stream | Form::Counted | Form::Echo);
        message.is_http_2
            && is_stream
            && self.has_content(message)
            && Random::new(mix(self.key ^ 0x74)).chance(300)
    }

    /// What names this response alone.
    pub fn tag(&self) -> String {
        format!("{:016x}", self.key)
    }

    /// What names an interim response before it alone.
    pub fn interim(&self, number: usize) -> String {
        format!("{}-{number}", self.tag())
    }

    /// Whether a body is on the wire.
    pub fn has_content(&self, message: &Message) -> bool {
        !message.is_head() && !matches!(self.status, 204 | 304) && !self.is_refused_tunnel(message)
    }

    /// RFC 9110 section 9.3.6: a 2xx answer to CONNECT has no content, and nothing that is no tunnel follows it.
    pub fn is_refused_tunnel(&self, message: &Message) -> bool {
        message.is_connect() && self.status < 300
    }

    /// Whether it breaks off where the end of the connection would be taken for its own, so that only a reset can tell.
    pub fn breaks_by_reset(&self, message: &Message) -> bool {
        let is_until_close = self.form == Form::Stream && message.is_http_10 && self.has_content(message);
        let breaks_tunnel = self.switches(message) && self.fails_in_tunnel();
        (is_until_close && self.ends == Ends::FailsWithin) || breaks_tunnel
    }

    /// So many bytes of the body from `at` on.
    pub fn bytes(&self, at: usize, length: usize) -> Vec<u8> {
        (at..at + length).map(|at| self.byte(at)).collect()
    }

    /// One byte of the body.
    pub fn byte(&self, at: usize) -> u8 {
        let step = (self.key >> 8) as usize | 1;
        (self.key as usize)
            .wrapping_add(at.wrapping_mul(step))
            .wrapping_add(at >> 8) as u8
    }
}
