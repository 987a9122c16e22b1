//! Heads that did not come as lines: requests of HTTP/2, whose parts are known already.
//!
//! Owns how they get the shape of every other head, lines included, so that whoever reads a head needs not know how it came,
//! and the rules are the same. Never decompresses. Called by: `howth_connection`.

use crate::fields::{self, FieldLine, KnownField};
use crate::parse::{self, KnownFields};
use crate::request_line::RequestLine;
use crate::target::Target;
use crate::{BodyLength, Field, Limits, Rejection, RequestHead};

/// What is behind the target.
const VERSION: &[u8] = b" HTTP/2.0\r\n";

const FORM: Rejection = Rejection::bad_request("the path is neither a path nor an asterisk");
const AUTHORITY: Rejection = Rejection::bad_request("authority and host differ");
const VALUE: Rejection = Rejection::bad_request("a field value holds a control character");

/// The parts of a request that are no fields.
#[derive(Clone, Copy, Debug)]
pub struct RequestStart<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The path, or, of CONNECT, the authority.
    pub target: &'a [u8],
    /// What stands in the place of the Host field.
    pub authority: Option<&'a [u8]>,
    /// A body follows, whose length is not known unless a field says it.
    pub has_body: bool,
}

impl RequestHead {
    /// Makes a head of its parts. Field names are tokens in lower case, none is that of a connection (RFC 9113 section 8.2).
    ///
    /// # Errors
    ///
    /// What is wrong with it, for which HTTP/1.1 has the same answer; the head is left empty.
    pub fn assemble<'a>(
        &mut self,
        start: RequestStart<'a>,
        fields: impl Iterator<Item = Field<'a>> + Clone,
        limits: &Limits,
    ) -> Result<(), Rejection> {
        self.clear();
        let mut lines = Lines {
            bytes: self.take_bytes(),
            known: KnownFields::default(),
            fields: 0,
        };
        let judged = lines.write(start, fields, limits, self);
        let result = judged.and_then(|line| {
            let mut parts = lines.known.judge(&line, &lines.bytes, limits)?;
            if start.has_body && parts.body == BodyLength::None {
                parts.body = BodyLength::Chunked;
            }
            // RFC 9110 section 10.1.1: nothing is waited for where nothing follows.
            parts.expects_continue =
                lines.known.expects() && start.has_body && !matches!(parts.body, BodyLength::Known(0));
            let rewritten = parse::rewrite(&line, &parts, &lines.bytes)?;
            Ok((parts, rewritten))
        });
        match result {
            Ok((parts, rewritten)) => self.fill_assembled(lines.bytes, parts, &rewritten),
            Err(rejection) => {
                self.clear();
                return Err(rejection);
            }
        }
        Ok(())
    }
}

struct Lines {
    bytes: Vec<u8>,
    known: KnownFields,
    fields: usize,
}

