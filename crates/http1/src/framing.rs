//! How long a request's body is (RFC 9112 section 6.3).
//!
//! Owns Content-Length and Transfer-Encoding of requests. Never reads the body; `chunked` does. Called by: `parse`,
//! `response`.

use crate::connection::members;
use crate::fields::{is_token, trim_whitespace};
use crate::{BodyLength, Limits, Rejection, Version};

const LENGTH_REPEATED: Rejection = Rejection::bad_request("content-length is repeated");
const LENGTH_MALFORMED: Rejection = Rejection::bad_request("content-length is not a number");
const LENGTH_PADDED: Rejection = Rejection::bad_request("content-length begins with a zero");
const LENGTH_AND_CODING: Rejection =
    Rejection::bad_request("content-length and transfer-encoding exclude each other");
const CODING_IN_HTTP_10: Rejection = Rejection::bad_request("transfer-encoding is not part of HTTP/1.0");
const CODING_MALFORMED: Rejection = Rejection::bad_request("transfer-encoding is malformed");
const CHUNKED_NOT_LAST: Rejection = Rejection::bad_request("chunked is not the final transfer coding");

/// What the head's framing fields say, gathered line by line.
#[derive(Debug, Default)]
pub(crate) struct FramingFields {
    content_length: Option<u64>,
    /// The codings of all Transfer-Encoding lines, which together are one list (RFC 9110 section 5.3).
    codings: usize,
    chunked: usize,
    is_last_chunked: bool,
}

impl FramingFields {
    /// RFC 9110 section 8.6: digits only. Of a repetition or a list even equal values are refused, which the
    /// section allows and request smuggling makes advisable. So is a zero before other digits: the grammar has it, but
    /// no client writes it, and a reader that takes it for an octal number sees another end of the message
    /// (RFC 9112 section 11.2).
    pub fn add_content_length(&mut self, value: &[u8]) -> Result<(), Rejection> {
        if self.content_length.is_some() || value.contains(&b',') {
            return Err(LENGTH_REPEATED);
        }
        let length = parse_content_length(value).ok_or(LENGTH_MALFORMED)?;
        if value.len() > 1 && value[0] == b'0' {
            return Err(LENGTH_PADDED);
        }
        self.content_length = Some(length);
        Ok(())
    }

    /// RFC 9112 section 6.1. Empty members, which a recipient may skip, are refused: no client has a reason
    /// to send them here. `chunked` has no parameters (section 7.1).
    pub fn add_transfer_encoding(&mut self, value: &[u8]) -> Result<(), Rejection> {
        for coding in members(value) {
            let name_bytes = coding
                .iter()
                .position(|&byte| byte == b';')
                .unwrap_or(coding.len());
            if !is_token(trim_whitespace(&coding[..name_bytes])) {
                return Err(CODING_MALFORMED);
            }
            self.codings += 1;
            self.is_last_chunked = coding.eq_ignore_ascii_case(b"chunked");
            self.chunked += usize::from(self.is_last_chunked);
        }
        Ok(())
    }

    /// Decides, once every field was added.
    pub fn decide(&self, version: Version, limits: &Limits) -> Result<BodyLength, Rejection> {
        if self.codings == 0 {
            return match self.content_length {
                // RFC 9112 section 6.3, rule 7: neither field, no body.
                None => Ok(BodyLength::None),
                Some(bytes) if bytes > limits.body_bytes_max => Err(Rejection::CONTENT_TOO_LARGE),
                Some(bytes) => Ok(BodyLength::Known(bytes)),
            };
        }
        // RFC 9112 section 6.1: a server may reject both together, and treats HTTP/1.0 with a transfer coding
        // as faulty framing.
        if self.content_length.is_some() {
            return Err(LENGTH_AND_CODING);
        }
        if version == Version::Http10 {
            return Err(CODING_IN_HTTP_10);
        }
        // RFC 9112 section 6.1: a coding that is not understood, on its own.
        if self.chunked == 0 {
            return Err(Rejection::NOT_IMPLEMENTED);
        }
        // RFC 9112 section 6.3, rule 4: a request must end in chunked; section 7.1: and be chunked once.
        if !self.is_last_chunked || self.chunked > 1 {
            return Err(CHUNKED_NOT_LAST);
        }
        // As above, with chunked after it.
        if self.codings > 1 {
            return Err(Rejection::NOT_IMPLEMENTED);
        }
        Ok(BodyLength::Chunked)
    }
}

