//! What a response says of being kept: `Cache-Control` (RFC 9111 section 5.2.2).
//!
//! Owns the reading of its directives. Never decides. Called by: `storable`.

use howth_http1::Field;

/// The directives that count here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheControl {
    /// `no-store`, `no-cache` or `private`, also of fields alone.
    pub(crate) forbids: bool,
    /// `must-revalidate` or `proxy-revalidate`.
    pub(crate) forbids_stale: bool,
    /// `max-age`, in seconds.
    pub(crate) max_age_s: Option<u64>,
    /// `s-maxage`.
    pub(crate) shared_max_age_s: Option<u64>,
}

impl CacheControl {
    pub(crate) fn of(fields: &[Field<'_>]) -> Self {
        let mut said = CacheControl::default();
        for (name, value) in fields {
            if name.eq_ignore_ascii_case(b"cache-control") {
                value.split(|byte| *byte == b',').for_each(|one| said.add(one));
            }
        }
        said
    }

    /// RFC 9111 section 4.2.1: the first that is there; for caches that many share, its own before the other.
    pub(crate) fn lifetime_s(&self) -> Option<u64> {
        self.shared_max_age_s.or(self.max_age_s)
    }

    fn add(&mut self, directive: &[u8]) {
        let mut parts = directive.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        let mut least = |own: fn(&mut Self) -> &mut Option<u64>| {
            let own = own(self);
            let said_s = parts.next().map_or(0, seconds);
            *own = Some(own.map_or(said_s, |own| own.min(said_s)));
        };
        match name.len() {
            8 if is(b"no-store") || is(b"no-cache") => self.forbids = true,
            7 if is(b"private") => self.forbids = true,
            7 if is(b"max-age") => least(|said| &mut said.max_age_s),
            8 if is(b"s-maxage") => least(|said| &mut said.shared_max_age_s),
            15 if is(b"must-revalidate") => self.forbids_stale = true,
            16 if is(b"proxy-revalidate") => self.forbids_stale = true,
            _ => {}
        }
    }
}

/// RFC 9111 section 1.2.2; what is no number is no time at all (section 4.2.1).
fn seconds(value: &[u8]) -> u64 {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let value = value.strip_suffix(b"\"").unwrap_or(value);
    number(value).unwrap_or(0)
}

/// A number of seconds, at most 2³¹; `None`: it is none.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        let digits = value.iter().map(|byte| u64::from(byte - b'0'));
        digits.fold(0, |sum, digit| (sum * 10 + digit).min(1 << 31))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &str) -> CacheControl {
        CacheControl::of(&[(b"x", b"no-store"), (b"Cache-Control", value.as_bytes())])
    }

    #[test]
    fn directives_are_read() {
        for forbidden in [
            "no-store",
            "public, NO-CACHE",
            "private",
            "private=\"set-cookie\"",
            "max-age=1,no-store",
        ] {
            assert!(said(forbidden).forbids, "{forbidden}");
        }
        for allowed in ["public", "no-transform", "", "max-age=1", "no-stores"] {
            assert!(!said(allowed).forbids, "{allowed}");
        }
        assert_eq!(said("max-age=60, s-maxage = 5").lifetime_s(), Some(5));
        assert_eq!(said("max-age=\"60\"").lifetime_s(), Some(60));
        assert_eq!(said("max-age=60, max-age=5").lifetime_s(), Some(5));
        assert_eq!(said("max-age=x").lifetime_s(), Some(0));
        assert_eq!(said("max-age").lifetime_s(), Some(0));
        assert_eq!(
            said("max-age=99999999999999999999999").lifetime_s(),
            Some(1 << 31)
        );
        assert_eq!(said("public").lifetime_s(), None);
        assert!(said("max-age=1, must-revalidate").forbids_stale);
        assert!(said("proxy-revalidate").forbids_stale);
        let lines: [Field<'_>; 2] = [(b"cache-control", b"max-age=1"), (b"cache-control", b"no-store")];
        assert!(CacheControl::of(&lines).forbids);
    }
}