impl Lines {
    fn write<'a>(
        &mut self,
        start: RequestStart<'a>,
        fields: impl Iterator<Item = Field<'a>> + Clone,
        limits: &Limits,
        head: &mut RequestHead,
    ) -> Result<RequestLine<'a>, Rejection> {
        let line = RequestLine::of_parts(start.method, start.target, limits)?;
        // RFC 9113 section 8.3.1.
        if matches!(line.form, Target::Absolute { .. }) {
            return Err(FORM);
        }
        self.bytes.extend_from_slice(start.method);
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(start.target);
        self.bytes.extend_from_slice(VERSION);
        if let Some(authority) = start.authority {
            self.field(b"host", authority, limits, head)?;
        }
        let mut cookie = None;
        for (name, value) in fields.clone() {
            match name {
                // RFC 9113 section 8.3.1: the authority is what counts, and a Host field says the same.
                b"host"
                    if start
                        .authority
                        .is_some_and(|authority| authority.eq_ignore_ascii_case(value)) => {}
                b"host" if start.authority.is_some() => return Err(AUTHORITY),
                // RFC 9113 section 8.2.3: its parts become one again, at the place of the first.
                b"cookie" if cookie.is_some() => {}
                b"cookie" => {
                    let parts = fields.clone().filter(|(name, _)| *name == b"cookie");
                    let parts: Vec<&[u8]> = parts.map(|(_, value)| value).collect();
                    let joined = cookie.insert(parts.join(&b"; "[..]));
                    self.field(name, joined, limits, head)?;
                }
                _ => self.field(name, value, limits, head)?,
            }
        }
        match self.bytes.len() > limits.head_bytes_max {
            true => Err(Rejection::HEAD_TOO_LARGE),
            false => Ok(line),
        }
    }

    fn field(
        &mut self,
        name: &[u8],
        value: &[u8],
        limits: &Limits,
        head: &mut RequestHead,
    ) -> Result<(), Rejection> {
        self.fields += 1;
        if self.fields > limits.fields_max {
            return Err(Rejection::TOO_MANY_FIELDS);
        }
        let is_control = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
        if value.iter().any(is_control) {
            return Err(VALUE);
        }
        let name_start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        let value_start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        head.push_field(
            parse::span(name_start, name.len()),
            parse::span(value_start, value.len()),
        );
        let name = std::str::from_utf8(name).unwrap_or_default();
        match KnownField::of(name) {
            None => Ok(()),
            Some(_) => self.known.add(
                0,
                &FieldLine {
                    name,
                    value: fields::trim_whitespace(value),
                    name_start,
                    value_start,
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    fn assemble(path: &str, fields: &[(&str, &str)]) -> Result<RequestHead, Rejection> {
        assemble_with("GET", path, Some("Example:80"), false, fields)
    }

    fn assemble_with(
        method: &str,
        target: &str,
        authority: Option<&str>,
        has_body: bool,
        fields: &[(&str, &str)],
    ) -> Result<RequestHead, Rejection> {
        let mut head = RequestHead::new();
        let start = RequestStart {
            method: method.as_bytes(),
            target: target.as_bytes(),
            authority: authority.map(str::as_bytes),
            has_body,
        };
        let fields = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        head.assemble(start, fields, &Limits::default())?;
        Ok(head)
    }

    #[test]
    fn a_head_looks_like_any_other() {
        let head = assemble("/a/../b?c", &[("accept", "*/*"), ("x", "y")]).unwrap();
        assert_eq!(
            (head.method(), head.path(), head.authority()),
            ("GET", "/b?c", Some("example"))
        );
        assert_eq!((head.target(), head.version()), ("/a/../b?c", Version::Http2));
        assert_eq!(
            head.field_section(),
            b"host: Example:80\r\naccept: */*\r\nx: y\r\n"
        );
        assert_eq!((head.field("x"), head.fields_len()), (Some(&b"y"[..]), 3));
        assert!(head.keep_alive() && !head.is_connect() && head.upgrade().is_none());
        assert_eq!(head.body(), BodyLength::None);
    }

    #[test]
    fn a_body_is_as_long_as_it_says() {
        let body = |fields: &[(&str, &str)], has_body| {
            assemble_with("POST", "/", Some("h"), has_body, fields)
                .map(|head| (head.body(), head.expects_continue()))
        };
        assert_eq!(body(&[], true), Ok((BodyLength::Chunked, false)));
        assert_eq!(
            body(&[("content-length", "3")], true),
            Ok((BodyLength::Known(3), false))
        );
        assert_eq!(
            body(&[("expect", "100-continue")], true),
            Ok((BodyLength::Chunked, true))
        );
        assert_eq!(
            body(&[("expect", "100-continue")], false),
            Ok((BodyLength::None, false))
        );
        assert_eq!(
            body(&[("content-length", "3"), ("content-length", "3")], true)
                .unwrap_err()
                .status,
            400
        );
        assert_eq!(
            body(&[("content-length", "999999999999")], true)
                .unwrap_err()
                .status,
            413
        );
        assert_eq!(body(&[("expect", "more")], true).unwrap_err().status, 417);
    }

    #[test]
    fn parts_of_a_cookie_are_one_again() {
        let head = assemble(
            "/",
            &[
                ("cookie", "a=b"),
                ("x", "y"),
                ("cookie", "c=d"),
                ("cookie", "e=f"),
            ],
        )
        .unwrap();
        assert_eq!(head.field("cookie"), Some(&b"a=b; c=d; e=f"[..]));
        assert_eq!(head.fields_len(), 3);
    }

    #[test]
    fn authority_and_host_are_the_same() {
        assert!(assemble("/", &[("host", "example:80")]).is_ok());
        assert_eq!(assemble("/", &[("host", "other")]).unwrap_err(), AUTHORITY);
        let head = assemble_with("GET", "/", None, false, &[("host", "h")]).unwrap();
        assert_eq!((head.authority(), head.fields_len()), (Some("h"), 1));
        assert_eq!(
            assemble_with("GET", "/", None, false, &[]).unwrap_err().status,
            400
        );
        assert_eq!(
            assemble_with("GET", "/", Some("a@b"), false, &[])
                .unwrap_err()
                .status,
            400
        );
    }

    #[test]
    fn the_bounds_and_verdicts_are_those_of_http_1() {
        let status = |method: &str, target: &str| {
            assemble_with(method, target, Some("h"), false, &[]).map_err(|r| r.status)
        };
        assert_eq!(status("GET", &format!("/{}", "a".repeat(9000))).unwrap_err(), 414);
        assert_eq!(status(&"M".repeat(65), "/").unwrap_err(), 501);
        assert_eq!(status("G T", "/").unwrap_err(), 400);
        assert_eq!(status("GET", "/#").unwrap_err(), 400);
        assert_eq!(status("GET", "http://h/").unwrap_err(), 400);
        assert_eq!(status("GET", "*").unwrap_err(), 400);
        assert!(status("OPTIONS", "*").is_ok());
        assert_eq!(status("CONNECT", "h:1").unwrap_err(), 405);
        assert_eq!(assemble("/", &[("a", "\u{1}")]).unwrap_err(), VALUE);
        let many: Vec<_> = (0..100).map(|_| ("a", "b")).collect();
        assert_eq!(assemble("/", &many).unwrap_err(), Rejection::TOO_MANY_FIELDS);
        let large = "x".repeat(20_000);
        assert_eq!(
            assemble("/", &[("a", &large), ("b", &large)]).unwrap_err(),
            Rejection::HEAD_TOO_LARGE
        );
    }
}
