//! What conditions come to.
//!
//! Owns the order in which they are looked at (RFC 9110 section 13.2.2), and what each compares. Called by: who would answer a GET
//! or HEAD with 200.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use howth_http1::RequestHead;

use crate::tags::{EntityTag, entity_tags, values};

/// What conditions are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// The entity tag; `None`: there is none, and no tag is the same.
    pub tag: Option<EntityTag<'a>>,
    /// When it changed last, in whole seconds since 1970; `None`: nobody knows, and dates say nothing.
    pub modified_s: Option<u64>,
}

impl Validators<'_> {
    /// RFC 9110 section 8.8.3.2: the weak comparison.
    fn are_weakly(&self, tag: EntityTag<'_>) -> bool {
        self.tag.is_some_and(|own| own.opaque == tag.opaque)
    }

    /// The strong one.
    fn are_strongly(&self, tag: EntityTag<'_>) -> bool {
        !tag.is_weak && self.tag == Some(tag)
    }
}

/// What conditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request is answered, and by a part if it asks for one and `ranges` says so.
    Answer {
        /// It may be answered by a part.
        ranges: bool,
    },
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

/// Looks at all conditions of a request.
pub fn evaluate(head: &RequestHead, validators: Validators<'_>, now: SystemTime) -> Outcome {
    match any_tag(head, "if-match", |tag| validators.are_strongly(tag)) {
        Some(false) => return Outcome::Failed,
        Some(true) => {}
        None => {
            let dates = date(head, "if-unmodified-since").zip(validators.modified_s);
            if dates.is_some_and(|(since, modified_s)| modified_s > since) {
                return Outcome::Failed;
            }
        }
    }
    let is_unchanged =
        any_tag(head, "if-none-match", |tag| validators.are_weakly(tag)).unwrap_or_else(|| {
            let dates = date(head, "if-modified-since").zip(validators.modified_s);
            dates.is_some_and(|(since, modified_s)| modified_s <= since)
        });
    match is_unchanged {
        true => Outcome::NotModified,
        false => Outcome::Answer {
            ranges: takes_ranges(head, validators, now),
        },
    }
}

