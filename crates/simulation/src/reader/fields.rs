//! Field lines, and what those say that frame a message (RFC 9110 section 5, RFC 9112 sections 5 and 6).

use super::Found;

/// A field: name and value as sent, the value without the whitespace around it.
pub type Field = (Vec<u8>, Vec<u8>);

/// `tchar` (RFC 9110 section 5.6.2).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// The lines of a section that begins at `start`, without their ends, and where the empty line behind them ends.
pub(super) fn lines(window: &[u8], start: usize) -> Found<Vec<&[u8]>> {
    let mut lines = Vec::new();
    let mut at = start;
    loop {
        let Some(length) = window[at..].iter().position(|&byte| byte == b'\n') else {
            return Found::Partial;
        };
        // RFC 9112 section 2.2: a bare LF may be refused, and is.
        let Some(line) = window[at..at + length].strip_suffix(b"\r") else {
            return Found::Refused(400);
        };
        at += length + 1;
        if line.is_empty() {
            return Found::Whole(lines, at);
        }
        lines.push(line);
    }
}

/// RFC 9112 section 5: name, colon, whitespace, value, whitespace. Gives the status of the first fault.
pub(super) fn parse(lines: &[&[u8]], fields_max: usize) -> Result<Vec<Field>, u16> {
    let mut fields = Vec::new();
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':').ok_or(400_u16)?;
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        // RFC 9110 section 5.5: no control characters; what is beyond ASCII is opaque.
        let is_value = value
            .iter()
            .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
        if !is_token(name) || !is_value {
            return Err(400);
        }
        // A line that is one too many is refused as such once it is known to be a field.
        if fields.len() == fields_max {
            return Err(431);
        }
        fields.push((name.to_vec(), value.to_vec()));
    }
    Ok(fields)
}

fn trim(value: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().take_while(|byte| is_space(byte)).count();
    let end = value[start..]
        .iter()
        .rev()
        .take_while(|byte| is_space(byte))
        .count();
    &value[start..value.len() - end]
}

pub(super) fn values<'a>(fields: &'a [Field], name: &str) -> Vec<&'a [u8]> {
    let named = fields
        .iter()
        .filter(|field| field.0.eq_ignore_ascii_case(name.as_bytes()));
    named.map(|field| field.1.as_slice()).collect()
}

/// The members of lists (RFC 9110 section 5.6.1), empty ones too.
pub(super) fn members<'a>(values: &[&'a [u8]]) -> Vec<&'a [u8]> {
    values
        .iter()
        .flat_map(|value| value.split(|&byte| byte == b',').map(trim))
        .collect()
}

/// RFC 9110 section 7.8: the protocols of an Upgrade field. One that is repeated, empty, or not ASCII is ignored.
pub(super) fn protocols(fields: &[Field]) -> Option<Vec<u8>> {
    match values(fields, "upgrade")[..] {
        [value] if !value.is_empty() && value.is_ascii() => Some(value.to_vec()),
        _ => None,
    }
}

/// What the framing fields say: each line by itself, and all of them together.
pub(super) struct FramingVerdict {
    /// 400: a line is malformed.
    pub(super) lines: Result<(), u16>,
    /// The declared length; none for a chunked body.
    pub(super) verdict: Result<Option<u64>, u16>,
}

/// RFC 9112 sections 6.1 and 6.3.
pub(super) fn framing(fields: &[Field], is_http_10: bool, body_bytes_max: u64) -> FramingVerdict {
    let lengths = values(fields, "content-length");
    let codings = members(&values(fields, "transfer-encoding"));
    let is_length = |length: &&[u8]| {
        let is_padded = length.len() > 1 && length[0] == b'0';
        length.iter().all(u8::is_ascii_digit) && parse_length(length).is_some() && !is_padded
    };
    let is_coding = |coding: &&[u8]| {
        let name = coding.split(|&byte| byte == b';').next().unwrap_or_default();
        is_token(trim(name))
    };
    let are_lines_good = lengths.len() <= 1 && lengths.iter().all(is_length) && codings.iter().all(is_coding);
    FramingVerdict {
        lines: if are_lines_good { Ok(()) } else { Err(400) },
        verdict: together(&lengths, &codings, is_http_10, body_bytes_max),
    }
}

fn together(
    lengths: &[&[u8]],
    codings: &[&[u8]],
    is_http_10: bool,
    body_bytes_max: u64,
) -> Result<Option<u64>, u16> {
    let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let chunked = codings.iter().filter(|coding| is_chunked(coding)).count();
    match (lengths, codings) {
        ([], []) => Ok(Some(0)),
        ([length], []) => match parse_length(length) {
            Some(bytes) if bytes > body_bytes_max => Err(413),
            Some(bytes) => Ok(Some(bytes)),
            None => Err(400),
        },
        // Section 6.1: both together, and a coding in HTTP/1.0, are how requests are smuggled.
        ([_, ..], _) => Err(400),
        ([], _) if is_http_10 => Err(400),
        // Section 6.1: a coding that is not understood. Section 6.3, rule 4: chunked is the last, and there once.
        ([], _) if chunked == 0 => Err(501),
        ([], [.., last]) if chunked > 1 || !is_chunked(last) => Err(400),
        ([], [_]) => Ok(None),
        ([], _) => Err(501),
    }
}

fn parse_length(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
