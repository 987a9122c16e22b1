//! How the head of a response changes when its content is encoded, or could have been.
//!
//! Owns the fields that are about the bytes on the wire: `Vary`, `ETag`, `Content-Encoding`, lengths, ranges, digests. Never
//! decides that it is encoded. Called by: `exchanges`.

use howth_http1::{Field, ResponseHead};

use crate::coding::Coding;
use crate::selection::Selection;

const ACCEPT_ENCODING: &[u8] = b"accept-encoding";

/// Lends the head that goes out. Of content that is encoded the length is another, which the engine knows (RFC 9110 section
/// 8.6); ranges of it would be of encoded bytes (14.3); digests of what was given are wrong (RFC 9530, and RFC 3230 and
/// Content-MD5 before it); a validator is weak, since encoded content is not the same each time (RFC 9110 section 8.8.1).
pub(crate) fn with_changed<R>(
    head: &ResponseHead<'_>,
    selection: Selection,
    use_head: impl FnOnce(&ResponseHead<'_>) -> R,
) -> R {
    if selection == Selection::Untouched {
        return use_head(head);
    }
    let (mut vary, mut etag) = (Vec::new(), Vec::new());
    for (name, value) in head.fields {
        if name.eq_ignore_ascii_case(b"vary") {
            join(&mut vary, value);
        } else if name.eq_ignore_ascii_case(b"etag") && etag.is_empty() {
            weaken(&mut etag, value);
        }
    }
    if !names_accept_encoding(&vary) {
        join(&mut vary, ACCEPT_ENCODING);
    }
    let is_encoded = matches!(selection, Selection::Encoded(_));
    let is_weak = is_encoded || selection == Selection::NotModified;
    let mut fields: Vec<Field<'_>> = Vec::with_capacity(head.fields.len() + 2);
    for &(name, value) in head.fields {
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        match name.len() {
            4 if is(b"vary") => {}
            4 if is_weak && is(b"etag") => fields.push((name, &etag)),
            _ if is_encoded && is_of_identity(name) => {}
            _ => fields.push((name, value)),
        }
    }
    if let Selection::Encoded(coding) = selection {
        fields.push((b"content-encoding", name_of(coding)));
    }
    fields.push((b"vary", &vary));
    use_head(&ResponseHead {
        fields: &fields,
        ..*head
    })
}

/// Whether a field is about the bytes of content that is not encoded.
pub(crate) fn is_of_identity(name: &[u8]) -> bool {
    let own: &[&[u8]] = match name.len() {
        6 => &[b"digest"],
        11 => &[b"content-md5", b"repr-digest"],
        13 => &[b"accept-ranges"],
        14 => &[b"content-length", b"content-digest"],
        _ => return false,
    };
    own.iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// The length that a head says its content has (RFC 9110 section 8.6); `None`: none, or several.
pub(crate) fn content_length(head: &ResponseHead<'_>) -> Option<u64> {
    let is = |field: &&Field<'_>| field.0.eq_ignore_ascii_case(b"content-length");
    let mut lengths = head.fields.iter().filter(is);
    let (_, value) = lengths.next()?;
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && lengths.next().is_none())
        .then(|| text.parse().ok())
        .flatten()
}

/// The head of a response that waits.
#[derive(Debug)]
pub(crate) struct OwnedHead {
    status: u16,
    reason: Option<String>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl From<&ResponseHead<'_>> for OwnedHead {
    fn from(head: &ResponseHead<'_>) -> Self {
        let owned = |(name, value): &Field<'_>| (name.to_vec(), value.to_vec());
        OwnedHead {
            status: head.status,
            reason: head.reason.map(str::to_owned),
            fields: head.fields.iter().map(owned).collect(),
        }
    }
}

impl OwnedHead {
    /// Lends it as it goes out.
    pub(crate) fn with<R>(&self, selection: Selection, use_head: impl FnOnce(&ResponseHead<'_>) -> R) -> R {
        let mut fields: Vec<Field<'_>> = Vec::with_capacity(self.fields.len());
        for (name, value) in &self.fields {
            fields.push((name, value));
        }
        let head = ResponseHead {
            status: self.status,
            reason: self.reason.as_deref(),
            fields: &fields,
        };
        with_changed(&head, selection, use_head)
    }
}

fn name_of(coding: Coding) -> &'static [u8] {
    coding.name().as_bytes()
}

/// RFC 9110 section 5.3: values of several lines are one list.
fn join(list: &mut Vec<u8>, value: &[u8]) {
    let value = value.trim_ascii();
    if !list.is_empty() && !value.is_empty() {
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(value);
}

/// RFC 9110 section 8.8.3: `W/` before a strong entity tag.
fn weaken(etag: &mut Vec<u8>, value: &[u8]) {
    let value = value.trim_ascii();
    if !value.starts_with(b"W/") {
        etag.extend_from_slice(b"W/");
    }
    etag.extend_from_slice(value);
}

/// RFC 9110 section 12.5.5: `*` stands for every field.
fn names_accept_encoding(vary: &[u8]) -> bool {
    let mut names = vary.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    names.any(|name| name == b"*" || name.eq_ignore_ascii_case(ACCEPT_ENCODING))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(fields: &[(&str, &str)], selection: Selection) -> Vec<String> {
        let fields: Vec<Field<'_>> = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let head = ResponseHead {
            status: 200,
            reason: None,
            fields: &fields,
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        OwnedHead::from(&head).with(selection, |head| {
            head.fields
                .iter()
                .map(|(name, value)| format!("{}: {}", text(name), text(value)))
                .collect()
        })
    }

    const ENCODED: Selection = Selection::Encoded(Coding::Brotli);

    #[test]
    fn what_is_about_other_bytes_is_left_out() {
        let fields = [
            ("Content-Type", "text/html"),
            ("Content-Length", "5"),
            ("Accept-Ranges", "bytes"),
            ("content-md5", "x"),
            ("Digest", "x"),
            ("Repr-Digest", "x"),
            ("content-digest", "x"),
            ("ETag", "\"a\""),
        ];
        assert_eq!(
            changed(&fields, ENCODED),
            [
                "Content-Type: text/html",
                "ETag: W/\"a\"",
                "content-encoding: br",
                "vary: accept-encoding"
            ]
        );
        let untouched = changed(&fields, Selection::Untouched);
        assert_eq!(untouched.len(), fields.len());
        let identity = changed(&fields, Selection::Identity);
        assert_eq!(identity[..fields.len()], untouched);
        assert_eq!(identity[fields.len()..], ["vary: accept-encoding"]);
    }

    #[test]
    fn vary_is_one_list() {
        for (own, merged) in [
            (&[("Vary", "Origin")][..], "vary: Origin, accept-encoding"),
            (&[("vary", "a"), ("Vary", "b")], "vary: a, b, accept-encoding"),
            (&[("vary", "x, Accept-Encoding")], "vary: x, Accept-Encoding"),
            (&[("vary", "*")], "vary: *"),
            (&[("vary", "")], "vary: accept-encoding"),
        ] {
            assert_eq!(changed(own, Selection::Identity), [merged]);
        }
    }

    #[test]
    fn a_weak_validator_stays() {
        let weak = changed(&[("etag", "W/\"a\"")], ENCODED);
        assert_eq!(weak[0], "etag: W/\"a\"");
        let not_modified = changed(&[("etag", "\"a\"")], Selection::NotModified);
        assert_eq!(not_modified, ["etag: W/\"a\"", "vary: accept-encoding"]);
    }

    #[test]
    fn a_length_is_one_number() {
        let length = |fields: &[Field<'_>]| {
            content_length(&ResponseHead {
                status: 200,
                reason: None,
                fields,
            })
        };
        assert_eq!(length(&[(b"Content-Length", b" 12 ")]), Some(12));
        for wrong in [&b"+1"[..], b"1,1", b"x", b"99999999999999999999"] {
            assert_eq!(length(&[(b"content-length", wrong)]), None);
        }
        let one: Field<'_> = (b"content-length", b"1");
        assert_eq!(length(&[one, one]), None);
    }
}
