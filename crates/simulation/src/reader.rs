//! A second reader of requests, from the RFCs alone: slow, plain, and of a whole stream at once.
//!
//! Owns what a strict server takes and refuses, with the choices that `docs/http-conformance.md` names where an RFC leaves
//! one. Shares no code with `howth-http1`, whose limits alone it is told. Called by: the reference server.

mod body;
mod fields;
mod target;

use howth_http1::Limits;

pub use fields::Field;

/// What a stream of bytes is, read as requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The requests whose heads are whole, in order.
    pub messages: Vec<Message>,
    /// How the stream ends.
    pub end: End,
}

/// How a stream of requests ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What is behind the last request, from this byte on, is the beginning of another one, or nothing.
    More(usize),
    /// A head that begins at this byte is refused with this status.
    Refused(usize, u16),
    /// The last request's body is not whole, or is refused.
    WithinBody,
    /// What is behind the last request's head is a tunnel's.
    Tunnel,
}

/// A request whose head is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it begins in the stream, empty lines before it included.
    pub starts_at: usize,
    /// Where its head ends.
    pub head_ends_at: usize,
    /// The method.
    pub method: Vec<u8>,
    /// The target as sent.
    pub target: Vec<u8>,
    /// HTTP/1.0; else it is 1.1, unless it is 2.
    pub is_http_10: bool,
    /// HTTP/2.
    pub is_http_2: bool,
    /// The field lines.
    pub fields: Vec<Field>,
    /// RFC 9112 section 9.3.
    pub keep_alive: bool,
    /// RFC 9110 section 10.1.1.
    pub expects_continue: bool,
    /// The protocols that it asks to change to (RFC 9110 section 7.8).
    pub upgrade: Option<Vec<u8>>,
    /// The length that its head gives; none if it is chunked, 0 without a body.
    pub declared: Option<u64>,
    /// The trailer section, of a request that comes as frames.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Body,
}

/// A request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its bytes, as far as they can be told.
    pub bytes: Vec<u8>,
    /// Whether they are all.
    pub end: BodyEnd,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// Whole, with its last byte before this one of the stream.
    Whole(usize),
    /// The stream ends before it.
    Partial,
    /// What follows is refused with this status.
    Refused(u16),
    /// It has none: its bytes are those of a tunnel, and end when the client says so.
    Tunnel,
}

impl Reading {
    /// The same where the connection becomes a tunnel with the first request of which `switches` says so.
    pub fn with_tunnel(mut self, input: &[u8], switches: impl Fn(usize, &Message) -> bool) -> Reading {
        let switched = (0..self.messages.len()).find(|&number| switches(number, &self.messages[number]));
        if let Some(number) = switched {
            self.messages.truncate(number + 1);
            let message = &mut self.messages[number];
            message.body = Body {
                bytes: input[message.head_ends_at..].to_vec(),
                end: BodyEnd::Tunnel,
            };
            self.end = End::Tunnel;
        }
        self
    }
}

impl Message {
    /// Whether it is there as a whole when so many bytes of the stream are.
    pub fn is_whole_in(&self, bytes: usize) -> bool {
        match self.body.end {
            BodyEnd::Whole(end) => end <= bytes,
            BodyEnd::Tunnel => self.head_ends_at <= bytes,
            BodyEnd::Partial | BodyEnd::Refused(_) => false,
        }
    }

    /// Whether the method is CONNECT.
    pub fn is_connect(&self) -> bool {
        self.method == b"CONNECT"
    }

    /// Whether the method is HEAD.
    pub fn is_head(&self) -> bool {
        self.method == b"HEAD"
    }

    /// Whether a body follows the head.
    pub fn has_body(&self) -> bool {
        self.declared != Some(0)
    }
}

/// What a step of a reader finds.
pub(crate) enum Found<T> {
    /// It, and where it ends.
    Whole(T, usize),
    /// The stream ends before it does.
    Partial,
    /// It is refused with this status.
    Refused(u16),
}

/// Reads a whole stream.
pub fn read(input: &[u8], limits: &Limits) -> Reading {
    let mut messages = Vec::new();
    let mut at = 0;
    loop {
        let mut message = match read_head(input, at, limits) {
            Found::Whole(message, _) => message,
            Found::Partial => {
                return Reading {
                    messages,
                    end: End::More(at),
                };
            }
            Found::Refused(status) => {
                return Reading {
                    messages,
                    end: End::Refused(at, status),
                };
            }
        };
        message.body = body::read(input, message.head_ends_at, message.declared, limits);
        let end = message.body.end;
        messages.push(message);
        match end {
            BodyEnd::Whole(end) => at = end,
            BodyEnd::Partial | BodyEnd::Refused(_) | BodyEnd::Tunnel => {
                return Reading {
                    messages,
                    end: End::WithinBody,
                };
            }
        }
    }
}

/// RFC 9112 section 2.2: empty lines before a request line are skipped; here at most eight.
const EMPTY_LINES_MAX: usize = 8;

