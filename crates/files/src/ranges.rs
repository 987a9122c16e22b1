//! Which parts of a file are asked for (RFC 9110 section 14).
//!
//! Owns the grammar of byte ranges, and how many of them are taken (section 17.15). Never reads a file. Called by: `folder`,
//! `parts`.

use howth_http1::RequestHead;

/// A request for more parts than this is answered by the whole.
const RANGES_MAX: usize = 16;

/// Parts that lie within a file and are not empty: a first byte, and how many.
pub(crate) type Part = (u64, u64);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ranges {
    /// The whole, or nothing that is understood.
    None,
    /// Parts, at least one; those that overlap have been put together.
    Parts(Vec<Part>),
    /// Nothing that there is.
    Unsatisfiable,
}

impl Ranges {
    /// What a request asks for of a file of `length` bytes.
    pub(crate) fn of(head: &RequestHead, length: u64) -> Ranges {
        let Some(value) = head.field("range") else {
            return Ranges::None;
        };
        parse(value, length).unwrap_or(Ranges::None)
    }
}

/// `None`: it is malformed, or has another unit (section 14.2), or asks for too much at once.
fn parse(value: &[u8], length: u64) -> Option<Ranges> {
    let (unit, set) = value.split_at_checked(value.iter().position(|&byte| byte == b'=')?)?;
    if !unit.trim_ascii().eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    let mut parts = Vec::new();
    let mut count = 0;
    for element in howth_conditions::elements(&set[1..]) {
        count += 1;
        if count > RANGES_MAX {
            return None;
        }
        parts.extend(part(element, length)?);
    }
    match (count, parts.is_empty()) {
        (0, _) => None,
        (_, true) => Some(Ranges::Unsatisfiable),
        (_, false) => Some(Ranges::Parts(apart(parts))),
    }
}

/// `None`: it is malformed; `Some(None)`: it lies behind the end.
fn part(range: &[u8], length: u64) -> Option<Option<Part>> {
    let dash = range.iter().position(|&byte| byte == b'-')?;
    let (first, last) = (&range[..dash], &range[dash + 1..]);
    if first.is_empty() {
        let suffix = number(last)?;
        // Section 14.1.2: that is satisfiable, and no field can say which part it would be.
        if length == 0 && suffix > 0 {
            return None;
        }
        let suffix = suffix.min(length);
        return Some((suffix > 0).then(|| (length - suffix, suffix)));
    }
    let first = number(first)?;
    let last = match last {
        [] => u64::MAX,
        last => number(last)?,
    };
    if last < first {
        return None;
    }
    let end = last.saturating_add(1).min(length);
    Some((first < end).then(|| (first, end - first)))
}

/// A number, or the largest where it is larger.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut number: u64 = 0;
    for digit in digits {
        number = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    }
    Some(number)
}

/// Puts parts together that overlap or follow one another (section 15.3.7.2), in the order of their places; parts that do
/// not stay as they were asked for.
fn apart(parts: Vec<Part>) -> Vec<Part> {
    let mut sorted = parts.clone();
    sorted.sort_unstable();
    let mut joined: Vec<Part> = Vec::with_capacity(sorted.len());
    for (first, length) in sorted {
        match joined.last_mut() {
            Some((before, of_before)) if *before + *of_before >= first => {
                *of_before = (*of_before).max(first + length - *before);
            }
            _ => joined.push((first, length)),
        }
    }
    match joined.len() == parts.len() {
        true => parts,
        false => joined,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(value: &str, length: u64) -> Ranges {
        parse(value.as_bytes(), length).unwrap_or(Ranges::None)
    }

    #[test]
    fn ranges() {
        for (value, expected) in [
            ("bytes=0-0", &[(0, 1)][..]),
            ("bytes=0-99", &[(0, 100)]),
            ("bytes=10-", &[(10, 90)]),
            ("bytes=-1", &[(99, 1)]),
            ("bytes=-1000", &[(0, 100)]),
            ("bytes=90-1000", &[(90, 10)]),
            ("bytes=99-99999999999999999999999999", &[(99, 1)]),
            ("BYTES = 1-2", &[(1, 2)]),
            ("bytes=0-0, -1", &[(0, 1), (99, 1)]),
            ("bytes=50-59,10-19", &[(50, 10), (10, 10)]),
            ("bytes=, 0-4,,5-9,", &[(0, 10)]),
            ("bytes=0-49,20-69,200-", &[(0, 70)]),
            ("bytes=5-9,0-4", &[(0, 10)]),
        ] {
            assert_eq!(parts(value, 100), Ranges::Parts(expected.to_vec()), "{value}");
        }
        for value in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=200-,300-"] {
            assert_eq!(parts(value, 100), Ranges::Unsatisfiable, "{value}");
        }
        for value in ["bytes=0-", "bytes=-0", "bytes=0-0"] {
            assert_eq!(parts(value, 0), Ranges::Unsatisfiable, "{value}");
        }
        assert_eq!(parts("bytes=-5", 0), Ranges::None);
    }

    #[test]
    fn what_is_no_range_asks_for_the_whole() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=1",
            "bytes=1-2-3",
            "bytes=+1-2",
            "bytes=1 - 2",
            "lines=1-2",
            "bytes=0-1,x",
        ] {
            assert_eq!(parts(value, 100), Ranges::None, "{value}");
        }
        let many: Vec<String> = (0..17).map(|place| format!("{place}-{place}")).collect();
        assert_eq!(parts(&format!("bytes={}", many.join(",")), 100), Ranges::None);
    }

    proptest! {
        #[test]
        fn parts_lie_within_and_apart(value in "bytes=([0-9]{0,3}-[0-9]{0,3},?){0,6}", length in 0_u64..200) {
            if let Ranges::Parts(parts) = parts(&value, length) {
                prop_assert!(!parts.is_empty());
                let mut sorted = parts;
                sorted.sort_unstable();
                let mut end = 0;
                for (first, bytes) in sorted {
                    prop_assert!(bytes > 0 && first >= end && first + bytes <= length);
                    end = first + bytes;
                }
            }
        }
    }
}
