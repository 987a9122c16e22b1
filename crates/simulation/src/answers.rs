//! A strict reader of responses, which compares every byte with what the reference server says.
//!
//! Owns how far the answers to one client have come. Never decides whether a connection may end: `client` does.

mod refusal;
mod tunnel;

use std::collections::VecDeque;

use crate::knowledge::Knowledge;
use crate::plan::{Ends, Form, Plan};
use crate::reader::{BodyEnd, Message, Reading};

/// What may be answered besides what was planned.
#[derive(Clone, Copy, Debug)]
pub struct Leave<'a> {
    /// What applications have done.
    pub knowledge: &'a Knowledge,
    /// 408: the client was slow.
    pub timeout: bool,
    /// Any response may close the connection: the server drains.
    pub close: bool,
    /// A longer body than this, unread, makes its response the last.
    pub drain_bytes_max: u64,
    /// Bytes that the client has sent.
    pub sent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked {
        left: usize,
        is_in_data: bool,
    },
    /// Behind the last chunk.
    ChunkedEnd,
    UntilClose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Head,
    Body {
        at: usize,
        framing: Framing,
    },
    /// The text of a refusal: so many bytes are to come.
    Refusal(usize),
    /// The protocol has changed, and so many of its bytes have come.
    Tunnel {
        at: usize,
    },
    /// The last response was read.
    Over,
}

/// The answers of one client.
#[derive(Debug)]
pub struct Answers {
    seed: u64,
    client: usize,
    received: VecDeque<u8>,
    place: Place,
    /// The request whose answer comes now.
    pub next: usize,
    /// Whether it got its 100.
    is_continued: bool,
    /// Its interim responses that have come.
    informed: usize,
    closes: bool,
}

impl Answers {
    /// Nothing has come.
    pub fn new(seed: u64, client: usize) -> Self {
        Answers {
            seed,
            client,
            received: VecDeque::new(),
            place: Place::Head,
            next: 0,
            is_continued: false,
            informed: 0,
            closes: false,
        }
    }

    /// Whether the last response was read.
    pub fn is_over(&self) -> bool {
        self.place == Place::Over
    }

    /// Whether nothing of the next response has come.
    pub fn is_between(&self) -> bool {
        self.place == Place::Head && self.received.is_empty()
    }

    /// Whether the response that comes is ended by the end of the connection, and is whole.
    pub fn is_whole_if_ended(&self, reading: &Reading) -> bool {
        let Place::Body {
            at,
            framing: Framing::UntilClose,
        } = self.place
        else {
            return false;
        };
        let (plan, message) = (self.plan(self.next), &reading.messages[self.next]);
        plan.ends == Ends::Rightly && at == body_length(&plan, message)
    }

    /// Whether the end of the connection is taken for the end of the response that comes.
    pub fn is_ended_by_close(&self) -> bool {
        matches!(
            self.place,
            Place::Body {
                framing: Framing::UntilClose,
                ..
            }
        )
    }

    pub(crate) fn plan(&self, number: usize) -> Plan {
        Plan::of(self.seed, self.client, number)
    }

