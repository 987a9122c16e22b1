//! Responses that end no exchange: interim ones, and those by which a connection changes its protocol.
//!
//! Owns what their heads may hold (RFC 9110 sections 7.8, 9.3.6 and 15.2) and their spelling. Never decides when they are
//! sent. Called by: `howth_connection`.

use crate::connection::members;
use crate::encode::push_field;
use crate::response::validate_head;
use crate::{Date, InvalidResponse, RequestFacts, ResponseHead, is_forwarded, status};

/// Appends an interim response. What a final response says of its content is left out: an interim one has none (RFC 9110
/// section 8.6, RFC 9112 section 6.1).
///
/// # Errors
/// The status is not between 100 and 199, or is 101, by which [`encode_switch`] changes the protocol; or the head holds
/// something that would break the message apart. Nothing was appended.
pub fn encode_interim(out: &mut Vec<u8>, head: &ResponseHead<'_>) -> Result<(), InvalidResponse> {
    if !(100..=199).contains(&head.status) || head.status == 101 {
        return Err(InvalidResponse::Interim);
    }
    validate_head(head)?;
    status::push_line(out, head.status, head.reason);
    for &(name, value) in head.fields {
        if is_forwarded(name) {
            push_field(out, name, value);
        }
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Appends the head behind which the connection is a tunnel: 101 to a request that asks for it (RFC 9110 section 7.8), or a
/// successful answer to CONNECT (section 9.3.6).
///
/// # Errors
/// The status is another; 101 names no protocol in an `upgrade` field (section 15.2.2), or one that is not among those the
/// client `offered` (section 7.8); or the head holds something that would break the message apart. Nothing was appended.
pub fn encode_switch(
    out: &mut Vec<u8>,
    request: RequestFacts,
    offered: Option<&str>,
    head: &ResponseHead<'_>,
    date: &Date,
) -> Result<(), InvalidResponse> {
    let is_upgrade = |name: &[u8]| name.eq_ignore_ascii_case(b"upgrade");
    match request.is_connect {
        true if (200..=299).contains(&head.status) => {}
        false if head.status == 101 => {}
        _ => return Err(InvalidResponse::Switch),
    }
    if !request.is_connect {
        let mut chosen = head.fields.iter().filter(|(name, _)| is_upgrade(name)).peekable();
        let is_offered = |protocol: &[u8]| {
            let offered = members(offered.unwrap_or_default().as_bytes());
            let mut offered = offered.filter(|member| !member.is_empty());
            offered.any(|member| member.eq_ignore_ascii_case(protocol))
        };
        let is_chosen = chosen.peek().is_some();
        if !is_chosen || !chosen.all(|(_, value)| members(value).all(is_offered)) {
            return Err(InvalidResponse::Switch);
        }
    }
    validate_head(head)?;
    status::push_line(out, head.status, head.reason);
    let mut has_date = false;
    for &(name, value) in head.fields {
        if is_forwarded(name) || (is_upgrade(name) && !request.is_connect) {
            has_date |= name.eq_ignore_ascii_case(b"date");
            push_field(out, name, value);
        }
    }
    if !request.is_connect {
        out.extend_from_slice(b"connection: upgrade\r\n");
    }
    if !has_date {
        out.extend_from_slice(date.line());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{Field, Version};

    fn head<'a>(status: u16, fields: &'a [Field<'a>]) -> ResponseHead<'a> {
        ResponseHead {
            status,
            reason: None,
            fields,
        }
    }

    fn request(is_connect: bool) -> RequestFacts {
        RequestFacts {
            version: Version::Http11,
            is_head: false,
            is_connect,
            keep_alive: true,
        }
    }

    #[test]
    fn an_interim_response_has_its_own_fields_and_no_content() {
        let mut out = Vec::new();
        let fields: &[Field<'_>] = &[
            (b"link", b"</a.css>; rel=preload"),
            (b"content-length", b"3"),
            (b"Transfer-Encoding", b"chunked"),
        ];
        assert_eq!(encode_interim(&mut out, &head(103, fields)), Ok(()));
        assert_eq!(
            out,
            b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n"
        );
    }

    #[test]
    fn what_is_no_interim_response_is_refused_and_nothing_is_written() {
        let mut out = Vec::new();
        for status in [0, 99, 101, 200] {
            let refused = encode_interim(&mut out, &head(status, &[]));
            assert_eq!(refused, Err(InvalidResponse::Interim), "{status}");
        }
        let split: &[Field<'_>] = &[(b"link", b"a\r\nb: c")];
        assert_eq!(
            encode_interim(&mut out, &head(103, split)),
            Err(InvalidResponse::FieldValue)
        );
        assert!(out.is_empty());
    }

    #[test]
    fn a_switch_names_its_protocol() {
        let (mut out, date) = (Vec::new(), Date::new(SystemTime::UNIX_EPOCH));
        let fields: &[Field<'_>] = &[(b"Upgrade", b"websocket"), (b"connection", b"close")];
        assert_eq!(
            encode_switch(
                &mut out,
                request(false),
                Some("h2c, WebSocket"),
                &head(101, fields),
                &date
            ),
            Ok(())
        );
        let text = String::from_utf8(out).expect("text");
        assert!(text.starts_with(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nconnection: upgrade\r\ndate: "
        ));
        assert!(text.ends_with("\r\n\r\n") && !text.contains("close"));
    }

    #[test]
    fn a_tunnel_is_a_successful_answer_to_connect() {
        let (mut out, date) = (Vec::new(), Date::new(SystemTime::UNIX_EPOCH));
        let mut switch =
            |facts, head: &ResponseHead<'_>| encode_switch(&mut out, facts, Some("x"), head, &date).is_ok();
        assert!(!switch(request(false), &head(101, &[])));
        assert!(!switch(request(false), &head(101, &[(b"upgrade", b"another")])));
        assert!(!switch(request(false), &head(200, &[])));
        assert!(!switch(request(true), &head(101, &[(b"upgrade", b"x")])));
        assert!(!switch(request(true), &head(404, &[])));
        assert!(switch(request(true), &head(200, &[])));
        assert!(out.starts_with(b"HTTP/1.1 200 OK\r\ndate: "));
    }
}
