//! Request bodies: of a length that is known, or chunked (RFC 9112 sections 6.2, 7.1).

use howth_http1::Limits;

use super::fields::{self, is_token_byte};
use super::{Body, BodyEnd, Found};

/// Reads the body that begins at `at`.
pub(super) fn read(input: &[u8], at: usize, declared: Option<u64>, limits: &Limits) -> Body {
    let Some(declared) = declared else {
        let mut bytes = Vec::new();
        let end = match read_chunks(&input[at..], limits, &mut bytes) {
            Found::Whole((), length) => BodyEnd::Whole(at + length),
            Found::Partial => BodyEnd::Partial,
            Found::Refused(status) => BodyEnd::Refused(status),
        };
        return Body { bytes, end };
    };
    let length = usize::try_from(declared).unwrap_or(usize::MAX);
    let end = at.saturating_add(length);
    Body {
        bytes: input[at..end.min(input.len())].to_vec(),
        end: if end <= input.len() {
            BodyEnd::Whole(end)
        } else {
            BodyEnd::Partial
        },
    }
}

/// A 64-bit size has no more digits.
const SIZE_DIGITS_MAX: usize = 16;

fn read_chunks(input: &[u8], limits: &Limits, body: &mut Vec<u8>) -> Found<()> {
    let mut at = 0;
    let mut extension_bytes = 0;
    let mut total = 0_u64;
    loop {
        let digits = input[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        if digits > SIZE_DIGITS_MAX {
            return Found::Refused(400);
        }
        let Some(&behind) = input.get(at + digits) else {
            return Found::Partial;
        };
        let text = std::str::from_utf8(&input[at..at + digits]).unwrap_or_default();
        let Ok(size) = u64::from_str_radix(text, 16) else {
            return Found::Refused(400);
        };
        if behind == b';' {
            extension_bytes += 1;
        }
        if !matches!(behind, b';' | b'\r') || extension_bytes > limits.chunk_extension_bytes_max {
            return Found::Refused(400);
        }
        total = total.saturating_add(size);
        if total > limits.body_bytes_max {
            return Found::Refused(413);
        }
        at += digits + 1;
        if behind == b';' {
            match read_extensions(&input[at..], limits, &mut extension_bytes) {
                Found::Whole((), length) => at += length,
                Found::Partial => return Found::Partial,
                Found::Refused(status) => return Found::Refused(status),
            }
        }
        // Behind the CR.
        match input.get(at) {
            None => return Found::Partial,
            Some(b'\n') => at += 1,
            Some(_) => return Found::Refused(400),
        }
        if size == 0 {
            return read_trailers(input, at, limits);
        }
        let length = usize::try_from(size).unwrap_or(usize::MAX).min(input.len() - at);
        body.extend_from_slice(&input[at..at + length]);
        at += length;
        for expected in b"\r\n" {
            match input.get(at) {
                None => return Found::Partial,
                Some(byte) if byte == expected => at += 1,
                Some(_) => return Found::Refused(400),
            }
        }
    }
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )` behind its first semicolon, up to and with the CR (section 7.1.1).
fn read_extensions(input: &[u8], limits: &Limits, counted: &mut usize) -> Found<()> {
    let mut rest = input.iter().copied().peekable();
    let mut length = 0;
    let mut next = |expected: &dyn Fn(u8) -> bool| -> Result<Option<u8>, ()> {
        match rest.peek().copied() {
            None => Err(()),
            Some(byte) if expected(byte) => {
                rest.next();
                length += 1;
                Ok(Some(byte))
            }
            Some(_) => Ok(None),
        }
    };
    let outcome = extensions(&mut next, limits, counted);
    match outcome {
        Ok(true) => Found::Whole((), length),
        Ok(false) => Found::Refused(400),
        Err(()) => Found::Partial,
    }
}

type Next<'a> = dyn FnMut(&dyn Fn(u8) -> bool) -> Result<Option<u8>, ()> + 'a;

/// True: they are well-formed. An error: more is to come.
fn extensions(next: &mut Next<'_>, limits: &Limits, counted: &mut usize) -> Result<bool, ()> {
    let mut take = |expected: &dyn Fn(u8) -> bool| -> Result<Option<Option<u8>>, ()> {
        let taken = next(expected)?;
        *counted += usize::from(taken.is_some_and(|byte| byte != b'\r'));
        // Every byte but the CR counts, and the first that is too many is refused.
        Ok((*counted <= limits.chunk_extension_bytes_max).then_some(taken))
    };
    let is_quotable = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    let Some(Some(_)) = take(&is_token_byte)? else {
        return Ok(false);
    };
    let mut is_in_value = false;
    let mut is_value_over = false;
    loop {
        let Some(taken) = take(&|byte| {
            (is_token_byte(byte) && !is_value_over)
                || b"\r;".contains(&byte)
                || (byte == b'=' && !is_in_value)
        })?
        else {
            return Ok(false);
        };
        match taken {
            None => return Ok(false),
            Some(b'\r') => return Ok(true),
            Some(b';') => {
                let Some(Some(_)) = take(&is_token_byte)? else {
                    return Ok(false);
                };
                (is_in_value, is_value_over) = (false, false);
            }
            Some(b'=') => {
                is_in_value = true;
                match take(&|byte| is_token_byte(byte) || byte == b'"')? {
                    Some(Some(b'"')) => {
                        is_value_over = true;
                        loop {
                            match take(&is_quotable)? {
                                Some(Some(b'"')) => break,
                                Some(Some(b'\\')) => {
                                    let Some(Some(_)) = take(&is_quotable)? else {
                                        return Ok(false);
                                    };
                                }
                                Some(Some(_)) => {}
                                _ => return Ok(false),
                            }
                        }
                    }
                    Some(Some(_)) => {}
                    _ => return Ok(false),
                }
            }
            Some(_) => {}
        }
    }
}

/// RFC 9112 section 7.1.2.
fn read_trailers(input: &[u8], at: usize, limits: &Limits) -> Found<()> {
    if input[at..].starts_with(b"\r\n") {
        return Found::Whole((), at + 2);
    }
    let bytes_max = limits.trailer_bytes_max.saturating_add(2);
    let window = &input[at..input.len().min(at + bytes_max)];
    let (lines, length) = match fields::lines(window, 0) {
        Found::Whole(lines, length) => (lines, length),
        Found::Partial if window.len() == bytes_max => return Found::Refused(431),
        Found::Partial => return Found::Partial,
        Found::Refused(status) => return Found::Refused(status),
    };
    let fields = match fields::parse(&lines, limits.fields_max) {
        Ok(fields) => fields,
        Err(status) => return Found::Refused(status),
    };
    // RFC 9110 section 6.5.1: somebody means these to be believed.
    let forbidden = ["content-length", "transfer-encoding", "host"];
    if forbidden
        .iter()
        .any(|name| !fields::values(&fields, name).is_empty())
    {
        return Found::Refused(400);
    }
    Found::Whole((), at + length)
}