/// Whether a field names the representation: by `*`, or by a tag; `None`: there is no such field.
fn any_tag(head: &RequestHead, name: &str, is_it: impl Fn(EntityTag<'_>) -> bool) -> Option<bool> {
    let mut lines = values(head, name).peekable();
    lines.peek()?;
    Some(lines.any(|value| value.trim_ascii() == b"*" || entity_tags(value).any(&is_it)))
}

/// RFC 9110 section 13.1.5: a range is for who has the same representation, and knows that for certain.
fn takes_ranges(head: &RequestHead, validators: Validators<'_>, now: SystemTime) -> bool {
    let Some(value) = head.field("if-range").map(<[u8]>::trim_ascii) else {
        return true;
    };
    if let Some((tag, _)) = EntityTag::first(value) {
        return validators.are_strongly(tag);
    }
    // Section 8.8.2.2: what changed within the last second may have changed twice.
    let now_s = seconds(now);
    let dates = date(head, "if-range").zip(validators.modified_s);
    dates.is_some_and(|(since, modified_s)| since == modified_s && modified_s + 1 < now_s)
}

/// A date, in seconds since 1970; `None`: there is none, or what is no date, which says nothing.
fn date(head: &RequestHead, name: &str) -> Option<u64> {
    seconds_of_date(head.field(name)?)
}

/// A date as fields have it (RFC 9110 section 5.6.7), in seconds since 1970; `None`: it is none.
pub fn seconds_of_date(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    httpdate::parse_http_date(text.trim()).ok().map(seconds)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sunday, 06-Nov-94 08:49:38 GMT";
    const THEN_S: u64 = 784_111_777;

    fn head_of(fields: &str) -> RequestHead {
        let text = format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}\r\n");
        let mut head = RequestHead::new();
        let decoded =
            howth_http1::Decoder::new().decode(text.as_bytes(), &howth_http1::Limits::default(), &mut head);
        decoded.expect("a request");
        head
    }

    fn outcome(fields: &str) -> Outcome {
        let head = head_of(fields);
        let validators = Validators {
            tag: Some(EntityTag {
                is_weak: false,
                opaque: b"\"now\"",
            }),
            modified_s: Some(THEN_S),
        };
        evaluate(&head, validators, UNIX_EPOCH + Duration::from_secs(THEN_S + 60))
    }

    #[test]
    fn conditions_by_tag() {
        const ANSWER: Outcome = Outcome::Answer { ranges: true };
        for (fields, expected) in [
            ("", ANSWER),
            ("if-match: \"now\"\r\n", ANSWER),
            ("if-match: *\r\n", ANSWER),
            ("if-match: \"a\", \"now\"\r\n", ANSWER),
            ("if-match: \"a\"\r\nif-match: \"now\"\r\n", ANSWER),
            ("if-match: W/\"now\"\r\n", Outcome::Failed),
            ("if-match: \"a\"\r\n", Outcome::Failed),
            ("if-match: nonsense\r\n", Outcome::Failed),
            ("if-none-match: \"now\"\r\n", Outcome::NotModified),
            ("if-none-match: W/\"now\"\r\n", Outcome::NotModified),
            ("if-none-match: *\r\n", Outcome::NotModified),
            ("if-none-match: \"a\", W/\"b\"\r\n", ANSWER),
            ("if-match: \"a\"\r\nif-none-match: \"now\"\r\n", Outcome::Failed),
            (
                "if-match: \"now\"\r\nif-none-match: \"now\"\r\n",
                Outcome::NotModified,
            ),
        ] {
            assert_eq!(outcome(fields), expected, "{fields}");
        }
    }

    #[test]
    fn conditions_by_date() {
        const ANSWER: Outcome = Outcome::Answer { ranges: true };
        for (fields, expected) in [
            (format!("if-modified-since: {BEFORE}\r\n"), ANSWER),
            (format!("if-modified-since: {THEN}\r\n"), Outcome::NotModified),
            (format!("if-modified-since: {AFTER}\r\n"), Outcome::NotModified),
            ("if-modified-since: yesterday\r\n".to_owned(), ANSWER),
            (format!("if-unmodified-since: {BEFORE}\r\n"), Outcome::Failed),
            (format!("if-unmodified-since: {THEN}\r\n"), ANSWER),
            ("if-unmodified-since: yesterday\r\n".to_owned(), ANSWER),
            // A tag says more than a date.
            (
                format!("if-none-match: \"a\"\r\nif-modified-since: {AFTER}\r\n"),
                ANSWER,
            ),
            (
                format!("if-match: \"now\"\r\nif-unmodified-since: {BEFORE}\r\n"),
                ANSWER,
            ),
        ] {
            assert_eq!(outcome(&fields), expected, "{fields}");
        }
    }

    #[test]
    fn ranges_only_of_what_the_client_has() {
        for (field, ranges) in [
            ("\"now\"", true),
            ("W/\"now\"", false),
            ("\"a\"", false),
            (THEN, true),
            (BEFORE, false),
            (AFTER, false),
            ("nonsense", false),
        ] {
            let fields = format!("if-range: {field}\r\n");
            assert_eq!(outcome(&fields), Outcome::Answer { ranges }, "{field}");
        }
    }

    #[test]
    fn without_validators_only_a_star_says_anything() {
        let none = Validators {
            tag: None,
            modified_s: None,
        };
        for (fields, expected) in [
            ("", Outcome::Answer { ranges: true }),
            ("if-none-match: \"a\"\r\n", Outcome::Answer { ranges: true }),
            (
                "if-modified-since: Sun, 06 Nov 1994 08:49:38 GMT\r\n",
                Outcome::Answer { ranges: true },
            ),
            ("if-none-match: *\r\n", Outcome::NotModified),
            ("if-match: \"a\"\r\n", Outcome::Failed),
        ] {
            assert_eq!(evaluate(&head_of(fields), none, UNIX_EPOCH), expected, "{fields}");
        }
    }

    #[test]
    fn a_weak_tag_is_never_the_same_for_certain() {
        let weak = Validators {
            tag: Some(EntityTag {
                is_weak: true,
                opaque: b"\"now\"",
            }),
            modified_s: None,
        };
        for (fields, expected) in [
            ("if-match: W/\"now\"\r\n", Outcome::Failed),
            ("if-none-match: \"now\"\r\n", Outcome::NotModified),
            ("if-range: W/\"now\"\r\n", Outcome::Answer { ranges: false }),
        ] {
            assert_eq!(evaluate(&head_of(fields), weak, UNIX_EPOCH), expected, "{fields}");
        }
    }
}
