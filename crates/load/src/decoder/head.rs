//! What a response head means for its framing (RFC 9112 section 6.3), and the cache of the last one.

use httparse::{EMPTY_HEADER, ParserConfig, Status};

/// Field lines of a head at most.
const FIELDS_MAX: usize = 128;
/// A longer head is not kept in the cache.
const CACHED_BYTES_MAX: usize = 4096;

/// An answer that breaks the protocol, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Violation(pub(crate) &'static str);

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

/// What of a head matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// The content-length field; with HEAD and 304 it says how long the body would be.
    pub(crate) content_length: Option<u64>,
    /// Whether the connection may be used after this response.
    pub(crate) keep_alive: bool,
}

impl Head {
    /// Whether another head follows for the same request; 101 is final (RFC 9110 section 15.2.2).
    pub(crate) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

/// Parses heads of answers to one method, and remembers the last one.
#[derive(Debug)]
pub(crate) struct HeadCache {
    /// Answers to HEAD have no body (RFC 9110 section 9.3.2).
    is_head: bool,
    bytes: Vec<u8>,
    head: Option<Head>,
}

impl HeadCache {
    /// For answers to `method`.
    pub(crate) fn new(method: &str) -> Self {
        HeadCache {
            is_head: method == "HEAD",
            bytes: Vec::new(),
            head: None,
        }
    }

    /// The head that `input` starts with and its length; `None` if it is not whole.
    pub(super) fn parse(&mut self, input: &[u8]) -> Result<Option<(usize, Head)>, Violation> {
        if let Some(head) = self.head
            && input.starts_with(&self.bytes)
        {
            return Ok(Some((self.bytes.len(), head)));
        }
        if input.is_empty() {
            return Ok(None);
        }
        let parsed = parse(input, self.is_head)?;
        if let Some((len, head)) = parsed
            && len <= CACHED_BYTES_MAX
        {
            self.bytes.clear();
            self.bytes.extend_from_slice(&input[..len]);
            self.head = Some(head);
        }
        Ok(parsed)
    }
}

fn parse(input: &[u8], is_head: bool) -> Result<Option<(usize, Head)>, Violation> {
    let mut fields = [EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    // RFC 9112 section 4: HTTP-version SP status-code SP [ reason-phrase ] CRLF. httparse skips empty lines before it.
    if !b"HTTP/1.".starts_with(&input[..input.len().min(7)]) {
        return Err(Violation("a response does not start with a status line"));
    }
    let len = match ParserConfig::default().parse_response(&mut response, input) {
        Ok(Status::Complete(len)) => len,
        Ok(Status::Partial) => return Ok(None),
        Err(_) => return Err(Violation("a response head is malformed")),
    };
    // Section 2.2: a bare LF may be taken for a line's end, but no server that is worth measuring sends one.
    if has_bare_line_feed(&input[..len]) {
        return Err(Violation("a line ends without a carriage return"));
    }
    let status = response.code.unwrap_or_default();
    if !(100..600).contains(&status) {
        return Err(Violation("the status is none"));
    }
    let head = interpret(status, response.version == Some(1), response.headers, is_head)?;
    Ok(Some((len, head)))
}

fn has_bare_line_feed(head: &[u8]) -> bool {
    head.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
}

fn interpret(
    status: u16,
    is_http11: bool,
    fields: &[httparse::Header<'_>],
    is_head: bool,
) -> Result<Head, Violation> {
    let mut content_length = None;
    let mut is_chunked = false;
    let mut keep_alive = is_http11;
    for field in fields {
        if field.name.eq_ignore_ascii_case("content-length") {
            let length = decimal(field.value)?;
            // RFC 9112 section 6.3, rule 5; a repeated field with one value is not taken for one either.
            if content_length.replace(length).is_some() {
                return Err(Violation("content-length is repeated"));
            }
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            if is_chunked || !field.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Violation("a transfer coding other than chunked"));
            }
            is_chunked = true;
        } else if field.name.eq_ignore_ascii_case("connection") {
            for option in field.value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                if option.eq_ignore_ascii_case(b"close") {
                    keep_alive = false;
                } else if option.eq_ignore_ascii_case(b"keep-alive") && !is_http11 {
                    keep_alive = true;
                }
            }
        }
    }
    if is_chunked && (content_length.is_some() || !is_http11) {
        return Err(Violation("chunked, but with a content-length or from HTTP/1.0"));
    }
    let framing = match content_length {
        // RFC 9112 section 6.3, rules 1, 4, 6, 8.
        _ if is_head || status < 200 || status == 204 || status == 304 => Framing::None,
        _ if is_chunked => Framing::Chunked,
        Some(length) => Framing::Length(length),
        None => Framing::UntilClose,
    };
    Ok(Head {
        status,
        framing,
        content_length,
        keep_alive: keep_alive && framing != Framing::UntilClose,
    })
}

/// RFC 9110 section 8.6: digits and nothing else.
fn decimal(value: &[u8]) -> Result<u64, Violation> {
    let digits = std::str::from_utf8(value)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or(Violation("content-length is no number"))
}

/// The size in a whole chunk-size line (RFC 9112 section 7.1); extensions are read over.
pub(super) fn chunk_size(line: &[u8]) -> Result<u64, Violation> {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = line[digits..].trim_ascii_start();
    if digits == 0 || digits > 15 || !(rest.is_empty() || rest[0] == b';') || rest.contains(&b'\r') {
        return Err(Violation("a chunk size is malformed"));
    }
    let digits = std::str::from_utf8(&line[..digits]).unwrap_or_default();
    u64::from_str_radix(digits, 16).map_err(|_| Violation("a chunk size is malformed"))
}

/// Whether a whole line is one field line.
pub(super) fn is_field_line(line: &[u8]) -> bool {
    let mut fields = [EMPTY_HEADER; 1];
    let mut whole = line.to_vec();
    whole.extend_from_slice(b"\r\n");
    matches!(httparse::parse_headers(&whole, &mut fields), Ok(Status::Complete((len, [_]))) if len == whole.len())
}
