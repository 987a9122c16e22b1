//! Authority, path and query as the URL standard serialises them (<https://url.spec.whatwg.org>, "URL serializing").
//!
//! Owns the question whether they are in that form already, and brings the others into it, so that a route, a handler
//! that cuts a path out of `request.url` and one that parses it all see the same. Never reads requests; `parse` calls it
//! for those, and the runtime for paths that are configured. The form is that of the crate `url`, which is also what
//! `new URL()` in the application gives.

use std::net::Ipv4Addr;

use url::{Position, Url};

use crate::Rejection;
use crate::bytes::TargetBytes;

const NO_HOST: Rejection = Rejection::bad_request("the host is none that a URL can have");

/// An authority that is longer and not serialised is refused. Names have at most 253 characters (RFC 1035 section 2.3.4),
/// percent-encoded no more than thrice as many; the time that Punycode takes grows with the square of a name's length.
const UNUSUAL_AUTHORITY_BYTES_MAX: usize = 1024;

/// Brings a path with or without a query into its serialised form, `None`: it is. It begins with `/`; `seen` is what its
/// bytes, or those of the whole target, were seen to be.
pub(crate) fn path(path: &[u8], seen: TargetBytes) -> Option<String> {
    let is_unusual = seen.has_escaped() || (seen.has_dots() && has_dot_segment(path));
    match is_unusual {
        true => serialize_path(text(path)),
        false => None,
    }
}

/// Brings an authority, which is host and port by the grammar, into its serialised form, `None`: it is.
pub(crate) fn authority(authority: &[u8]) -> Result<Option<String>, Rejection> {
    if is_authority_serialized(authority) {
        return Ok(None);
    }
    if authority.len() > UNUSUAL_AUTHORITY_BYTES_MAX {
        return Err(NO_HOST);
    }
    serialize_authority(text(authority)).map(Some).ok_or(NO_HOST)
}

/// What was judged before is ASCII.
fn text(judged: &[u8]) -> &str {
    std::str::from_utf8(judged).unwrap_or_default()
}

/// A path, with its query if it has one, as a URL has it; `None`: it does not begin with `/`, or is none.
pub fn serialize_path(path: &str) -> Option<String> {
    let url = Url::parse(&format!("http://h{path}")).ok()?;
    let is_path = path.starts_with('/');
    is_path.then(|| url[Position::BeforePath..Position::AfterQuery].to_owned())
}

/// Host and port as an `http` URL has them; `None`: there is no such host.
pub fn serialize_authority(authority: &str) -> Option<String> {
    let url = Url::parse(&format!("http://{authority}/")).ok()?;
    Some(url[Position::BeforeHost..Position::AfterPort].to_owned())
}

/// Is there a segment that means this folder or the one above ("single-dot" and "double-dot URL path segment")?
fn has_dot_segment(target: &[u8]) -> bool {
    let path_bytes = memchr::memchr(b'?', target).unwrap_or(target.len());
    let path = &target[..path_bytes];
    memchr::memchr_iter(b'/', path).any(|slash| is_dot_segment(&path[slash + 1..]))
}

/// Does a segment that is nothing but one dot or two, each as it is or percent-encoded, stand at the start of this?
fn is_dot_segment(mut rest: &[u8]) -> bool {
    let mut dots = 0;
    loop {
        rest = match rest {
            [] | [b'/', ..] => return dots > 0,
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return false,
        };
        dots += 1;
        if dots > 2 {
            return false;
        }
    }
}

/// Would the URL parser change nothing? False also where it might only look closer.
fn is_authority_serialized(authority: &[u8]) -> bool {
    let (host, port) = match memchr::memchr(b':', authority) {
        Some(colon) => (&authority[..colon], Some(&authority[colon + 1..])),
        None => (authority, None),
    };
    port.is_none_or(is_port_serialized) && is_host_serialized(host)
}

/// Without leading zeros, and not that of `http`.
fn is_port_serialized(port: &[u8]) -> bool {
    port.first().is_some_and(|&first| first != b'0') && port.iter().all(u8::is_ascii_digit) && port != b"80"
}

fn is_host_serialized(host: &[u8]) -> bool {
    let is_plain = host
        .iter()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_'));
    if !is_plain {
        return false;
    }
    let mut labels = host.rsplit(|&byte| byte == b'.');
    // The last one tells addresses ("ends in a number"): only a name's begins with a letter.
    let is_named = labels
        .next()
        .is_some_and(|last| last.first().is_some_and(u8::is_ascii_lowercase));
    if is_named {
        // Punycode is checked.
        return host
            .split(|&byte| byte == b'.')
            .all(|label| !label.starts_with(b"xn--"));
    }
    is_ipv4_serialized(host)
}

