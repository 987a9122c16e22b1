//! Field lines (RFC 9112 section 5): tokens, the lines of a section, the names framing depends on.
//!
//! Owns the grammar of names and values. Never knows what a field means; `parse` and `trailers` do. Called by: whatever
//! reads or writes fields.

use httparse::{EMPTY_HEADER, Error, Header, Status};

use crate::Rejection;
use crate::bytes::TOKEN;

/// Also what a folded line looks like: its continuation begins with whitespace.
const NAME: Rejection = Rejection::bad_request("a field name is malformed");
const VALUE: Rejection = Rejection::bad_request("a field value holds a control character");
const LINE_END: Rejection = Rejection::bad_request("a field line does not end in CR LF");

/// One field line of a section.
pub(crate) struct FieldLine<'a> {
    /// As sent; a token.
    pub name: &'a str,
    /// Without the whitespace around it; free of control characters other than HTAB.
    pub value: &'a [u8],
    /// Where the name begins in the section.
    pub name_start: usize,
    /// Where the value begins in the section.
    pub value_start: usize,
}

/// The fields that decide framing, routing and persistence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownField {
    Connection,
    ContentLength,
    Expect,
    Host,
    TransferEncoding,
    Upgrade,
}

impl KnownField {
    /// Recognises a name; most names are told apart by their length and first letter.
    #[inline]
    pub fn of(name: &str) -> Option<KnownField> {
        let name = name.as_bytes();
        let (known, spelling): (_, &[u8]) = match (name.len(), name.first()? | 0x20) {
            (4, b'h') => (KnownField::Host, b"host"),
            (6, b'e') => (KnownField::Expect, b"expect"),
            (7, b'u') => (KnownField::Upgrade, b"upgrade"),
            (10, b'c') => (KnownField::Connection, b"connection"),
            (14, b'c') => (KnownField::ContentLength, b"content-length"),
            (17, b't') => (KnownField::TransferEncoding, b"transfer-encoding"),
            _ => return None,
        };
        name.eq_ignore_ascii_case(spelling).then_some(known)
    }
}

/// Walks the field lines at the start of `section` in order, up to and including the empty line that ends
/// them, and gives the bytes walked; `None` when the empty line is not there yet.
///
/// Stricter than the tokeniser in one point: lines end in CR LF, never in a bare LF (RFC 9112 section 2.2
/// lets a recipient choose). obs-fold (section 5.2), whitespace before the colon (section 5.1), empty names and
/// control characters in values (RFC 9110 section 5.5) are refused by the tokeniser already.
pub(crate) fn walk_section<'a>(
    section: &'a [u8],
    fields_max: usize,
    mut visit: impl FnMut(FieldLine<'a>) -> Result<(), Rejection>,
) -> Result<Option<usize>, Rejection> {
    // Most heads fit the small array; the larger ones cost more to set up.
    match walk_in(section, &mut [EMPTY_HEADER; 32][..fields_max.min(32)], &mut visit) {
        Err(Walk::ArrayFull) if fields_max > 32 => {}
        done => return done.map_err(|walk| walk.rejection()),
    }
    match walk_in(
        section,
        &mut [EMPTY_HEADER; 128][..fields_max.min(128)],
        &mut visit,
    ) {
        Err(Walk::ArrayFull) if fields_max > 128 => {}
        done => return done.map_err(|walk| walk.rejection()),
    }
    // No section has more fields than line ends.
    let lines = memchr::memchr_iter(b'\n', section).count();
    walk_in(
        section,
        &mut vec![EMPTY_HEADER; fields_max.min(lines)],
        &mut visit,
    )
    .map_err(|walk| walk.rejection())
}

/// Why a walk ended early.
enum Walk {
    /// Before the first visit: there are more fields than the array holds.
    ArrayFull,
    Refused(Rejection),
}

impl Walk {
    fn rejection(self) -> Rejection {
        match self {
            Walk::ArrayFull => Rejection::TOO_MANY_FIELDS,
            Walk::Refused(rejection) => rejection,
        }
    }
}

fn walk_in<'a>(
    section: &'a [u8],
    array: &mut [Header<'a>],
    visit: &mut impl FnMut(FieldLine<'a>) -> Result<(), Rejection>,
) -> Result<Option<usize>, Walk> {
    let (bytes, headers) = match httparse::parse_headers(section, array) {
        Ok(Status::Complete(complete)) => complete,
        Ok(Status::Partial) => return Ok(None),
        Err(Error::TooManyHeaders) => return Err(Walk::ArrayFull),
        Err(Error::HeaderName) => return Err(Walk::Refused(NAME)),
        Err(Error::HeaderValue) => return Err(Walk::Refused(VALUE)),
        Err(_) => return Err(Walk::Refused(LINE_END)),
    };
    let at = walk_tokens(section, headers, visit).map_err(Walk::Refused)?;
    // RFC 9112 section 2.1: the section ends in an empty line, CR LF.
    if bytes == at + 2 && section.get(at..bytes) == Some(b"\r\n") {
        Ok(Some(bytes))
    } else {
        Err(Walk::Refused(LINE_END))
    }
}

/// Finds the tokenised fields again in the section they are from, and gives where the last line ends.
pub(crate) fn walk_tokens<'a>(
    section: &'a [u8],
    headers: &[Header<'a>],
    mut visit: impl FnMut(FieldLine<'a>) -> Result<(), Rejection>,
) -> Result<usize, Rejection> {
    let mut at = 0;
    for header in headers {
        let line = strict_line(section, at, header).ok_or(LINE_END)?;
        at = line.end;
        visit(line.field)?;
    }
    Ok(at)
}

struct StrictLine<'a> {
    field: FieldLine<'a>,
    end: usize,
}

/// Finds the tokenised field again at `at`: name, colon, OWS, value, OWS, CR LF, and nothing between
/// (RFC 9112 section 5). What the tokeniser skipped beyond that is refused.
fn strict_line<'a>(section: &'a [u8], at: usize, header: &Header<'a>) -> Option<StrictLine<'a>> {
    let colon = at + header.name.len();
    if section.get(colon) != Some(&b':') {
        return None;
    }
    let value_start = colon + 1 + whitespace_len(section.get(colon + 1..)?);
    let value_end = value_start + header.value.len();
    let line_end = value_end + whitespace_len(section.get(value_end..)?);
    if section.get(line_end..line_end + 2) != Some(b"\r\n") {
        return None;
    }
    let field = FieldLine {
        name: header.name,
        value: header.value,
        name_start: at,
        value_start,
    };
    Some(StrictLine {
        field,
        end: line_end + 2,
    })
}

fn whitespace_len(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|&&byte| byte == b' ' || byte == b'\t')
        .count()
}

/// Removes optional whitespace (RFC 9110 section 5.6.3) from both ends.
pub(crate) fn trim_whitespace(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Is this a token (RFC 9110 section 5.6.2)?
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && TOKEN.contains_all(bytes)
}
