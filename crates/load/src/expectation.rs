//! What answers have to be, and whether one is.
//!
//! Owns the body that was verified first, so that the next ones cost a comparison instead of a hash.

use std::ops::RangeInclusive;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::decoder::Head;
use crate::error::ErrorClass;

/// Statuses that are right when none is named.
const STATUSES_DEFAULT: RangeInclusive<u16> = 200..=399;
/// RFC 9110 section 15.6.4.
const SERVICE_UNAVAILABLE: u16 = 503;
/// A longer body is hashed each time instead of being kept.
const KNOWN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What every answer has to be; what is not named is not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// Statuses that are right; none named: any 2xx or 3xx.
    pub statuses: Vec<u16>,
    /// The body's length. Of answers to HEAD, what content-length says.
    pub body_bytes: Option<u64>,
    /// SHA-256 of the body.
    pub body_sha256: Option<[u8; 32]>,
}

/// Judges answers; one per thread.
#[derive(Debug)]
pub(crate) struct Verifier {
    expectation: Expectation,
    is_head: bool,
    /// A body whose hash is the expected one.
    known: Option<Vec<u8>>,
}

/// The body of one answer so far.
#[derive(Debug, Default)]
pub(crate) struct BodyCheck {
    len: u64,
    differs: bool,
    hashing: Option<Box<Hashing>>,
}

#[derive(Debug, Default)]
struct Hashing {
    hasher: Sha256,
    bytes: Vec<u8>,
}

impl Verifier {
    /// For answers to `method`.
    pub(crate) fn new(expectation: Expectation, method: &str) -> Self {
        Verifier {
            expectation,
            is_head: method == "HEAD",
            known: None,
        }
    }

    /// Takes note of a part of the body.
    #[inline]
    pub(crate) fn body(&self, check: &mut BodyCheck, bytes: &[u8]) {
        let start = check.len;
        check.len += bytes.len() as u64;
        if self.expectation.body_sha256.is_none() {
            return;
        }
        if check.hashing.is_none() && (start > 0 || self.known.is_some()) {
            let known = self.known.as_deref().unwrap_or_default();
            let expected = usize::try_from(start).ok().and_then(|start| known.get(start..));
            check.differs |= !expected.is_some_and(|expected| expected.starts_with(bytes));
            return;
        }
        let hashing = check.hashing.get_or_insert_default();
        hashing.hasher.update(bytes);
        if hashing.bytes.len() + bytes.len() <= KNOWN_BYTES_MAX {
            hashing.bytes.extend_from_slice(bytes);
        }
    }

    /// Judges a whole answer and makes the check ready for the next.
    #[inline]
    pub(crate) fn judge(&mut self, head: &Head, check: &mut BodyCheck) -> Result<(), ErrorClass> {
        let check = std::mem::take(check);
        if !self.is_status_right(head.status) {
            return Err(match head.status {
                SERVICE_UNAVAILABLE => ErrorClass::Refused,
                _ => ErrorClass::Status,
            });
        }
        if let Some(expected) = self.expectation.body_bytes {
            let len = match self.is_head {
                true => head.content_length.unwrap_or(expected),
                false => check.len,
            };
            if len != expected {
                return Err(ErrorClass::Length);
            }
        }
        match self.expectation.body_sha256 {
            Some(expected) if !self.is_head => self.judge_hash(&expected, check),
            _ => Ok(()),
        }
    }

    fn is_status_right(&self, status: u16) -> bool {
        match self.expectation.statuses.as_slice() {
            [] => STATUSES_DEFAULT.contains(&status),
            statuses => statuses.contains(&status),
        }
    }

