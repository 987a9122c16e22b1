//! Names of requests, by which those of a client, its proxies and this server are found in all their logs.
//!
//! Owns how one is made (RFC 9562 section 5.7) and which of others is taken. Called by: `howth_connection`.

use std::hash::{BuildHasher, RandomState};

/// The field that has it.
pub const REQUEST_ID: &str = "x-request-id";

/// The longest one of somebody else's that is taken.
const BYTES_MAX: usize = 128;

/// Makes names, none twice.
#[derive(Debug)]
pub struct RequestIds {
    /// Nobody can tell from one what the next is: its key is random.
    hasher: RandomState,
    number: u64,
}

impl Default for RequestIds {
    fn default() -> Self {
        RequestIds {
            hasher: RandomState::new(),
            number: 0,
        }
    }
}

impl RequestIds {
    /// A UUID of version 7. `unix_ms`: the time of day, in milliseconds since 1970.
    pub fn next(&mut self, unix_ms: u64) -> String {
        self.number += 1;
        let high = self.hasher.hash_one((self.number, false));
        let low = self.hasher.hash_one((self.number, true));
        let first = (unix_ms << 16) | 0x7000 | (high & 0x0fff);
        let second = (low & (u64::MAX >> 2)) | (1 << 63);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            first >> 32,
            (first >> 16) & 0xffff,
            first & 0xffff,
            second >> 48,
            second & 0xffff_ffff_ffff
        )
    }
}

/// Whether a name that somebody else has given may stand in logs and responses as it is.
pub fn is_request_id(value: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=~".contains(byte);
    (1..=BYTES_MAX).contains(&value.len()) && value.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_uuid_of_version_7_and_none_comes_twice() {
        let mut ids = RequestIds::default();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let id = ids.next(0x0192_3456_789a);
            assert!(
                id.starts_with("01923456-789a-7") && is_request_id(id.as_bytes()),
                "{id}"
            );
            assert!(
                id.len() == 36 && matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
                "{id}"
            );
            assert!(seen.insert(id));
        }
        assert_ne!(RequestIds::default().next(1), RequestIds::default().next(1));
    }

    #[test]
    fn names_of_others_are_short_and_plain() {
        for good in ["a", "Root=1-67891233-abcdef012345678912345678", "req_1.2:3/4~5"] {
            assert!(is_request_id(good.as_bytes()), "{good:?}");
        }
        for wrong in ["", "a b", "a,b", "a\"b", "\u{e9}", &"x".repeat(129)] {
            assert!(!is_request_id(wrong.as_bytes()), "{wrong:?}");
        }
    }
}
