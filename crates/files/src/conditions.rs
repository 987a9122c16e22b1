//! Conditional requests (RFC 9110 section 13).
//!
//! Owns the order in which conditions are looked at (section 13.2.2), and what each compares. Never looks at a file. Called
//! by: `folder`, for a GET or HEAD that would be answered with 200.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use howth_http1::RequestHead;

use crate::lists::{EntityTag, entity_tags, values};

/// What conditions are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validators<'a> {
    /// A strong entity tag, with its quotes.
    pub(crate) tag: &'a [u8],
    /// When the file changed last, in whole seconds since 1970.
    pub(crate) modified_s: u64,
}

/// What conditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The request is answered, and by a part if it asks for one and `ranges` says so.
    Answer { ranges: bool },
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

/// Looks at all conditions of a request.
pub(crate) fn evaluate(head: &RequestHead, validators: Validators<'_>, now: SystemTime) -> Outcome {
    let is_weakly = |tag: EntityTag<'_>| tag.opaque == validators.tag;
    let is_strongly = |tag: EntityTag<'_>| !tag.is_weak && is_weakly(tag);
    match any_tag(head, "if-match", is_strongly) {
        Some(false) => return Outcome::Failed,
        Some(true) => {}
        None => {
            let since = date(head, "if-unmodified-since");
            if since.is_some_and(|since| validators.modified_s > since) {
                return Outcome::Failed;
            }
        }
    }
    let is_unchanged = any_tag(head, "if-none-match", is_weakly).unwrap_or_else(|| {
        let since = date(head, "if-modified-since");
        since.is_some_and(|since| validators.modified_s <= since)
    });
    match is_unchanged {
        true => Outcome::NotModified,
        false => Outcome::Answer {
            ranges: takes_ranges(head, validators, now),
        },
    }
}

/// Whether a field names the file: by `*`, or by a tag; `None`: there is no such field.
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
        return !tag.is_weak && tag.opaque == validators.tag;
    }
    // Section 8.8.2.2: what changed within the last second may have changed twice.
    let now_s = seconds(now);
    date(head, "if-range") == Some(validators.modified_s) && validators.modified_s + 1 < now_s
}

/// A date, in seconds since 1970; `None`: there is none, or what is no date, which says nothing.
fn date(head: &RequestHead, name: &str) -> Option<u64> {
    let text = std::str::from_utf8(head.field(name)?).ok()?;
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
    use crate::response::head_of;

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sunday, 06-Nov-94 08:49:38 GMT";
    const THEN_S: u64 = 784_111_777;

    fn outcome(fields: &str) -> Outcome {
        let head = head_of(&format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}\r\n"));
        let validators = Validators {
            tag: b"\"now\"",
            modified_s: THEN_S,
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
}
