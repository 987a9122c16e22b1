//! Which responses may be kept, and for how long.
//!
//! Owns the rules: those of RFC 9111 section 3, those of a route's settings, and the care that is the server's own (no cookies are
//! given to others). Called by: `exchanges`, when the head of a response is there.

use howth_conditions::elements;
use howth_http1::{Field, ResponseHead, validate_field};

use crate::cache_control::{CacheControl, number};
use crate::settings::{Lifetime, Settings};

/// RFC 9110 section 15.1: statuses that may be kept without a word about it, but for those that say a part (206), that too much was asked (414),
/// or what a server cannot do (405, 501).
const STATUSES: [u16; 7] = [200, 203, 204, 301, 308, 404, 410];

/// RFC 5861 section 4: what a stale response is given in the place of.
const ERRORS: [u16; 4] = [500, 502, 503, 504];

/// Tags of one response.
const TAGS_MAX: usize = 256;

/// Fields by which one response says that it varies.
const VARY_MAX: usize = 16;

/// On what terms a response is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) fresh_us: u64,
    pub(crate) stale_us: u64,
    pub(crate) spare_us: u64,
    /// How old it says it is.
    pub(crate) age_s: u64,
    /// Fields that it varies by, beside the route's own, in lower case.
    pub(crate) vary: Vec<String>,
    /// What it is tagged with, beside the route's own.
    pub(crate) tags: Vec<Vec<u8>>,
}

/// What becomes of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is kept.
    Kept(Terms),
    /// It is not; the next may be.
    NotKept,
    /// It is an error, in whose place a stale response may be given.
    Error,
    /// It forbids that; so will those that follow.
    Forbidden,
}

/// Judges a response by its head.
pub(crate) fn judge(head: &ResponseHead<'_>, settings: &Settings) -> Verdict {
    if ERRORS.contains(&head.status) {
        return Verdict::Error;
    }
    let is_valid = head
        .fields
        .iter()
        .all(|(name, value)| validate_field(name, value).is_ok());
    if !STATUSES.contains(&head.status) || !is_valid {
        return Verdict::NotKept;
    }
    let said = CacheControl::of(head.fields);
    if said.forbids || named(head, b"set-cookie").next().is_some() || is_endless(head) {
        return Verdict::Forbidden;
    }
    let age_s = named(head, b"age").next().and_then(number).unwrap_or(0);
    let fresh_us = match settings.lifetime {
        Lifetime::Fixed(us) => us,
        Lifetime::OfResponse => said
            .lifetime_s()
            .map_or(0, |s| s.saturating_sub(age_s) * 1_000_000),
    };
    let (Some(vary), Some(tags)) = (vary(head, settings), tags(head)) else {
        return Verdict::Forbidden;
    };
    if fresh_us == 0 {
        return Verdict::Forbidden;
    }
    // RFC 9111 sections 5.2.2.2, 5.2.2.8, and 5.2.2.10 for s-maxage, where that counts.
    let is_shared = settings.lifetime == Lifetime::OfResponse && said.shared_max_age_s.is_some();
    let (stale_us, spare_us) = match said.forbids_stale || is_shared {
        true => (0, 0),
        false => (settings.stale_while_revalidate_us, settings.stale_if_error_us),
    };
    Verdict::Kept(Terms {
        fresh_us,
        stale_us,
        spare_us,
        age_s,
        vary,
        tags,
    })
}

/// Server-sent events come as long as somebody listens (HTML standard, section 9.2.5).
fn is_endless(head: &ResponseHead<'_>) -> bool {
    const EVENTS: &[u8] = b"text/event-stream";
    let mut types = named(head, b"content-type");
    types.any(|value| value.len() >= EVENTS.len() && value[..EVENTS.len()].eq_ignore_ascii_case(EVENTS))
}

fn named<'a>(head: &ResponseHead<'a>, wanted: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let is_named = move |field: &&Field<'a>| field.0.eq_ignore_ascii_case(wanted);
    head.fields
        .iter()
        .filter(is_named)
        .map(|(_, value)| value.trim_ascii())
}

/// The fields that it varies by; `None`: by all (RFC 9110 section 12.5.5), or by too many.
fn vary(head: &ResponseHead<'_>, settings: &Settings) -> Option<Vec<String>> {
    let mut fields: Vec<String> = Vec::new();
    for name in named(head, b"vary").flat_map(elements) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if name == "*" {
            return None;
        }
        if !settings.varies_by(&name) && !fields.contains(&name) {
            fields.push(name);
        }
    }
    fields.sort_unstable();
    (fields.len() <= VARY_MAX).then_some(fields)
}

