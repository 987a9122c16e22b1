//! How the head of a request crosses into JavaScript: as one string and three numbers.
//!
//! The string: the method, unless it is one that has a number; the URL, serialised, or the request target as it was sent; the
//! field section as it was received. One copy for everything a program may read, now or after the exchange is over. `js/server/inner_request.js` cuts it up.

use deno_core::v8;
use howth_http1::RequestHead;
use howth_javascript::server::METHODS;

/// What tells the parts of the string apart, and what is known beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The method's place in the table.
    pub(super) method: u32,
    /// The bytes of a method that has no number.
    pub(super) method_bytes: u32,
    /// The bytes of the URL.
    pub(super) url_bytes: u32,
    /// Where the path of the URL begins; does not cross.
    pub(super) path_at: u32,
    /// The number of the route's handler.
    pub(super) route: u32,
    /// Which number is the first of its parameters.
    pub(super) parameters: u32,
    /// The listener's number.
    pub(super) listener: u32,
    /// Slot and generation of the connection, where they are wanted.
    pub(super) connection: (u32, u32),
    /// The [facts](super::encoded_ops::facts), where they are wanted.
    pub(super) facts: u32,
}

/// Writes what the head says over `text`. `authority` is that of requests without one of their own. `is_secure`: the
/// client has asked by TLS.
pub(super) fn write(text: &mut Vec<u8>, head: &RequestHead, authority: &str, is_secure: bool) -> Said {
    let (_, own, path) = head.request_bytes();
    let method = write_method(text, head);
    let method_bytes = text.len();
    // Of CONNECT and OPTIONS * there is no path.
    let path = if head.is_connect() || path == b"*" {
        b""
    } else {
        path
    };
    let own = own.filter(|own| !own.is_empty());
    push_url(text, own.unwrap_or(authority.as_bytes()), path, is_secure);
    let url_bytes = text.len() - method_bytes;
    let path_at = text.len() - path.len();
    text.extend_from_slice(head.field_section());
    Said {
        method,
        method_bytes: method_bytes as u32,
        url_bytes: url_bytes as u32,
        path_at: path_at as u32,
        ..Said::default()
    }
}

/// Writes what the head says over `text`, with the request target as it was sent.
pub(super) fn write_raw(text: &mut Vec<u8>, head: &RequestHead) -> Said {
    let method = write_method(text, head);
    let method_bytes = text.len();
    let target = head.target().as_bytes();
    text.extend_from_slice(target);
    text.extend_from_slice(head.field_section());
    Said {
        method,
        method_bytes: method_bytes as u32,
        url_bytes: target.len() as u32,
        ..Said::default()
    }
}

/// Writes a method that has no number, and gives the number of one that has.
fn write_method(text: &mut Vec<u8>, head: &RequestHead) -> u32 {
    text.clear();
    let (name, ..) = head.request_bytes();
    let number = METHODS.iter().position(|known| known.as_bytes() == name);
    if number.is_none() {
        text.extend_from_slice(name);
    }
    number.unwrap_or(0) as u32
}

/// The target URI of RFC 9112 section 3.3: scheme, authority, path and query.
fn push_url(text: &mut Vec<u8>, authority: &[u8], path: &[u8], is_secure: bool) {
    match is_secure {
        false => {
            text.extend_from_slice(b"http://");
            text.extend_from_slice(authority);
        }
        true => {
            text.extend_from_slice(b"https://");
            // The standard's port is not said.
            text.extend_from_slice(authority.strip_suffix(b":443").unwrap_or(authority));
        }
    }
    if !path.starts_with(b"/") {
        text.push(b'/');
    }
    text.extend_from_slice(path);
}

/// The text as a string of JavaScript; every byte is one character, as the Fetch standard has it.
pub(super) fn string<'s>(scope: &mut v8::PinScope<'s, '_>, text: &[u8]) -> v8::Local<'s, v8::Value> {
    match v8::String::new_from_one_byte(scope, text, v8::NewStringType::Normal) {
        Some(text) => text.into(),
        None => v8::undefined(scope).into(),
    }
}

#[cfg(test)]
mod tests {
    use howth_http1::{Decoder, Limits};

    use super::*;

    fn written(request: &str) -> (String, Said) {
        let mut head = RequestHead::new();
        Decoder::new()
            .decode(request.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        let mut text = b"what was there before".to_vec();
        let lengths = write(&mut text, &head, "own:1", false);
        (String::from_utf8(text).expect("ASCII"), lengths)
    }

    #[test]
    fn known_methods_are_numbers() {
        let (text, lengths) = written("POST /a?b HTTP/1.1\r\nHost: h\r\nX:  y \r\n\r\n");
        assert_eq!(text, "http://h/a?bHost: h\r\nX:  y \r\n");
        let expected = Said {
            method: 3,
            url_bytes: 12,
            path_at: 8,
            ..Said::default()
        };
        assert_eq!(lengths, expected);
    }

    #[test]
    fn other_methods_are_text() {
        let (text, lengths) = written("get / HTTP/1.0\r\n\r\n");
        assert_eq!(text, "gethttp://own:1/");
        assert_eq!((lengths.method, lengths.method_bytes), (0, 3));
    }

    #[test]
    fn targets_of_every_form() {
        for (request, url) in [
            ("GET http://a/b HTTP/1.1\r\nhost: h\r\n\r\n", "http://a/b"),
            ("GET http://a?b HTTP/1.1\r\nhost: h\r\n\r\n", "http://a/?b"),
            ("GET / HTTP/1.0\r\n\r\n", "http://own:1/"),
            ("OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n", "http://h/"),
            ("GET /x/../b HTTP/1.1\r\nhost: H:80\r\n\r\n", "http://h/b"),
            ("GET /%2e/b HTTP/1.0\r\n\r\n", "http://own:1/b"),
        ] {
            let (text, lengths) = written(request);
            assert_eq!(&text[..lengths.url_bytes as usize], url);
        }
    }
}