    /// Takes bytes; an error says what is wrong with them.
    pub fn take(&mut self, bytes: &[u8], reading: &Reading, leave: &Leave<'_>) -> Result<(), String> {
        self.received.extend(bytes);
        while !self.received.is_empty() {
            let goes_on = match self.place {
                Place::Over => return Err("bytes follow the last response".to_owned()),
                Place::Head => self.head(reading, leave)?,
                Place::Refusal(left) => {
                    let taken = left.min(self.received.len());
                    self.received.drain(..taken);
                    self.place = if taken == left {
                        Place::Over
                    } else {
                        Place::Refusal(left - taken)
                    };
                    true
                }
                Place::Body { at, framing } => self.body(at, framing, reading)?,
                Place::Tunnel { at } => self.tunnel_bytes(at, reading, leave)?,
            };
            if !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.received.iter().position(|&byte| byte == b'\n')?;
        Some(self.received.drain(..=end).collect())
    }

    fn head(&mut self, reading: &Reading, leave: &Leave<'_>) -> Result<bool, String> {
        let received = self.received.make_contiguous();
        let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(false);
        };
        let head: Vec<u8> = self.received.drain(..end + 4).collect();
        let head = String::from_utf8(head).map_err(|_| "a head that is no text")?;
        let mut lines = head.strip_suffix("\r\n\r\n").unwrap_or_default().split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status: u16 = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3))
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("no status line: {status_line:?}"))?;
        let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let message = reading.messages.get(self.next);
        if matches!(status, 100 | 102..200) {
            return self.interim(status, &fields, message, leave).map(|()| true);
        }
        if fields.first().map(|field| field.0) != Some("x-tag") {
            return self.refusal(status, &fields, reading, leave).map(|()| true);
        }
        let Some(message) = message else {
            return Err(format!("an answer to no request: {head:?}"));
        };
        self.check_informed(leave)?;
        match self.plan(self.next).switches(message) {
            true => self.switched(status, &fields, message)?,
            false => self.answer(status, &fields, message, leave)?,
        }
        Ok(true)
    }

    fn answer(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        message: &Message,
        leave: &Leave<'_>,
    ) -> Result<(), String> {
        let plan = self.plan(self.next);
        let tag = plan.tag();
        let has_content = plan.has_content(message);
        let length = match plan.form {
            Form::Whole | Form::Owned | Form::Counted => Some(plan.length),
            Form::Stream | Form::Echo => None,
        };
        let said = match plan.status {
            204 | 304 => None,
            _ if plan.is_refused_tunnel(message) => None,
            _ if message.is_head() => length.filter(|length| *length > 0),
            _ => length,
        };
        let said = said.map(|length| length.to_string());
        let is_until_close = has_content && length.is_none() && message.is_http_10;
        let ends_it = plan.closes || is_until_close || plan.is_refused_tunnel(message);
        let must_close = !message.keep_alive || ends_it;
        let is_long = message.has_body()
            && message.declared.is_none_or(|bytes| bytes > leave.drain_bytes_max)
            && message.body.bytes.len() as u64 > leave.drain_bytes_max.min(message.declared.unwrap_or(0));
        let is_open_ended = !matches!(message.body.end, BodyEnd::Whole(_)) || is_long;
        let may_close = leave.close || message.expects_continue || is_open_ended;
        let says_close = fields.contains(&("connection", "close"));
        let mut expected: Vec<(&str, &str)> = vec![("x-tag", &tag)];
        expected.extend(fields.iter().filter(|field| field.0 == "date"));
        expected.extend(said.as_deref().map(|length| ("content-length", length)));
        if has_content && length.is_none() && !message.is_http_10 {
            expected.push(("transfer-encoding", "chunked"));
        }
        if must_close || (says_close && may_close) {
            expected.push(("connection", "close"));
        } else if message.is_http_10 {
            expected.push(("connection", "keep-alive"));
        }
        let dates = fields.iter().filter(|field| field.0 == "date").count();
        let is_early = leave.sent < message.head_ends_at;
        if status != plan.status
            || fields != expected
            || dates != 1
            || is_early
            || plan.ends == Ends::FailsFirst
        {
            return Err(format!(
                "request {}: {status} {fields:?} instead of {} {expected:?}",
                self.next, plan.status
            ));
        }
        self.closes = says_close;
        let framing = match said {
            _ if !has_content => None,
            Some(_) => Some(Framing::Length(plan.length)),
            None if message.is_http_10 => Some(Framing::UntilClose),
            None => Some(Framing::Chunked {
                left: 0,
                is_in_data: false,
            }),
        };
        match framing {
            None | Some(Framing::Length(0)) => self.finish(has_content),
            Some(framing) => {
                self.place = Place::Body { at: 0, framing };
                Ok(())
            }
        }
    }

    /// The response is whole.
    fn finish(&mut self, had_content: bool) -> Result<(), String> {
        if had_content && self.plan(self.next).ends != Ends::Rightly {
            return Err(format!(
                "request {}: a response that breaks off looks whole",
                self.next
            ));
        }
        // Of one that breaks off without content nothing more was to be sent, but the connection ends.
        let is_last = self.closes || self.plan(self.next).ends == Ends::FailsWithin;
        self.place = if is_last { Place::Over } else { Place::Head };
        self.next += 1;
        self.is_continued = false;
        Ok(())
    }

    fn body(&mut self, at: usize, framing: Framing, reading: &Reading) -> Result<bool, String> {
        let (plan, message) = (self.plan(self.next), &reading.messages[self.next]);
        let whole = body_length(&plan, message);
        let (left, after) = match framing {
            Framing::Length(length) => (length - at, None),
            Framing::UntilClose => (usize::MAX, None),
            Framing::Chunked {
                left: 0,
                is_in_data: true,
            } => {
                return match self.line() {
                    Some(line) if line == b"\r\n" => {
                        let framing = Framing::Chunked {
                            left: 0,
                            is_in_data: false,
                        };
                        self.place = Place::Body { at, framing };
                        Ok(true)
                    }
                    Some(_) => Err("a chunk without its end".to_owned()),
                    None => Ok(false),
                };
            }
            Framing::ChunkedEnd => {
                return match self.line() {
                    Some(line) if line == b"\r\n" => self.finish(true).map(|()| true),
                    Some(_) => Err("trailers that nobody planned".to_owned()),
                    None => Ok(false),
                };
            }
            Framing::Chunked { left: 0, .. } => return self.chunk_size(at, whole),
            Framing::Chunked { left, .. } => (left, Some(left)),
        };
        let taken = left.min(self.received.len());
        for (offset, byte) in self.received.drain(..taken).enumerate() {
            let expected = match plan.form {
                Form::Echo => message.body.bytes.get(at + offset).copied(),
                _ => (at + offset < plan.length).then(|| plan.byte(at + offset)),
            };
            if expected != Some(byte) {
                return Err(format!(
                    "request {}: byte {} of the response is another one",
                    self.next,
                    at + offset
                ));
            }
        }
        let at = at + taken;
        let framing = match after {
            Some(left) => Framing::Chunked {
                left: left - taken,
                is_in_data: true,
            },
            None => framing,
        };
        self.place = Place::Body { at, framing };
        if framing == Framing::Length(at) {
            self.finish(true)?;
        }
        Ok(true)
    }

    fn chunk_size(&mut self, at: usize, whole: usize) -> Result<bool, String> {
        let Some(line) = self.line() else { return Ok(false) };
        if line == b"0\r\n" {
            if at != whole {
                return Err(format!(
                    "request {}: a response of {at} bytes, not {whole}",
                    self.next
                ));
            }
            self.place = Place::Body {
                at,
                framing: Framing::ChunkedEnd,
            };
            return Ok(true);
        }
        let text = std::str::from_utf8(&line)
            .unwrap_or_default()
            .trim_end_matches("\r\n");
        let left = usize::from_str_radix(text, 16).map_err(|_| format!("no chunk size: {text:?}"))?;
        self.place = Place::Body {
            at,
            framing: Framing::Chunked {
                left,
                is_in_data: true,
            },
        };
        Ok(true)
    }
}

/// The length of a response's body.
fn body_length(plan: &Plan, message: &Message) -> usize {
    match plan.form {
        Form::Echo => message.body.bytes.len(),
        _ => plan.length,
    }
}
