//! Responses as bytes (RFC 9112 sections 4, 5 and 7.1).
//!
//! Owns the spelling. Never decides framing; `response` did. Callers own the buffer and send it. Called by:
//! `howth_connection`, `interim`.

use crate::{
    Date, Field, Framing, RequestFacts, ResponseHead, ResponsePlan, Version, is_forwarded, status, trailers,
};

/// The interim response a client waits for that expects it (RFC 9110 section 15.2.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Enough for the status line and the fields this server adds, in bytes.
const OWN_BYTES: usize = 192;

/// Appends a status line, the fields and the empty line.
///
/// The head must be one that [`plan_response`](crate::plan_response) took. Adds `date` unless the application
/// set one, `content-length` or `transfer-encoding` as planned, and `connection` where the version's default is
/// not what happens (RFC 9112 section 9.3). Of 426 the `upgrade` field is sent as well, which says what to ask for (RFC 9110
/// section 15.5.22), and is named in `connection` (section 7.8).
pub fn encode_head(
    out: &mut Vec<u8>,
    request: RequestFacts,
    head: &ResponseHead<'_>,
    plan: &ResponsePlan,
    date: &Date,
) {
    let fields_bytes: usize = head
        .fields
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    out.reserve(OWN_BYTES + fields_bytes);
    status::push_line(out, head.status, head.reason);
    let is_upgrade = |name: &[u8]| head.status == 426 && name.eq_ignore_ascii_case(b"upgrade");
    let (mut has_date, mut names_protocol) = (false, false);
    for &(name, value) in head.fields {
        if is_forwarded(name) {
            has_date |= name.len() == 4 && name.eq_ignore_ascii_case(b"date");
            push_field(out, name, value);
        } else if is_upgrade(name) {
            names_protocol = true;
            push_field(out, name, value);
        }
    }
    if names_protocol {
        out.extend_from_slice(b"connection: upgrade\r\n");
    }
    if !has_date {
        out.extend_from_slice(date.line());
    }
    if let Some(bytes) = plan.content_length {
        out.extend_from_slice(b"content-length: ");
        out.extend_from_slice(itoa::Buffer::new().format(bytes).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if plan.framing == Framing::Chunked {
        out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    match (plan.keep_alive, request.version) {
        (false, _) => out.extend_from_slice(b"connection: close\r\n"),
        (true, Version::Http10) => out.extend_from_slice(b"connection: keep-alive\r\n"),
        (true, Version::Http11 | Version::Http2) => {}
    }
    out.extend_from_slice(b"\r\n");
}

/// What ends a chunk (RFC 9112 section 7.1).
pub const CHUNK_END: &[u8] = b"\r\n";

/// Appends one chunk (RFC 9112 section 7.1). No data: nothing, because an empty chunk would be the last.
pub fn encode_chunk(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    out.reserve(data.len() + 20);
    encode_chunk_start(out, data.len());
    out.extend_from_slice(data);
    out.extend_from_slice(CHUNK_END);
}

/// Appends what precedes the data of a chunk of so many bytes, which must not be none; [`CHUNK_END`] follows them.
pub fn encode_chunk_start(out: &mut Vec<u8>, bytes: usize) {
    debug_assert!(bytes > 0, "an empty chunk is the last");
    push_hexadecimal(out, bytes);
    out.extend_from_slice(b"\r\n");
}

/// Appends the last chunk and the trailer section. Fields that must not be trailers (RFC 9110 section 6.5.1), or
/// that are malformed, are left out.
pub fn encode_last_chunk(out: &mut Vec<u8>, trailers: &[Field<'_>]) {
    out.extend_from_slice(b"0\r\n");
    for &(name, value) in trailers {
        if trailers::is_trailer(name, value) {
            push_field(out, name, value);
        }
    }
    out.extend_from_slice(b"\r\n");
}

pub(crate) fn push_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn push_hexadecimal(out: &mut Vec<u8>, number: usize) {
    let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (digit * 4)) & 15]);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::plan_response;

    fn encoded(status: u16, version: Version, keep_alive: bool) -> String {
        let request = RequestFacts {
            version,
            is_head: false,
            is_connect: false,
            keep_alive,
        };
        let head = ResponseHead {
            status,
            reason: None,
            fields: &[(b"Upgrade", b"websocket"), (b"a", b"b")],
        };
        let plan = plan_response(request, &head, Some(0), false).expect("a head");
        let mut out = Vec::new();
        encode_head(
            &mut out,
            request,
            &head,
            &plan,
            &Date::new(SystemTime::UNIX_EPOCH),
        );
        String::from_utf8(out).expect("ASCII")
    }

    /// RFC 9110 sections 15.5.22 and 7.8.
    #[test]
    fn a_client_is_told_which_protocol_it_has_to_ask_for() {
        let named = "Upgrade: websocket\r\na: b\r\nconnection: upgrade\r\n";
        for (version, keep_alive, persistence) in [
            (Version::Http11, true, ""),
            (Version::Http11, false, "connection: close\r\n"),
            (Version::Http10, true, "connection: keep-alive\r\n"),
        ] {
            let answer = encoded(426, version, keep_alive);
            assert!(answer.contains(named), "{answer}");
            assert!(
                answer.ends_with(&format!("content-length: 0\r\n{persistence}\r\n")),
                "{answer}"
            );
        }
        for status in [200, 400, 503] {
            let answer = encoded(status, Version::Http11, true);
            assert!(
                !answer.contains("Upgrade: ") && !answer.contains("connection"),
                "{answer}"
            );
        }
    }
}
