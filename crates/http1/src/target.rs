//! The four forms of a request target (RFC 9112 section 3.2).
//!
//! Owns which form goes with which method and where its parts lie. Never decodes percent signs and never changes
//! anything: `serialized` does, of what was found to be valid here. Called by: `request_line`, `parse`.

use std::ops::Range;

use crate::bytes::TargetBytes;
use crate::{Rejection, host};

const CHARACTER: Rejection =
    Rejection::bad_request("the request target holds a character that is not allowed");
const FORM: Rejection = Rejection::bad_request("the request target has no valid form");
const AUTHORITY: Rejection = Rejection::bad_request("the request target's authority is malformed");
const CONNECT: Rejection = Rejection::bad_request("the target of CONNECT is not host:port");

/// A valid target. Ranges are byte offsets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `/path?query` (section 3.2.1).
    Origin,
    /// `http://authority/path?query` (section 3.2.2). The path may be empty, with or without a query.
    Absolute {
        authority: Range<usize>,
        path_start: usize,
    },
    /// `host:port`, with CONNECT (section 3.2.3).
    Authority,
    /// `*`, with OPTIONS (section 3.2.4).
    Asterisk,
}

impl Target {
    /// Every visible ASCII character but `#` is taken. RFC 3986 knows fewer, but browsers send `|`, `[`, `{`,
    /// `^` and the like as they are (the URL standard does not encode them in a query), and none of them can
    /// be mistaken for a delimiter of the message.
    pub fn parse(method: &[u8], target: &[u8]) -> Result<(Target, TargetBytes), Rejection> {
        if target.is_empty() {
            return Err(FORM);
        }
        let seen = TargetBytes::of(target).ok_or(CHARACTER)?;
        let form = match target {
            _ if method == b"CONNECT" => {
                if host::is_connect_target(target) {
                    Ok(Target::Authority)
                } else {
                    Err(CONNECT)
                }
            }
            [b'/', ..] => Ok(Target::Origin),
            b"*" if method == b"OPTIONS" => Ok(Target::Asterisk),
            _ => parse_absolute(target),
        };
        Ok((form?, seen))
    }
}

fn parse_absolute(target: &[u8]) -> Result<Target, Rejection> {
    // The scheme is case-insensitive (RFC 3986 section 3.1).
    let has_prefix = |prefix: &[u8]| {
        target
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let authority_start = if has_prefix(b"http://") {
        b"http://".len()
    } else if has_prefix(b"https://") {
        b"https://".len()
    } else {
        return Err(FORM);
    };
    let rest = &target[authority_start..];
    let path_start = authority_start + memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    let authority = authority_start..path_start;
    if !host::is_authority(&target[authority.clone()]) {
        return Err(AUTHORITY);
    }
    Ok(Target::Absolute {
        authority,
        path_start,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: &str, target: &str) -> Result<Target, Rejection> {
        Target::parse(method.as_bytes(), target.as_bytes()).map(|(form, _)| form)
    }

    #[test]
    fn forms() {
        for (method, target, expected) in [
            ("GET", "/", Ok(Target::Origin)),
            ("GET", "//a", Ok(Target::Origin)),
            ("GET", "/a|b[c]{d}^`\"<>\\%zz?x=/?", Ok(Target::Origin)),
            ("OPTIONS", "/", Ok(Target::Origin)),
            ("OPTIONS", "*", Ok(Target::Asterisk)),
            (
                "GET",
                "http://a",
                Ok(Target::Absolute {
                    authority: 7..8,
                    path_start: 8,
                }),
            ),
            (
                "GET",
                "HTTPS://a:1/b",
                Ok(Target::Absolute {
                    authority: 8..11,
                    path_start: 11,
                }),
            ),
            (
                "GET",
                "http://a?b/c",
                Ok(Target::Absolute {
                    authority: 7..8,
                    path_start: 8,
                }),
            ),
            ("CONNECT", "a:443", Ok(Target::Authority)),
            ("GET", "", Err(FORM)),
            ("GET", "*", Err(FORM)),
            ("options", "*", Err(FORM)),
            ("OPTIONS", "**", Err(FORM)),
            ("GET", "a", Err(FORM)),
            ("GET", "?a", Err(FORM)),
            ("GET", "a:443", Err(FORM)),
            ("GET", "\\a", Err(FORM)),
            ("GET", "ftp://a/", Err(FORM)),
            ("GET", "http:/a", Err(FORM)),
            ("GET", "http:", Err(FORM)),
            ("GET", "http://", Err(AUTHORITY)),
            ("GET", "http:///a", Err(AUTHORITY)),
            ("GET", "http://?a", Err(AUTHORITY)),
            ("GET", "http://:80/", Err(AUTHORITY)),
            ("GET", "http://u@a/", Err(AUTHORITY)),
            ("GET", "http://u:p@a/", Err(AUTHORITY)),
            ("GET", "http://a:b/", Err(AUTHORITY)),
            ("GET", "http://a\\b/", Err(AUTHORITY)),
            ("GET", "/#a", Err(CHARACTER)),
            ("GET", "http://a/#a", Err(CHARACTER)),
            ("GET", "/\u{e9}", Err(CHARACTER)),
            ("GET", "/a\tb", Err(CHARACTER)),
            ("GET", "/a b", Err(CHARACTER)),
            ("GET", "/\0", Err(CHARACTER)),
            ("GET", "/\x7f", Err(CHARACTER)),
            ("GET", "/\r", Err(CHARACTER)),
            ("CONNECT", "/", Err(CONNECT)),
            ("CONNECT", "*", Err(CONNECT)),
            ("CONNECT", "a", Err(CONNECT)),
            ("CONNECT", "http://a:443/", Err(CONNECT)),
        ] {
            assert_eq!(parse(method, target), expected, "{method} {target}");
        }
    }
}
