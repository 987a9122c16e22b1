//! Trailer sections (RFC 9112 section 7.1.2, RFC 9110 section 6.5) and which fields they may hold.
//!
//! Owns the parsing of a request's trailers and the list of fields that are no trailers. Never finds their end: `scan`
//! does. Called by: `decoder`, `encode`.

use crate::fields::{self, KnownField};
use crate::response::validate_field;
use crate::{Limits, Rejection, scan};

const FRAMING: Rejection = Rejection::bad_request("a framing or routing field stands in the trailer section");

/// Fields that RFC 9110 section 6.5.1 keeps out of trailers: framing, routing, request modifiers,
/// authentication, response control and content format. In lower case.
const FORBIDDEN: &[&str] = &[
    "age",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "retry-after",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "warning",
    "www-authenticate",
];

/// Must this field not be sent, nor believed, in a trailer section?
pub(crate) fn is_forbidden(name: &[u8]) -> bool {
    FORBIDDEN
        .iter()
        .any(|forbidden| name.eq_ignore_ascii_case(forbidden.as_bytes()))
}

/// May this field be sent, or believed, in a trailer section?
pub fn is_trailer(name: &[u8], value: &[u8]) -> bool {
    validate_field(name, value).is_ok() && !is_forbidden(name)
}

/// The fields of a trailer section: name as sent, and value.
pub type Trailers = Vec<(String, Vec<u8>)>;

/// Parses the trailer section at the start of `input`, `scanned` bytes of which were searched before.
/// `None`: its end is not there yet.
///
/// A second framing or a second host is refused, because somebody means it to be believed; other forbidden
/// fields are dropped, which RFC 9110 section 6.5.1 asks for.
pub(crate) fn parse_trailers(
    input: &[u8],
    scanned: &mut u32,
    limits: &Limits,
) -> Result<Option<(usize, Trailers)>, Rejection> {
    let mut trailers = Trailers::new();
    if input.starts_with(b"\r\n") {
        return Ok(Some((2, trailers)));
    }
    let window_bytes_max = limits.trailer_bytes_max.saturating_add(2);
    let window = scan::window(input, window_bytes_max);
    let Some(end) = scan::find_end(window, scanned)? else {
        return if window.len() < window_bytes_max {
            Ok(None)
        } else {
            Err(Rejection::TRAILERS_TOO_LARGE)
        };
    };
    fields::walk_section(&window[..end], limits.fields_max, |field| {
        match KnownField::of(field.name) {
            Some(KnownField::ContentLength | KnownField::Host | KnownField::TransferEncoding) => {
                return Err(FRAMING);
            }
            _ if is_forbidden(field.name.as_bytes()) => {}
            _ => trailers.push((field.name.to_owned(), field.value.to_vec())),
        }
        Ok(())
    })?;
    Ok(Some((end, trailers)))
}
