//! Every way to refuse a request before an application sees it, and the bytes of the refusal.
//!
//! Owns [`Rejection`]. Never decides: the rules live beside what they judge and name their reason there. Called by:
//! those, and `howth_connection`, which sends the bytes.

use crate::{Date, status};

/// What a 405 says is allowed (RFC 9110 section 15.5.6): only CONNECT is refused by its method alone; every other one is
/// the application's, and these are those that are registered and common.
const ALLOW: &[u8] = b"allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";

/// A refused request: the connection is closed after the answer, because nothing behind the fault can be
/// trusted to begin a message (RFC 9112 section 2.2, 6.3, 9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The status code of the answer.
    pub status: u16,
    /// What was wrong, in one line of visible ASCII and spaces; it is the body of the answer.
    pub reason: &'static str,
}

impl Rejection {
    /// 400 without a more exact reason.
    pub const BAD_REQUEST: Rejection = Rejection::bad_request("the request is malformed");
    /// 400: the client ended its side in the middle of a request's head.
    pub const BROKE_OFF: Rejection = Rejection::bad_request("the request broke off");
    /// 400: the method is no token (RFC 9110 section 9.1).
    pub const BAD_METHOD: Rejection = Rejection::bad_request("the method is not a token");
    /// 405: a request for a tunnel, which is a proxy's to open (RFC 9110 section 9.3.6).
    pub const CONNECT_REFUSED: Rejection = Rejection::new(405, "this server is no proxy: it opens no tunnel");
    /// 408: the request took longer than the server waits (RFC 9110 section 15.5.9).
    pub const REQUEST_TIMEOUT: Rejection = Rejection::new(408, "the request did not arrive in time");
    /// 413: the body is longer than `body_bytes_max` (RFC 9110 section 15.5.14).
    pub const CONTENT_TOO_LARGE: Rejection = Rejection::new(413, "the request body is too large");
    /// 414: the target is longer than `target_bytes_max` (RFC 9110 section 15.5.15).
    pub const URI_TOO_LONG: Rejection = Rejection::new(414, "the request target is too long");
    /// 417: an expectation other than 100-continue (RFC 9110 section 10.1.1).
    pub const EXPECTATION_FAILED: Rejection = Rejection::new(417, "the expectation cannot be met");
    /// 431: the head is longer than `head_bytes_max` (RFC 6585 section 5).
    pub const HEAD_TOO_LARGE: Rejection = Rejection::new(431, "the request head is too large");
    /// 431: more field lines than `fields_max` (RFC 6585 section 5).
    pub const TOO_MANY_FIELDS: Rejection = Rejection::new(431, "the request has too many fields");
    /// 431: the trailer section is longer than `trailer_bytes_max` (RFC 6585 section 5).
    pub const TRAILERS_TOO_LARGE: Rejection = Rejection::new(431, "the trailer section is too large");
    /// 500: the application failed before it began an answer.
    pub const INTERNAL_SERVER_ERROR: Rejection = Rejection::new(500, "the server failed to answer");
    /// 501: a transfer coding other than chunked (RFC 9112 section 6.1).
    pub const NOT_IMPLEMENTED: Rejection = Rejection::new(501, "the transfer coding is not implemented");
    /// 501: a method longer than any that is implemented (RFC 9112 section 3).
    pub const METHOD_TOO_LONG: Rejection = Rejection::new(501, "the method is not implemented");
    /// 503: the server is overloaded, stopping, or its application took too long.
    pub const SERVICE_UNAVAILABLE: Rejection = Rejection::new(503, "the server cannot answer now");
    /// 505: a major version other than 1 (RFC 9110 section 15.6.6).
    pub const VERSION_NOT_SUPPORTED: Rejection = Rejection::new(505, "the HTTP version is not supported");

    /// 400 with a reason of its own.
    pub(crate) const fn bad_request(reason: &'static str) -> Rejection {
        Rejection::new(400, reason)
    }

    /// HTTP in clear text, where TLS is spoken.
    pub const CLEAR_TEXT: Rejection = Rejection::new(
        400,
        "this port speaks HTTPS: ask again with https:// in the address",
    );

    const fn new(status: u16, reason: &'static str) -> Rejection {
        Rejection { status, reason }
    }

    /// Appends the whole answer: head with `connection: close`, and [`body`](Self::body).
    pub fn encode(&self, date: &Date, out: &mut Vec<u8>) {
        status::push_line(out, self.status, None);
        if self.status == 405 {
            out.extend_from_slice(ALLOW);
        }
        out.extend_from_slice(b"connection: close\r\ncontent-type: text/plain\r\ncontent-length: ");
        out.extend_from_slice(itoa::Buffer::new().format(self.body().len()).as_bytes());
        out.extend_from_slice(b"\r\ndate: ");
        out.extend_from_slice(date.as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(self.body().as_bytes());
    }

    /// The body of the answer: one line that says what was wrong.
    pub fn body(&self) -> &'static str {
        self.reason
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.status, self.reason)
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn the_answer_is_whole_and_closes() {
        let mut out = Vec::new();
        Rejection::URI_TOO_LONG.encode(&Date::new(UNIX_EPOCH), &mut out);
        let expected = "HTTP/1.1 414 URI Too Long\r\nconnection: close\r\ncontent-type: text/plain\r\n\
            content-length: 30\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nthe request target is too long";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(
            Rejection::URI_TOO_LONG.to_string(),
            "414 the request target is too long"
        );
    }

    #[test]
    fn what_is_not_allowed_says_what_is() {
        let mut out = Vec::new();
        Rejection::CONNECT_REFUSED.encode(&Date::new(UNIX_EPOCH), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD, "),
            "{text}"
        );
        assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
    }
}