/// Four decimal numbers without leading zeros; the standard takes other ways of writing an address as well.
fn is_ipv4_serialized(host: &[u8]) -> bool {
    std::str::from_utf8(host).is_ok_and(|host| host.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path_of(target: &str) -> String {
        let seen = TargetBytes::of(target.as_bytes()).expect("allowed bytes");
        path(target.as_bytes(), seen).unwrap_or_else(|| target.to_owned())
    }

    fn authority_of(given: &str) -> Option<String> {
        let changed = authority(given.as_bytes()).ok()?;
        Some(changed.unwrap_or_else(|| given.to_owned()))
    }

    #[test]
    fn paths() {
        for (given, expected) in [
            ("/", "/"),
            ("/a/b.txt?x=../y&z=%2e", "/a/b.txt?x=../y&z=%2e"),
            ("//x", "//x"),
            ("/x?", "/x?"),
            ("/.well-known/a", "/.well-known/a"),
            ("/...", "/..."),
            ("/a%2eb/c..", "/a%2eb/c.."),
            ("/%61%2Fb", "/%61%2Fb"),
            ("/%zz%", "/%zz%"),
            ("/public/../admin", "/admin"),
            ("/public/%2e%2E/admin", "/admin"),
            ("/public/.%2e/admin", "/admin"),
            ("/./admin", "/admin"),
            ("/admin/.", "/admin/"),
            ("/admin/..", "/"),
            ("/admin/%2E?x", "/admin/?x"),
            ("/../../etc/passwd", "/etc/passwd"),
            ("/a\\..\\b", "/b"),
            ("/\\h/b", "//h/b"),
            ("/\"q\"<>`{}", "/%22q%22%3C%3E%60%7B%7D"),
            ("/x?it's\"<>`{}\\", "/x?it%27s%22%3C%3E`{}\\"),
            ("/a|b[c]^;@:", "/a|b[c]^;@:"),
        ] {
            assert_eq!(path_of(given), expected, "{given}");
        }
        for none in ["", "a", "?a", "*"] {
            assert_eq!(serialize_path(none), None, "{none}");
        }
        assert_eq!(serialize_path("/ü b#c").as_deref(), Some("/%C3%BC%20b"));
    }

    #[test]
    fn authorities() {
        for (given, expected) in [
            ("h", Some("h")),
            ("example.org:8080", Some("example.org:8080")),
            ("EXAMPLE.Org", Some("example.org")),
            ("a_b.c-d", Some("a_b.c-d")),
            ("h:80", Some("h")),
            ("h:", Some("h")),
            ("h:0", Some("h:0")),
            ("h:0080", Some("h")),
            ("h:00443", Some("h:443")),
            ("127.0.0.1:3000", Some("127.0.0.1:3000")),
            ("127.1", Some("127.0.0.1")),
            ("0x7f.1", Some("127.0.0.1")),
            ("017700000001", Some("127.0.0.1")),
            ("2130706433", Some("127.0.0.1")),
            ("1.2.3.4.", Some("1.2.3.4")),
            ("1.2.3.256", None),
            ("1.2.3.09", None),
            ("a.1", None),
            ("a.b.", Some("a.b.")),
            ("1a.b2", Some("1a.b2")),
            ("[::1]:8080", Some("[::1]:8080")),
            ("[0:0::0001]", Some("[::1]")),
            ("[::ffff:1.2.3.4]", Some("[::ffff:102:304]")),
            ("%41%42", Some("ab")),
            ("m%C3%BCnchen.de", Some("xn--mnchen-3ya.de")),
            ("xn--mnchen-3ya.de", Some("xn--mnchen-3ya.de")),
            ("xn--a", None),
            ("a%00b", None),
            ("a%2Fb", None),
            ("a%25b", None),
            ("%C3", None),
            ("x!$&'()*+;=y", Some("x!$&'()*+;=y")),
        ] {
            assert_eq!(authority_of(given).as_deref(), expected, "{given}");
        }
        let long = "%C3%BC".repeat(200);
        assert_eq!(authority_of(&long), None);
    }

    proptest! {
        /// What is taken as it is, is what the parser gives.
        #[test]
        fn nothing_that_the_parser_changes_is_taken_as_it_is(
            tail in "[!-\"$-~]{0,12}", dots in "(/(\\.|%2e|%2E|%|a|\\\\|\\?){0,4}){1,4}"
        ) {
            for given in [format!("/{tail}"), dots] {
                prop_assert_eq!(&path_of(&given), &serialize_path(&given).expect("a path"));
                prop_assert_eq!(serialize_path(&path_of(&given)), Some(path_of(&given)));
            }
        }

        #[test]
        fn no_authority_that_the_parser_changes_is_taken_as_it_is(
            labels in "([a-z0-9A-Z_-]{0,3}|xn--[a-z0-9]{0,3}|0x[0-9a-g]{0,2}|[0-9]{1,3}|%41)(\\.([a-z0-9_-]{0,3}|0x[0-9a-g]{0,2}|[0-9]{1,3})){0,4}",
            port in "(:[0-9]{0,4})?"
        ) {
            let given = format!("{labels}{port}");
            if crate::host::is_authority(given.as_bytes()) {
                prop_assert_eq!(authority_of(&given), serialize_authority(&given));
            }
        }
    }
}