/// `1*DIGIT` that fits 64 bits (RFC 9110 section 8.6).
pub(crate) fn parse_content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |length, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(lengths: &[&str], codings: &[&str], version: Version) -> Result<BodyLength, Rejection> {
        let mut fields = FramingFields::default();
        lengths
            .iter()
            .try_for_each(|value| fields.add_content_length(value.as_bytes()))?;
        codings
            .iter()
            .try_for_each(|value| fields.add_transfer_encoding(value.as_bytes()))?;
        fields.decide(
            version,
            &Limits {
                body_bytes_max: 1000,
                ..Limits::default()
            },
        )
    }

    #[test]
    fn content_length() {
        for (lengths, expected) in [
            (&[][..], Ok(BodyLength::None)),
            (&["0"], Ok(BodyLength::Known(0))),
            (&["00"], Err(LENGTH_PADDED)),
            (&["05"], Err(LENGTH_PADDED)),
            (&["0000000000000000000000000007"], Err(LENGTH_PADDED)),
            (&["0x5"], Err(LENGTH_MALFORMED)),
            (&["0", "0"], Err(LENGTH_REPEATED)),
            (&["1000"], Ok(BodyLength::Known(1000))),
            (&["1001"], Err(Rejection::CONTENT_TOO_LARGE)),
            (&["18446744073709551615"], Err(Rejection::CONTENT_TOO_LARGE)),
            (&["18446744073709551616"], Err(LENGTH_MALFORMED)),
            (&["99999999999999999999999"], Err(LENGTH_MALFORMED)),
            (&[""], Err(LENGTH_MALFORMED)),
            (&["+1"], Err(LENGTH_MALFORMED)),
            (&["-1"], Err(LENGTH_MALFORMED)),
            (&["1 0"], Err(LENGTH_MALFORMED)),
            (&["0x10"], Err(LENGTH_MALFORMED)),
            (&["1e3"], Err(LENGTH_MALFORMED)),
            (&["\u{661}"], Err(LENGTH_MALFORMED)),
            (&["5,5"], Err(LENGTH_REPEATED)),
            (&["5, "], Err(LENGTH_REPEATED)),
            (&["5", "5"], Err(LENGTH_REPEATED)),
            (&["5", "6"], Err(LENGTH_REPEATED)),
        ] {
            assert_eq!(decide(lengths, &[], Version::Http11), expected, "{lengths:?}");
            assert_eq!(decide(lengths, &[], Version::Http10), expected, "{lengths:?}");
        }
    }

    #[test]
    fn transfer_encoding() {
        for (codings, expected) in [
            (&["chunked"][..], Ok(BodyLength::Chunked)),
            (&["CHUNKED"], Ok(BodyLength::Chunked)),
            (&[""], Err(CODING_MALFORMED)),
            (&[","], Err(CODING_MALFORMED)),
            (&["chunked,"], Err(CODING_MALFORMED)),
            (&[",chunked"], Err(CODING_MALFORMED)),
            (&["chun ked"], Err(CODING_MALFORMED)),
            (&["chunk\u{e9}d"], Err(CODING_MALFORMED)),
            (&["\x0bchunked"], Err(CODING_MALFORMED)),
            (&["\"chunked\""], Err(CODING_MALFORMED)),
            (&["chunked;q=1"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["xchunked"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["identity"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["gzip"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["chunked, chunked"], Err(CHUNKED_NOT_LAST)),
            (&["chunked", "chunked"], Err(CHUNKED_NOT_LAST)),
            (&["chunked, gzip"], Err(CHUNKED_NOT_LAST)),
            (&["chunked", "gzip"], Err(CHUNKED_NOT_LAST)),
            (&["chunked", "identity"], Err(CHUNKED_NOT_LAST)),
            (&["chunked, gzip, chunked"], Err(CHUNKED_NOT_LAST)),
            (&["gzip, chunked"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["gzip", "chunked"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["foo;a=b, chunked"], Err(Rejection::NOT_IMPLEMENTED)),
            (&["identity, chunked"], Err(Rejection::NOT_IMPLEMENTED)),
        ] {
            assert_eq!(decide(&[], codings, Version::Http11), expected, "{codings:?}");
        }
    }

    #[test]
    fn both_or_the_wrong_version() {
        assert_eq!(
            decide(&["5"], &["chunked"], Version::Http11),
            Err(LENGTH_AND_CODING)
        );
        assert_eq!(
            decide(&["0"], &["chunked"], Version::Http10),
            Err(LENGTH_AND_CODING)
        );
        assert_eq!(
            decide(&["5"], &["identity"], Version::Http11),
            Err(LENGTH_AND_CODING)
        );
        assert_eq!(decide(&[], &["chunked"], Version::Http10), Err(CODING_IN_HTTP_10));
    }
}
