//! Entity tags (RFC 9110 section 8.8.3), and fields that are lists, as theirs are.
//!
//! Owns their grammar. Never refuses a request: what is malformed says nothing. Called by: `evaluate`; whoever has a tag or a list.

use howth_http1::RequestHead;

/// The values of all fields of a name, in order.
pub fn values<'a>(head: &'a RequestHead, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let named = head.fields().filter(|(own, _)| own.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value)
}

/// The elements of a list (RFC 9110 section 5.6.1) whose elements have no quoted strings; empty ones are left out.
pub fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let elements = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    elements.filter(|element| !element.is_empty())
}

/// An entity tag (RFC 9110 section 8.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityTag<'a> {
    /// The representation may differ in its bytes.
    pub is_weak: bool,
    /// With its quotes.
    pub opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// The tag that a value begins with, and what is behind it.
    pub fn first(value: &'a [u8]) -> Option<(EntityTag<'a>, &'a [u8])> {
        let (is_weak, quoted) = match value.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, value),
        };
        let inner = quoted.strip_prefix(b"\"")?;
        let end = inner.iter().position(|&byte| byte == b'"')? + 2;
        let (opaque, rest) = quoted.split_at(end);
        Some((EntityTag { is_weak, opaque }, rest))
    }
}

/// The tags of a list; those in front of whatever is none.
pub fn entity_tags(mut value: &[u8]) -> impl Iterator<Item = EntityTag<'_>> {
    std::iter::from_fn(move || {
        while let [b',' | b' ' | b'\t', rest @ ..] = value {
            value = rest;
        }
        let (tag, rest) = EntityTag::first(value)?;
        value = rest;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let tags = |value: &'static str| -> Vec<(bool, &str)> {
            let tags = entity_tags(value.as_bytes());
            tags.map(|tag| (tag.is_weak, std::str::from_utf8(tag.opaque).expect("a text")))
                .collect()
        };
        assert_eq!(
            tags(r#""a", W/"b,c" ,, "d""#),
            [(false, r#""a""#), (true, r#""b,c""#), (false, r#""d""#)]
        );
        assert_eq!(tags(r#""a" x "b""#), [(false, r#""a""#)]);
        assert_eq!(tags(r#""a"#), []);
        assert_eq!(tags("w/\"a\""), []);
    }
}
