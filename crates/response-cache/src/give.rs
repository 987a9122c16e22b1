//! How a response is given that is kept.
//!
//! Owns its head: `Age`, `Cache-Status`, what becomes of conditions (RFC 9111 section 4.3.2). Called by: `layer`, for who asks;
//! `exchanges`, for who has waited.

use std::time::SystemTime;

use bytes::Bytes;
use howth_conditions::{Outcome, evaluate};
use howth_engine::{Body, ExchangeId, Exchanges};
use howth_http1::{Field, ResponseHead};
use smallvec::SmallVec;

use crate::statuses::CACHE_STATUS;
use crate::stored::Stored;

/// A response with this many fields needs no allocation for them.
const FIELDS_ON_STACK: usize = 24;

/// The digits of the longest age.
const DIGITS_MAX: usize = 20;

/// Gives it; a client that is gone is no error. `is_conditional`: the request may have conditions.
#[inline]
pub(crate) fn give(
    exchanges: &dyn Exchanges,
    id: ExchangeId,
    stored: &Stored,
    status: &[u8],
    is_conditional: bool,
    now_us: u64,
) {
    let outcome = match is_conditional {
        true => conditions(exchanges, id, stored),
        false => Outcome::Answer { ranges: false },
    };
    let mut digits = [0; DIGITS_MAX];
    let age = write_number(&mut digits, stored.age_s(now_us));
    let is_whole = matches!(outcome, Outcome::Answer { .. });
    let mut fields: SmallVec<[Field<'_>; FIELDS_ON_STACK]> = SmallVec::new();
    fields.extend(
        stored
            .fields
            .iter()
            .filter(|(name, _)| is_whole || !is_of_content(name)),
    );
    fields.push((b"age", age));
    fields.push((CACHE_STATUS, status));
    let (code, reason, content) = match outcome {
        Outcome::Answer { .. } => (stored.status, stored.reason.as_deref(), stored.content.clone()),
        Outcome::NotModified => (304, None, Bytes::new()),
        Outcome::Failed => (412, None, Bytes::new()),
    };
    let head = ResponseHead {
        status: code,
        reason,
        fields: &fields,
    };
    let _ = exchanges.respond_with(id, &head, Body::Shared(content));
}

/// What the conditions of a request come to. They are for what would be answered by 2xx (RFC 9110 section 13.2.1).
pub(crate) fn conditions(exchanges: &dyn Exchanges, id: ExchangeId, stored: &Stored) -> Outcome {
    match exchanges.head(id) {
        Some(head) if (200..300).contains(&stored.status) => {
            evaluate(&head, stored.validators(), SystemTime::now())
        }
        _ => Outcome::Answer { ranges: false },
    }
}

/// RFC 9110 section 15.4.5: what is about the content is not said without it.
fn is_of_content(name: &[u8]) -> bool {
    let is_content = name.len() > 8 && name[..8].eq_ignore_ascii_case(b"content-");
    is_content && !name.eq_ignore_ascii_case(b"content-location")
}

fn write_number(digits: &mut [u8; DIGITS_MAX], mut number: u64) -> &[u8] {
    let mut start = DIGITS_MAX;
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length() {
        for number in [0, 7, 60, u64::MAX] {
            let mut digits = [0; DIGITS_MAX];
            assert_eq!(write_number(&mut digits, number), number.to_string().as_bytes());
        }
    }

    #[test]
    fn fields_of_content_are_told_apart() {
        for (name, is_it) in [
            ("Content-Type", true),
            ("content-encoding", true),
            ("content-location", false),
            ("etag", false),
            ("content-", false),
        ] {
            assert_eq!(is_of_content(name.as_bytes()), is_it, "{name}");
        }
    }
}
