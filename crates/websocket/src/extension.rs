//! Which compression client and server agree upon (RFC 7692 sections 5 and 7.1).
//!
//! Owns the reading of offers and the answer. Never compresses. Called by: `handshake`, and whoever answers one.

/// The smallest window that deflate is made with here. RFC 7692 section 7.1.2.1 lets a client ask for 8 too; an offer that does
/// is declined.
const WINDOW_BITS_MIN: u8 = 9;
const WINDOW_BITS_MAX: u8 = 15;

/// What was agreed upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    /// The server's window, as a power of two.
    pub server_window_bits: u8,
    /// Each message of the server stands by itself.
    pub server_no_context_takeover: bool,
    /// Each message of the client does.
    pub client_no_context_takeover: bool,
    /// The client has asked for a window.
    names_window: bool,
}

/// Takes the first of the offers that can be taken. `keeps_context`: messages may refer to those before, if the client lets the
/// server's; else they may not, so that no memory is needed for a connection that is silent.
///
/// `offers`: the values of all `sec-websocket-extensions` fields (RFC 6455 section 9.1).
pub fn agree<'a>(offers: impl IntoIterator<Item = &'a [u8]>, keeps_context: bool) -> Option<Compression> {
    offers
        .into_iter()
        .flat_map(|value| split(value, b','))
        .find_map(|offer| take(offer, keeps_context))
}

impl Compression {
    /// The value of the answer's `sec-websocket-extensions` field.
    pub fn answer(&self) -> String {
        let mut answer = "permessage-deflate".to_owned();
        if self.server_no_context_takeover {
            answer.push_str("; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            answer.push_str("; client_no_context_takeover");
        }
        if self.names_window {
            answer.push_str(&format!("; server_max_window_bits={}", self.server_window_bits));
        }
        answer
    }
}

/// RFC 7692 section 7.1: an offer with a parameter that is unknown, given twice or invalid is declined.
fn take(offer: &[u8], keeps_context: bool) -> Option<Compression> {
    let mut parts = split(offer, b';');
    if !parts.next()?.eq_ignore_ascii_case(b"permessage-deflate") {
        return None;
    }
    let (mut server_no, mut client_no, mut server_window, mut client_window) = (None, None, None, None);
    for part in parts {
        let (name, value) = match part.iter().position(|&byte| byte == b'=') {
            Some(at) => (
                part[..at].trim_ascii(),
                Some(unquoted(part[at + 1..].trim_ascii())),
            ),
            None => (part, None),
        };
        let (place, value) = match (name, value) {
            (b"server_no_context_takeover", None) => (&mut server_no, 0),
            (b"client_no_context_takeover", None) => (&mut client_no, 0),
            (b"server_max_window_bits", Some(bits)) => (&mut server_window, window_bits(bits)?),
            (b"client_max_window_bits", None) => (&mut client_window, WINDOW_BITS_MAX),
            (b"client_max_window_bits", Some(bits)) => (&mut client_window, window_bits(bits)?),
            _ => return None,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let server_window_bits = server_window.unwrap_or(WINDOW_BITS_MAX);
    (server_window_bits >= WINDOW_BITS_MIN).then_some(Compression {
        server_window_bits,
        server_no_context_takeover: !keeps_context || server_no.is_some(),
        // RFC 7692 section 7.1.1.2: the server may say so unasked.
        client_no_context_takeover: !keeps_context || client_no.is_some(),
        names_window: server_window.is_some(),
    })
}

/// RFC 7692 section 7.1.2: a decimal from 8 to 15 without leading zeros.
fn window_bits(value: &[u8]) -> Option<u8> {
    match value {
        b"8" => Some(8),
        b"9" => Some(9),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
        _ => None,
    }
}

/// Members without the space around them; a separator within quotes is none.
fn split(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    value
        .split(move |&byte| {
            is_quoted ^= byte == b'"';
            byte == separator && !is_quoted
        })
        .map(<[u8]>::trim_ascii)
}

fn unquoted(value: &[u8]) -> &[u8] {
    value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offer: &str, keeps_context: bool) -> Option<String> {
        agree([offer.as_bytes()], keeps_context).map(|agreed| agreed.answer())
    }

    #[test]
    fn offers_are_taken() {
        let none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "Permessage-Deflate;client_max_window_bits=10",
            "x-other; a=\"b, permessage-deflate\", permessage-deflate",
            "permessage-deflate; unknown, permessage-deflate",
        ] {
            assert_eq!(answer(offer, false).as_deref(), Some(none), "{offer}");
        }
        assert_eq!(
            answer("permessage-deflate; client_max_window_bits", true).as_deref(),
            Some("permessage-deflate")
        );
        assert_eq!(
            answer(
                "permessage-deflate; server_max_window_bits=\"10\"; server_no_context_takeover",
                true
            )
            .as_deref(),
            Some("permessage-deflate; server_no_context_takeover; server_max_window_bits=10")
        );
    }

    #[test]
    fn offers_that_cannot_be_taken_are_declined() {
        for offer in [
            "",
            "x-webkit-deflate-frame",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; level=9",
        ] {
            assert_eq!(answer(offer, false), None, "{offer}");
        }
    }
}
