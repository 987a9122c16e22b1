//! Which requests may be answered from what is kept.
//!
//! Owns what a request's head says about that. Called by: `layer`.

use howth_http1::{BodyLength, RequestHead};

use crate::settings::Settings;

/// How a request meets the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It goes past: its method is another.
    OtherMethod,
    /// It goes past: its response is for its client alone, or depends on more than is looked at.
    Past,
    /// It is answered if it can be.
    Asks {
        /// It has conditions.
        is_conditional: bool,
        /// The response to it may be kept, and others may wait for it.
        leads: bool,
    },
}

impl Manner {
    pub(crate) fn of(head: &RequestHead, settings: &Settings) -> Self {
        let (method, authority, path) = head.request_bytes();
        if !matches!(method, b"GET" | b"HEAD") {
            return Manner::OtherMethod;
        }
        // What a body says is not in the key.
        let has_body = !matches!(head.body(), BodyLength::None | BodyLength::Known(0));
        if has_body || head.upgrade().is_some() || !path.starts_with(b"/") {
            return Manner::Past;
        }
        let (mut is_conditional, mut is_part) = (false, false);
        for (name, value) in head.fields() {
            let is = |other: &str| name.eq_ignore_ascii_case(other);
            match name.len() {
                // Programs see the field as it was sent, and the key has what the target says (RFC 9112 section 3.2.2).
                4 if is("host") && !value.eq_ignore_ascii_case(authority.unwrap_or_default()) => {
                    return Manner::Past;
                }
                5 if is("range") => is_part = true,
                6 if is("cookie") && !settings.varies_by("cookie") => return Manner::Past,
                8 if is("if-match") || is("if-range") => is_conditional = true,
                13 if is("authorization") => return Manner::Past,
                13 if is("if-none-match") => is_conditional = true,
                17 if is("if-modified-since") => is_conditional = true,
                19 if is("if-unmodified-since") => is_conditional = true,
                _ => {}
            }
        }
        Manner::Asks {
            is_conditional,
            leads: method == b"GET" && !is_part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::{head, settings};
    use crate::query::Query;

    #[test]
    fn requests_go_past_or_ask() {
        let own = settings(&[], Query::Whole);
        let asks = |is_conditional, leads| Manner::Asks {
            is_conditional,
            leads,
        };
        for (fields, expected) in [
            ("", asks(false, true)),
            ("Authorization: a\r\n", Manner::Past),
            ("cookie: a=b\r\n", Manner::Past),
            ("content-length: 0\r\n", asks(false, true)),
            ("content-length: 1\r\n", Manner::Past),
            ("transfer-encoding: chunked\r\n", Manner::Past),
            ("connection: upgrade\r\nupgrade: websocket\r\n", Manner::Past),
            ("range: bytes=0-1\r\n", asks(false, false)),
            ("if-none-match: \"a\"\r\n", asks(true, true)),
            (
                "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                asks(true, true),
            ),
        ] {
            assert_eq!(Manner::of(&head("/", fields), &own), expected, "{fields}");
        }
        let text = |target: &str, host: &str| {
            let text = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n");
            let mut head = RequestHead::new();
            let limits = howth_http1::Limits::default();
            let decoded = howth_http1::Decoder::new().decode(text.as_bytes(), &limits, &mut head);
            decoded.expect("a request");
            Manner::of(&head, &own)
        };
        assert_eq!(text("http://a/", "A"), asks(false, true));
        assert_eq!(text("http://a/", "evil"), Manner::Past);
        assert_eq!(text("/", "a:80"), Manner::Past);
        let by_cookie = settings(&["cookie"], Query::Whole);
        assert_eq!(
            Manner::of(&head("/", "cookie: a=b\r\n"), &by_cookie),
            asks(false, true)
        );
    }
}
