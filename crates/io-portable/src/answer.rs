//! From an application's response head to the response Hyper writes.
//!
//! Owns the mapping of `howth_http1`'s plan onto Hyper: fields, reason phrases, framing. Never decides about
//! framing or persistence: `plan_response` does, for both engines. Called by: `calls`.

use howth_http1::{RequestFacts, ResponseHead, ResponsePlan, Version, is_forwarded};
use http::header::{CONNECTION, CONTENT_LENGTH, MaxSizeReached};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::ext::ReasonPhrase;

use crate::shared::Shared;

/// A status, fields and reason phrase ready for Hyper.
pub(crate) struct MappedHead {
    pub(crate) status: StatusCode,
    pub(crate) fields: HeaderMap,
    pub(crate) extensions: Extensions,
}

/// The head is valid for `howth_http1` but not for Hyper: a field value with a control character, or tens of
/// thousands of fields.
pub(crate) struct Unsendable;

impl From<MaxSizeReached> for Unsendable {
    fn from(_: MaxSizeReached) -> Self {
        Unsendable
    }
}

/// Maps `head`, which `plan` was made for.
pub(crate) fn map_head(
    shared: &Shared,
    facts: RequestFacts,
    head: &ResponseHead<'_>,
    plan: &ResponsePlan,
    is_length_hinted: bool,
) -> Result<MappedHead, Unsendable> {
    let status = StatusCode::from_u16(head.status).map_err(|_| Unsendable)?;
    let mut fields = shared.take_map();
    for (name, value) in head.fields.iter().filter(|(name, _)| is_forwarded(name)) {
        let name = HeaderName::from_bytes(name).map_err(|_| Unsendable)?;
        let value = HeaderValue::from_bytes(value).map_err(|_| Unsendable)?;
        fields.try_append(name, value)?;
    }
    // Hyper adds the date where there is none, and the length of a body by the body's size hint.
    if let Some(length) = plan.content_length.filter(|_| !is_length_hinted) {
        fields.try_insert(CONTENT_LENGTH, HeaderValue::from(length))?;
    }
    if !plan.keep_alive {
        fields.try_insert(CONNECTION, HeaderValue::from_static("close"))?;
    } else if facts.version == Version::Http10 {
        fields.try_insert(CONNECTION, HeaderValue::from_static("keep-alive"))?;
    }
    let mut extensions = Extensions::new();
    if let Some(phrase) = own_phrase(status, head.reason) {
        extensions.insert(phrase);
    }
    Ok(MappedHead {
        status,
        fields,
        extensions,
    })
}

/// The reason phrase, where it is not the one Hyper would write.
fn own_phrase(status: StatusCode, reason: Option<&str>) -> Option<ReasonPhrase> {
    let phrase = reason.unwrap_or_else(|| standard_phrase(status));
    if status.canonical_reason() == Some(phrase) {
        return None;
    }
    ReasonPhrase::try_from(phrase.as_bytes()).ok()
}

/// The registered phrases (RFC 9110 section 15); the `http` crate has older ones, and Hyper invents
/// one where none is known.
fn standard_phrase(status: StatusCode) -> &'static str {
    match status.as_u16() {
        203 => "Non-Authoritative Information",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        510 => "",
        _ => status.canonical_reason().unwrap_or(""),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use howth_http1::{Date, Framing, encode_head};

    use super::*;

    #[test]
    fn phrases_are_those_of_the_other_engine() {
        let facts = RequestFacts {
            version: Version::Http11,
            is_head: false,
            is_connect: false,
            keep_alive: true,
        };
        let plan = ResponsePlan {
            framing: Framing::None,
            content_length: None,
            keep_alive: true,
        };
        let date = Date::new(SystemTime::UNIX_EPOCH);
        for code in 200..=599 {
            let mut line = Vec::new();
            let head = ResponseHead {
                status: code,
                reason: None,
                fields: &[],
            };
            encode_head(&mut line, facts, &head, &plan, &date);
            let status = StatusCode::from_u16(code).unwrap();
            let expected = format!("HTTP/1.1 {code} {}\r\n", standard_phrase(status));
            assert!(
                line.starts_with(expected.as_bytes()),
                "{code}: {}",
                String::from_utf8_lossy(&line)
            );
        }
    }
}
