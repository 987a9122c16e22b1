//! What counts of a query.
//!
//! Owns how parameters are chosen by their names. Names are compared as a program reads them, decoded: what the program takes
//! for a chosen parameter must be one here as well. Called by: `key`; `purges`, for URLs that a program names.

use memchr::memchr;

/// What counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// All of it, as it was sent.
    Whole,
    /// Parameters of these names, in this order.
    Only(Vec<String>),
}

impl Query {
    /// Writes a target as far as it counts: the path, and what is chosen of the query.
    pub(crate) fn write_target(&self, target: &[u8], into: &mut Vec<u8>) {
        let Query::Only(names) = self else {
            into.extend_from_slice(target);
            return;
        };
        let Some(mark) = memchr(b'?', target) else {
            into.extend_from_slice(target);
            return;
        };
        into.extend_from_slice(&target[..mark]);
        let query = &target[mark + 1..];
        let mut before = b'?';
        for name in names {
            for (own, value) in parameters(query) {
                if is_named(own, name.as_bytes()) {
                    into.push(before);
                    before = b'&';
                    into.extend_from_slice(name.as_bytes());
                    into.push(b'=');
                    into.extend_from_slice(value);
                }
            }
        }
    }
}

/// Names and values as they were sent; a value that is missing is empty (URL standard, section 5.1).
fn parameters(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let parts = query.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts.map(|part| match memchr(b'=', part) {
        Some(at) => (&part[..at], &part[at + 1..]),
        None => (part, &b""[..]),
    })
}

/// Whether a name is the wanted one once it is decoded (URL standard, section 5.1).
fn is_named(mut sent: &[u8], mut wanted: &[u8]) -> bool {
    while let Some((&byte, rest)) = sent.split_first() {
        let (byte, rest) = match (byte, rest) {
            (b'+', rest) => (b' ', rest),
            (b'%', [high, low, rest @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, rest),
                _ => (b'%', &sent[1..]),
            },
            other => other,
        };
        let Some((&first, others)) = wanted.split_first() else {
            return false;
        };
        if first != byte {
            return false;
        }
        (sent, wanted) = (rest, others);
    }
    wanted.is_empty()
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(names: &[&str], target: &str) -> String {
        let query = Query::Only(names.iter().map(|name| (*name).to_owned()).collect());
        let mut written = Vec::new();
        query.write_target(target.as_bytes(), &mut written);
        String::from_utf8(written).expect("a text")
    }

    #[test]
    fn parameters_are_chosen_by_their_decoded_names() {
        for (target, expected) in [
            ("/a", "/a"),
            ("/a?", "/a"),
            ("/a?utm=1", "/a"),
            ("/a?page=2&utm=1&sort=x", "/a?page=2&sort=x"),
            ("/a?sort=x&page=2", "/a?page=2&sort=x"),
            ("/a?page=1&page=2", "/a?page=1&page=2"),
            ("/a?page", "/a?page="),
            ("/a?pa%67e=2", "/a?page=2"),
            ("/a?p%61ge=%32", "/a?page=%32"),
            ("/a?pages=2&pag=1", "/a"),
            ("/a?%zz=2&page=3", "/a?page=3"),
        ] {
            assert_eq!(chosen(&["page", "sort"], target), expected, "{target}");
        }
        assert_eq!(chosen(&[], "/a?b=c"), "/a");
        assert_eq!(chosen(&["a b"], "/?a+b=1&a%20b=2"), "/?a b=1&a b=2");
        assert_eq!(chosen(&["%"], "/?%=1&%2=2&%25=3"), "/?%=1&%=3");
        let mut whole = Vec::new();
        Query::Whole.write_target(b"/a?b&a=%61", &mut whole);
        assert_eq!(whole, b"/a?b&a=%61");
    }

    proptest! {
        #[test]
        fn any_encoding_of_a_name_is_that_name(name in "[a-z %+&=]{1,8}", encoded in prop::collection::vec(any::<bool>(), 8)) {
            let sent: String = name.bytes().zip(encoded).map(|(byte, is_encoded)| match byte {
                b'a'..=b'z' if !is_encoded => (byte as char).to_string(),
                _ => format!("%{byte:02x}"),
            }).collect();
            prop_assert!(is_named(sent.as_bytes(), name.as_bytes()));
            let longer = format!("{sent}x");
            prop_assert!(!is_named(longer.as_bytes(), name.as_bytes()));
        }
    }
}
