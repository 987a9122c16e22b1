//! Under what a response is kept.
//!
//! Owns how a key is written: where the request came in, scheme and authority, the path and what counts of the query, and the
//! values of the fields that responses vary by. No part can be taken for another: none has a line feed in it. Called by: `layer`
//! and `exchanges`.

use howth_engine::Place;
use howth_http1::RequestHead;

use crate::settings::Settings;

/// What a key has besides what the head of a request says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Which of the programs that follow each other in a process answers.
    pub(crate) generation: u32,
    pub(crate) place: Place,
    pub(crate) is_secure: bool,
}

/// Where the path and what counts of the query stand in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    start: usize,
    end: usize,
}

impl Target {
    pub(crate) fn of(self, key: &[u8]) -> &[u8] {
        key.get(self.start..self.end).unwrap_or_default()
    }
}

/// Writes the key of a request in the place of whatever is in `key`.
#[inline]
pub(crate) fn write(key: &mut Vec<u8>, origin: Origin, settings: &Settings, head: &RequestHead) -> Target {
    key.clear();
    key.extend_from_slice(&origin.generation.to_le_bytes());
    key.extend_from_slice(&origin.place.0.to_le_bytes());
    key.push(u8::from(origin.is_secure));
    let (_, authority, path) = head.request_bytes();
    key.extend_from_slice(authority.unwrap_or_default());
    // Where there is one, it says the same; programs see whether there is one.
    key.push(if head.field("host").is_some() { b'\n' } else { b' ' });
    key.push(b'\n');
    let start = key.len();
    settings.query.write_target(path, key);
    let end = key.len();
    for name in &settings.vary {
        push_values(key, head, name);
    }
    Target { start, end }
}

/// Adds what a response varies by beside what the route says.
pub(crate) fn push_varying(key: &mut Vec<u8>, head: &RequestHead, names: &[String]) {
    for name in names {
        key.extend_from_slice(b"\n\n");
        key.extend_from_slice(name.as_bytes());
        push_values(key, head, name);
    }
}

/// RFC 9111 section 4.1: lines are one list, and whitespace around values says nothing. No field is another than an empty one.
fn push_values(key: &mut Vec<u8>, head: &RequestHead, name: &str) {
    key.push(b'\n');
    for (number, value) in howth_conditions::values(head, name).enumerate() {
        key.push(if number == 0 { b'=' } else { b',' });
        key.extend_from_slice(value.trim_ascii());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::query::Query;
    use crate::settings::Lifetime;

    pub(crate) fn head(path: &str, fields: &str) -> RequestHead {
        let text = format!("GET {path} HTTP/1.1\r\nhost: h\r\n{fields}\r\n");
        let mut head = RequestHead::new();
        let limits = howth_http1::Limits::default();
        let decoded = howth_http1::Decoder::new().decode(text.as_bytes(), &limits, &mut head);
        decoded.expect("a request");
        head
    }

    pub(crate) fn settings(vary: &[&str], query: Query) -> Settings {
        Settings {
            lifetime: Lifetime::Fixed(1_000_000),
            stale_while_revalidate_us: 0,
            stale_if_error_us: 0,
            vary: vary.iter().map(|name| (*name).to_owned()).collect(),
            query,
            bytes_max: None,
            tags: Vec::new(),
            wait_us: 0,
        }
    }

    fn key(settings: &Settings, path: &str, fields: &str) -> Vec<u8> {
        let origin = Origin {
            generation: 0,
            place: Place(0),
            is_secure: false,
        };
        let mut key = b"rest of another".to_vec();
        let head = head(path, fields);
        let target = write(&mut key, origin, settings, &head);
        let mut expected = Vec::new();
        settings.query.write_target(path.as_bytes(), &mut expected);
        assert_eq!(target.of(&key), expected);
        key
    }

    #[test]
    fn requests_that_differ_in_what_counts_have_other_keys() {
        let own = settings(&["accept-language"], Query::Only(vec!["page".to_owned()]));
        let plain = key(&own, "/a?page=1", "");
        for (path, fields, is_same) in [
            ("/a?page=1&utm=2", "", true),
            ("/a?page=1", "accept: b\r\n", true),
            ("/a?page=2", "", false),
            ("/b?page=1", "", false),
            ("/a?page=1", "accept-language: de\r\n", false),
            ("/a?page=1", "accept-language:\r\n", false),
        ] {
            assert_eq!(key(&own, path, fields) == plain, is_same, "{path} {fields}");
        }
        assert_eq!(
            key(&own, "/", "accept-language: de\r\naccept-language:  en \r\n"),
            key(&own, "/", "Accept-Language: de,en\r\n")
        );
    }

    #[test]
    fn what_responses_vary_by_comes_on_top() {
        let varying = |fields: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut key = Vec::new();
            push_varying(&mut key, &head("/", fields), &names);
            key
        };
        assert_eq!(varying("a: 1\r\n", &[]), b"");
        assert_eq!(varying("a: 1\r\n", &["a"]), varying("a: 1\r\nb: 2\r\n", &["a"]));
        assert_ne!(varying("a: 1\r\n", &["a"]), varying("b: 1\r\n", &["b"]));
        assert_ne!(varying("a: 1\r\n", &["a"]), varying("", &["a"]));
    }
}
