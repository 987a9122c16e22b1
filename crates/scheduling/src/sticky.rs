//! Requests that belong to one core, by a header or a cookie: `--affinity`.
//!
//! Owns how the value is found, and which core it means. Never moves anything. Called by: `peer_cores/belonging.rs`.

use std::hash::{DefaultHasher, Hash, Hasher};

use howth_http1::{BodyLength, RequestHead};

/// What of a request decides which core answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// The first field of this name.
    Header(String),
    /// The cookie of this name.
    Cookie(String),
}

/// A request that is to move is waited for as long as its body is this long at most: what the engine holds of one.
const BODY_BYTES_MAX: u64 = 256 * 1024;

/// The rule, for so many cores.
#[derive(Clone, Debug)]
pub(crate) struct Sticky {
    affinity: Affinity,
    cores: usize,
}

impl Sticky {
    #[inline]
    pub(crate) fn new(affinity: Affinity, cores: usize) -> Self {
        Sticky { affinity, cores }
    }

    /// The core that a request belongs to; `None`: to whichever received it.
    #[inline]
    pub(crate) fn core_of(&self, head: &RequestHead) -> Option<usize> {
        let value = match &self.affinity {
            Affinity::Header(name) => head.field(name)?,
            Affinity::Cookie(name) => {
                let mut cookies = head
                    .fields()
                    .filter(|(field, _)| field.eq_ignore_ascii_case("cookie"));
                cookies.find_map(|(_, value)| cookie(value, name.as_bytes()))?
            }
        };
        // Keys that are always the same: old code and new agree on it.
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        Some((hasher.finish() % self.cores as u64) as usize)
    }

    /// Whether the body is one that a core holds until it is whole.
    #[inline]
    pub(crate) fn may_move(head: &RequestHead) -> bool {
        match head.body() {
            BodyLength::None => true,
            BodyLength::Known(bytes) => bytes <= BODY_BYTES_MAX,
            BodyLength::Chunked => false,
        }
    }
}

/// The value of a cookie in a cookie field (RFC 6265 section 4.2.1).
fn cookie<'a>(field: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    field.split(|byte| *byte == b';').find_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (own, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
        (own == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use howth_http1::{Decoder, Limits};

    use super::*;

    fn head(fields: &str) -> RequestHead {
        let mut head = RequestHead::new();
        let bytes = format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}\r\n");
        Decoder::new()
            .decode(bytes.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        head
    }

    #[test]
    fn the_same_value_means_the_same_core() {
        let sticky = Sticky::new(Affinity::Header("x-user".to_owned()), 64);
        let of = |fields| sticky.core_of(&head(fields));
        assert_eq!(of("x-user: ada\r\n"), of("x-other: 1\r\nX-User: ada\r\n"));
        assert_ne!(of("x-user: ada\r\n"), of("x-user: bob\r\n"));
        assert_eq!(of("x-other: ada\r\n"), None);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let sticky = Sticky::new(Affinity::Cookie("session".to_owned()), 64);
        let of = |fields| sticky.core_of(&head(fields));
        let alone = of("cookie: session=abc\r\n");
        assert!(alone.is_some());
        for fields in [
            "cookie: a=b; session=abc\r\n",
            "cookie: mysession=x; session=abc; c=d\r\n",
            "cookie: a=b\r\ncookie: session=abc\r\n",
        ] {
            assert_eq!(of(fields), alone, "{fields:?}");
        }
        for fields in [
            "",
            "cookie: a=session\r\n",
            "cookie: session\r\n",
            "cookie: Session=abc\r\n",
        ] {
            assert_eq!(of(fields), None, "{fields:?}");
        }
    }

    #[test]
    fn values_spread_over_the_cores() {
        let sticky = Sticky::new(Affinity::Header("x".to_owned()), 4);
        let mut counts = [0; 4];
        for number in 0..400 {
            let core = sticky
                .core_of(&head(&format!("x: {number}\r\n")))
                .expect("a core");
            counts[core] += 1;
        }
        assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
    }
}