/// What it is tagged with; `None`: too many tags.
fn tags(head: &ResponseHead<'_>) -> Option<Vec<Vec<u8>>> {
    let tags = named(head, b"cache-tag").flat_map(elements);
    let tags: Vec<Vec<u8>> = tags.take(TAGS_MAX + 1).map(<[u8]>::to_vec).collect();
    (tags.len() <= TAGS_MAX).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    fn settings(lifetime: Lifetime) -> Settings {
        Settings {
            lifetime,
            stale_while_revalidate_us: 7,
            stale_if_error_us: 9,
            vary: vec!["accept-language".to_owned()],
            query: Query::Whole,
            bytes_max: None,
            tags: Vec::new(),
            wait_us: 0,
        }
    }

    fn verdict(status: u16, lifetime: Lifetime, fields: &[(&str, &str)]) -> Verdict {
        let fields: Vec<Field<'_>> = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let head = ResponseHead {
            status,
            reason: None,
            fields: &fields,
        };
        judge(&head, &settings(lifetime))
    }

    const FIXED: Lifetime = Lifetime::Fixed(5);

    #[test]
    fn statuses_are_kept_or_not() {
        for status in 200..600 {
            let expected = match status {
                200 | 203 | 204 | 301 | 308 | 404 | 410 => "Kept",
                500 | 502 | 503 | 504 => "Error",
                _ => "NotKept",
            };
            let found = format!("{:?}", verdict(status, FIXED, &[]));
            assert!(found.starts_with(expected), "{status}: {found}");
        }
    }

    #[test]
    fn what_forbids_it_is_heeded() {
        for field in [
            ("Set-Cookie", "a=b"),
            ("cache-control", "no-store"),
            ("cache-control", "private, max-age=5"),
            ("Cache-Control", "no-cache"),
            ("vary", "accept, *"),
            ("content-type", "text/event-stream; charset=utf-8"),
        ] {
            assert_eq!(verdict(200, FIXED, &[field]), Verdict::Forbidden, "{field:?}");
        }
        assert_eq!(verdict(200, FIXED, &[("a b", "c")]), Verdict::NotKept);
    }

    #[test]
    fn terms_are_those_of_the_route_or_of_the_response() {
        let terms = |lifetime, fields: &[(&str, &str)]| match verdict(200, lifetime, fields) {
            Verdict::Kept(terms) => terms,
            other => panic!("{other:?}"),
        };
        let fixed = terms(FIXED, &[("cache-control", "max-age=60"), ("age", "3")]);
        assert_eq!((fixed.fresh_us, fixed.stale_us, fixed.spare_us), (5, 7, 9));
        assert_eq!(fixed.age_s, 3);
        let own = [("cache-control", "max-age=60"), ("age", "3")];
        assert_eq!(terms(Lifetime::OfResponse, &own).fresh_us, 57_000_000);
        let shared = [("cache-control", "max-age=60, s-maxage=1")];
        let shared = terms(Lifetime::OfResponse, &shared);
        assert_eq!((shared.fresh_us, shared.stale_us), (1_000_000, 0));
        let strict = terms(FIXED, &[("cache-control", "must-revalidate")]);
        assert_eq!((strict.stale_us, strict.spare_us), (0, 0));
        assert_eq!(verdict(200, Lifetime::OfResponse, &[]), Verdict::Forbidden);
        let over = [("cache-control", "max-age=60"), ("age", "60")];
        assert_eq!(verdict(200, Lifetime::OfResponse, &over), Verdict::Forbidden);
    }

    #[test]
    fn names_and_tags_are_gathered() {
        let fields = [
            ("vary", "Origin, accept-language"),
            ("Vary", "Accept, origin"),
            ("Cache-Tag", "a, b ,,c"),
            ("cache-tag", "d"),
        ];
        let Verdict::Kept(terms) = verdict(200, FIXED, &fields) else {
            panic!("it is not kept");
        };
        assert_eq!(terms.vary, ["accept", "origin"]);
        assert_eq!(terms.tags, [b"a", b"b", b"c", b"d"]);
        let many = "a,".repeat(TAGS_MAX + 1);
        assert_eq!(verdict(200, FIXED, &[("cache-tag", &many)]), Verdict::Forbidden);
        let many: String = (0..=VARY_MAX).map(|number| format!("x-{number},")).collect();
        assert_eq!(verdict(200, FIXED, &[("vary", &many)]), Verdict::Forbidden);
    }
}