    fn judge_hash(&mut self, expected: &[u8; 32], check: BodyCheck) -> Result<(), ErrorClass> {
        if check.hashing.is_none()
            && let Some(known) = &self.known
        {
            let is_same = !check.differs && check.len == known.len() as u64;
            return if is_same { Ok(()) } else { Err(ErrorClass::Hash) };
        }
        let hashing = check.hashing.unwrap_or_default();
        if hashing.hasher.finalize()[..] != expected[..] {
            return Err(ErrorClass::Hash);
        }
        if hashing.bytes.len() as u64 == check.len {
            self.known = Some(hashing.bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::Framing;

    fn head(status: u16) -> Head {
        Head {
            status,
            framing: Framing::Length(0),
            content_length: None,
            keep_alive: true,
        }
    }

    fn judge(verifier: &mut Verifier, status: u16, parts: &[&[u8]]) -> Result<(), ErrorClass> {
        let mut check = BodyCheck::default();
        for part in parts {
            verifier.body(&mut check, part);
        }
        verifier.judge(&head(status), &mut check)
    }

    fn verifier(body_bytes: Option<u64>, body: Option<&[u8]>) -> Verifier {
        let expectation = Expectation {
            statuses: Vec::new(),
            body_bytes,
            body_sha256: body.map(|body| Sha256::digest(body).into()),
        };
        Verifier::new(expectation, "GET")
    }

    #[test]
    fn statuses_are_two_or_three_hundred_unless_named() {
        let mut verifier = verifier(None, None);
        for (status, right) in [
            (200, true),
            (204, true),
            (302, true),
            (399, true),
            (400, false),
            (500, false),
            (101, false),
        ] {
            assert_eq!(judge(&mut verifier, status, &[]).is_ok(), right, "{status}");
        }
        assert_eq!(judge(&mut verifier, 503, &[]), Err(ErrorClass::Refused));
        verifier.expectation.statuses = vec![404, 503];
        assert_eq!(judge(&mut verifier, 503, &[]), Ok(()));
        assert_eq!(judge(&mut verifier, 404, &[]), Ok(()));
        assert_eq!(judge(&mut verifier, 200, &[]), Err(ErrorClass::Status));
    }

    #[test]
    fn another_length_is_wrong() {
        let mut verifier = verifier(Some(3), None);
        assert_eq!(judge(&mut verifier, 200, &[b"ab", b"c"]), Ok(()));
        assert_eq!(judge(&mut verifier, 200, &[b"ab"]), Err(ErrorClass::Length));
        assert_eq!(judge(&mut verifier, 200, &[]), Err(ErrorClass::Length));
    }

    #[test]
    fn another_body_is_wrong_before_and_after_one_is_known() {
        let mut verifier = verifier(None, Some(b"hello"));
        for _ in 0..2 {
            assert_eq!(judge(&mut verifier, 200, &[b"hullo"]), Err(ErrorClass::Hash));
            assert_eq!(judge(&mut verifier, 200, &[b"hello!"]), Err(ErrorClass::Hash));
            assert_eq!(judge(&mut verifier, 200, &[b"hel"]), Err(ErrorClass::Hash));
            assert_eq!(judge(&mut verifier, 200, &[]), Err(ErrorClass::Hash));
            assert_eq!(judge(&mut verifier, 200, &[b"he", b"llo"]), Ok(()));
            assert!(verifier.known.is_some());
        }
    }

    #[test]
    fn an_empty_body_can_be_expected() {
        let mut verifier = verifier(None, Some(b""));
        for _ in 0..2 {
            assert_eq!(judge(&mut verifier, 200, &[]), Ok(()));
            assert_eq!(judge(&mut verifier, 200, &[b"x"]), Err(ErrorClass::Hash));
        }
    }

    #[test]
    fn a_body_known_by_another_connection_meanwhile_does_not_confuse() {
        let mut verifier = verifier(None, Some(b"hello"));
        let mut slow = BodyCheck::default();
        verifier.body(&mut slow, b"he");
        assert_eq!(judge(&mut verifier, 200, &[b"hello"]), Ok(()));
        verifier.body(&mut slow, b"llo");
        assert_eq!(verifier.judge(&head(200), &mut slow), Ok(()));
    }

    #[test]
    fn a_body_too_long_to_be_known_is_hashed() {
        let body = vec![7u8; KNOWN_BYTES_MAX + 1];
        let mut verifier = verifier(None, Some(&body));
        for _ in 0..2 {
            assert_eq!(judge(&mut verifier, 200, &[&body[..100], &body[100..]]), Ok(()));
            assert!(verifier.known.is_none());
        }
    }
}