fn read_head(input: &[u8], starts_at: usize, limits: &Limits) -> Found<Message> {
    let mut at = starts_at;
    let mut empty_lines = 0;
    while input[at..].starts_with(b"\r\n") {
        empty_lines += 1;
        at += 2;
        if empty_lines > EMPTY_LINES_MAX {
            return Found::Refused(400);
        }
    }
    if matches!(&input[at..], [] | b"\r") {
        return Found::Partial;
    }
    // RFC 9112 section 3: the bound holds for request line, field lines and the empty line.
    let window = &input[at..input.len().min(at + limits.head_bytes_max)];
    let is_cut = window.len() == limits.head_bytes_max;
    let unfinished = || {
        if is_cut {
            Found::Refused(431)
        } else {
            Found::Partial
        }
    };
    // Section 2.2: a line ends in CR LF; a bare LF is refused where it stands.
    let line_feed = window.iter().position(|&byte| byte == b'\n');
    let line = match line_feed {
        Some(line_feed) => &window[..line_feed],
        None => window,
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if let Some(status) = judge_line_so_far(line, limits) {
        return Found::Refused(status);
    }
    let Some(line_feed) = line_feed else {
        return unfinished();
    };
    if line_feed == 0 || window[line_feed - 1] != b'\r' {
        return Found::Refused(400);
    }
    let line = match RequestLine::of(line) {
        Ok(line) => line,
        Err(status) => return Found::Refused(status),
    };
    let lines = match fields::lines(window, line_feed + 1) {
        Found::Whole(lines, end) => (lines, end),
        Found::Partial => return unfinished(),
        Found::Refused(status) => return Found::Refused(status),
    };
    match judge(&line, &lines.0, limits) {
        Ok(mut message) => {
            message.starts_at = starts_at;
            message.head_ends_at = at + lines.1;
            Found::Whole(message, at + lines.1)
        }
        Err(status) => Found::Refused(status),
    }
}

/// The longest method that is read.
const METHOD_BYTES_MAX: usize = 64;

/// What can be refused of a request line before it is whole (RFC 9112 section 3).
fn judge_line_so_far(line: &[u8], limits: &Limits) -> Option<u16> {
    let start = &line[..line.len().min(METHOD_BYTES_MAX + 1)];
    let Some(method_bytes) = start.iter().position(|&byte| !fields::is_token_byte(byte)) else {
        return (line.len() > METHOD_BYTES_MAX).then_some(501);
    };
    if method_bytes == 0 || line[method_bytes] != b' ' {
        return Some(400);
    }
    let rest = &line[method_bytes + 1..];
    let is_long = rest.len() > limits.target_bytes_max && !rest[..=limits.target_bytes_max].contains(&b' ');
    is_long.then_some(414)
}

/// RFC 9112 section 3: method, target, version, with one space between.
struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    is_http_10: bool,
}

impl<'a> RequestLine<'a> {
    fn of(line: &'a [u8]) -> Result<Self, u16> {
        let mut parts = line.splitn(3, |&byte| byte == b' ');
        let (Some(method), Some(target), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(400);
        };
        // RFC 9112 section 2.3, RFC 9110 section 2.5.
        let is_http_10 = match version {
            b"HTTP/1.0" => true,
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] if minor.is_ascii_digit() => false,
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                return Err(505);
            }
            _ => return Err(400),
        };
        if !target::is_valid(method, target) {
            return Err(400);
        }
        Ok(RequestLine {
            method,
            target,
            is_http_10,
        })
    }
}

fn judge(line: &RequestLine<'_>, lines: &[&[u8]], limits: &Limits) -> Result<Message, u16> {
    let fields = fields::parse(lines, limits.fields_max)?;
    let values = |name: &str| fields::values(&fields, name);
    // RFC 9112 section 3.2.
    let hosts = values("host");
    if hosts.len() > 1 || hosts.iter().any(|host| !target::is_authority(host)) {
        return Err(400);
    }
    let framing = fields::framing(&fields, line.is_http_10, limits.body_bytes_max);
    if let Err(400) = framing.lines {
        return Err(400);
    }
    if hosts.is_empty() && !line.is_http_10 && limits.requires_host {
        return Err(400);
    }
    let declared = framing.verdict?;
    if line.method == b"CONNECT" && !limits.takes_connect {
        return Err(405);
    }
    // RFC 9110 section 10.1.1.
    let expectations = fields::members(&values("expect"));
    if expectations
        .iter()
        .any(|member| !member.eq_ignore_ascii_case(b"100-continue"))
    {
        return Err(417);
    }
    if !target::has_url(line.target, hosts.first().copied()) {
        return Err(400);
    }
    let options = fields::members(&values("connection"));
    let has = |option: &str| {
        options
            .iter()
            .any(|member| member.eq_ignore_ascii_case(option.as_bytes()))
    };
    Ok(Message {
        starts_at: 0,
        head_ends_at: 0,
        method: line.method.to_vec(),
        target: line.target.to_vec(),
        is_http_10: line.is_http_10,
        is_http_2: false,
        keep_alive: !has("close") && (!line.is_http_10 || has("keep-alive")),
        expects_continue: !expectations.is_empty() && !line.is_http_10 && declared != Some(0),
        upgrade: (!line.is_http_10 && has("upgrade"))
            .then(|| fields::protocols(&fields))
            .flatten(),
        declared,
        trailers: Vec::new(),
        fields,
        body: Body {
            bytes: Vec::new(),
            end: BodyEnd::Partial,
        },
    })
}
