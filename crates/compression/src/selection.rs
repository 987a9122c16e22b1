//! Which responses are compressed, and what their heads say then.
//!
//! Owns the rules of RFC 9110 and 9111 about it. Never encodes content. Called by: `exchanges`.

use howth_http1::{Field, RequestHead, ResponseHead};

use crate::accept_encoding::negotiate;
use crate::coding::Coding;
use crate::media_types::is_compressible;

/// What the options say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The codings, the preferred first.
    pub offered: Vec<Coding>,
    /// Whole responses of fewer bytes are left alone.
    pub bytes_min: u64,
}

/// What becomes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// It goes out as it was given.
    Untouched,
    /// Its content goes out as it was given, and another client would get it encoded.
    Identity,
    /// Its content is encoded.
    Encoded(Coding),
    /// It says that what the client has, which was encoded, is still right (RFC 9110 section 15.4.5).
    NotModified,
}

/// What a response says about itself.
#[derive(Default)]
struct Facts<'a> {
    content_type: &'a [u8],
    /// Another has encoded it, it is a part of a whole, or it must not be changed.
    is_final: bool,
}

impl<'a> Facts<'a> {
    fn of(fields: &[Field<'a>]) -> Self {
        let mut facts = Facts::default();
        for &(name, value) in fields {
            let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
            match name.len() {
                12 if is("content-type") => facts.content_type = value,
                // RFC 9110 section 8.4. Also identity: who names it wants that.
                16 if is("content-encoding") => facts.is_final = true,
                // RFC 9110 section 14.4: the range is one of the bytes that were given.
                13 if is("content-range") => facts.is_final = true,
                // RFC 9111 section 5.2.2.6.
                13 if is("cache-control") => facts.is_final |= forbids_transformation(value),
                _ => {}
            }
        }
        facts
    }
}

impl Policy {
    /// What becomes of a response to a request. `length` is that of its content, in bytes; `None`: a stream.
    pub fn select(&self, request: &RequestHead, head: &ResponseHead<'_>, length: Option<u64>) -> Selection {
        // RFC 9110 sections 15.3.5 to 15.3.7, 15.4.5: no content, or a part of it. And 9.3.6: a tunnel.
        match head.status {
            304 => return not_modified(request, head),
            204 | 205 | 206 | ..200 => return Selection::Untouched,
            _ if request.is_connect() => return Selection::Untouched,
            _ => {}
        }
        if length.is_some_and(|length| length < self.bytes_min) {
            return Selection::Untouched;
        }
        let facts = Facts::of(head.fields);
        if facts.is_final || !is_compressible(facts.content_type) {
            return Selection::Untouched;
        }
        match negotiate(lines_of(request, "accept-encoding"), &self.offered) {
            Some(coding) => Selection::Encoded(coding),
            None => Selection::Identity,
        }
    }
}

/// The application has compared validators weakly (RFC 9110 section 13.1.2) and names the strong one that it knows. The
/// client knows the weak one, which it was sent with encoded content.
fn not_modified(request: &RequestHead, head: &ResponseHead<'_>) -> Selection {
    let own = head.fields.iter();
    let mut own = own.filter(|(name, _)| name.eq_ignore_ascii_case(b"etag"));
    let own = own.next().map(|(_, value)| value.trim_ascii());
    let Some(own) = own.filter(|own| !own.starts_with(b"W/")) else {
        return Selection::Untouched;
    };
    let mut known = lines_of(request, "if-none-match").flat_map(|line| line.split(|byte| *byte == b','));
    match known.any(|tag| tag.trim_ascii().strip_prefix(b"W/") == Some(own)) {
        true => Selection::NotModified,
        false => Selection::Untouched,
    }
}

fn lines_of<'a>(request: &'a RequestHead, wanted: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let fields = request.fields();
    fields
        .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value)
}

/// Whether a `Cache-Control` value has the directive `no-transform`. A comma in a quoted argument cannot hide it: what is taken
/// for it by mistake is sent as it is.
fn forbids_transformation(value: &[u8]) -> bool {
    let mut directives = value.split(|byte| *byte == b',');
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
}

#[cfg(test)]
mod tests {
    use howth_http1::{Decoder, Limits};

    use super::*;

    fn request(fields: &str) -> RequestHead {
        let mut head = RequestHead::new();
        Decoder::new()
            .decode(
                format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}\r\n").as_bytes(),
                &Limits::default(),
                &mut head,
            )
            .expect("a valid head");
        head
    }

    fn selected(status: u16, fields: &[(&str, &str)], length: Option<u64>) -> Selection {
        selected_for("accept-encoding: gzip\r\n", status, fields, length)
    }

    fn selected_for(asked: &str, status: u16, fields: &[(&str, &str)], length: Option<u64>) -> Selection {
        let policy = Policy {
            offered: Coding::ALL.to_vec(),
            bytes_min: 1024,
        };
        let fields: Vec<Field<'_>> = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let head = ResponseHead {
            status,
            reason: None,
            fields: &fields,
        };
        policy.select(&request(asked), &head, length)
    }

    const JSON: (&str, &str) = ("Content-Type", "application/json");
    const ENCODED: Selection = Selection::Encoded(Coding::Gzip);

    #[test]
    fn what_is_large_enough_and_text_is_encoded() {
        assert_eq!(selected(200, &[JSON], Some(1024)), ENCODED);
        assert_eq!(selected(404, &[JSON], Some(4096)), ENCODED);
        assert_eq!(selected(200, &[JSON], None), ENCODED);
        assert_eq!(selected(200, &[JSON], Some(1023)), Selection::Untouched);
        assert_eq!(selected(200, &[], Some(4096)), Selection::Untouched);
        let image = [("content-type", "image/png")];
        assert_eq!(selected(200, &image, Some(4096)), Selection::Untouched);
        assert_eq!(selected_for("", 200, &[JSON], Some(4096)), Selection::Identity);
    }

    #[test]
    fn what_must_not_be_changed_is_left_alone() {
        for status in [204, 205, 206, 304] {
            assert_eq!(selected(status, &[JSON], Some(4096)), Selection::Untouched);
        }
        for field in [
            ("Content-Encoding", "br"),
            ("content-encoding", "identity"),
            ("content-range", "bytes 0-9/10"),
            ("cache-control", "public, No-Transform"),
        ] {
            assert_eq!(
                selected(200, &[JSON, field], Some(4096)),
                Selection::Untouched,
                "{field:?}"
            );
        }
        let other = ("cache-control", "max-age=1, private=\"no-transform-x\"");
        assert_eq!(selected(200, &[JSON, other], Some(4096)), ENCODED);
    }

    #[test]
    fn a_client_that_has_the_weak_validator_is_told_of_it() {
        let etag = ("etag", "\"a\"");
        for (asked, expected) in [
            ("if-none-match: \"b\", W/\"a\"\r\n", Selection::NotModified),
            ("if-none-match: \"a\"\r\n", Selection::Untouched),
            ("", Selection::Untouched),
        ] {
            assert_eq!(selected_for(asked, 304, &[etag], Some(0)), expected);
        }
        let weak = [("etag", "W/\"a\"")];
        assert_eq!(
            selected_for("if-none-match: W/\"a\"\r\n", 304, &weak, Some(0)),
            Selection::Untouched
        );
    }
}
