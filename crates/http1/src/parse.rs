//! Parsing a whole request head into a [`RequestHead`].
//!
//! Owns the order of the rules: request line, fields in their order, then what they say together. Never looks for the
//! head's end; the decoder hands over bytes and learns whether a whole head was in them. Called by: `decoder`.
//!
//! There are two ways in. `parse_whole` takes heads with which nothing is wrong, in one pass; whatever it does not take,
//! `parse_head` judges rule by rule, so that verdicts come from one place.

use std::mem::MaybeUninit;

use crate::connection::{ConnectionOptions, members};
use crate::fields::{self, FieldLine, KnownField};
use crate::framing::FramingFields;
use crate::head::{Parts, Rewritten, Span};
use crate::request_line::RequestLine;
use crate::target::Target;
use crate::{BodyLength, Limits, Rejection, RequestHead, Version, host, scan, serialized};

const HOST_MISSING: Rejection = Rejection::bad_request("the host field is missing");
const HOST_REPEATED: Rejection = Rejection::bad_request("the host field is repeated");
const HOST_MALFORMED: Rejection = Rejection::bad_request("the host field is malformed");

/// Fields of a head that is parsed in one pass.
const FIELDS_MAX: usize = 64;

/// Parses a head that is there as a whole and breaks no rule or limit, as nearly all are, and gives its length.
/// `None`: it has to be looked at closely; `head` is left empty.
pub(crate) fn parse_whole(window: &[u8], limits: &Limits, head: &mut RequestHead) -> Option<usize> {
    head.clear();
    let parsed = parse_in_one_pass(window, limits, head);
    if parsed.is_none() {
        head.clear();
    }
    parsed
}

fn parse_in_one_pass(window: &[u8], limits: &Limits, head: &mut RequestHead) -> Option<usize> {
    let mut array = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut []);
    let tokenised = request.parse_with_uninit_headers(window, &mut array).ok()?;
    let httparse::Status::Complete(head_bytes) = tokenised else {
        return None;
    };
    let line = RequestLine::of_tokens(window, request.method?, request.path?, limits)?;
    let line_bytes = line.bytes();
    let section = window.get(line_bytes..head_bytes)?;
    if request.headers.len() > limits.fields_max {
        return None;
    }
    let mut known = KnownFields::default();
    let end = fields::walk_tokens(section, request.headers, |field| {
        head.push_field(
            span(line_bytes + field.name_start, field.name.len()),
            value_span(line_bytes, &field),
        );
        known.add(line_bytes, &field)
    });
    if end.ok()? + b"\r\n".len() != section.len() {
        return None;
    }
    let parts = known.judge(&line, window, limits).ok()?;
    let rewritten = rewrite(&line, &parts, window).ok()?;
    head.fill(&window[..head_bytes], parts, &rewritten);
    Some(head_bytes)
}

/// Parses the head at the start of `window` and gives its length; `None` when it is not complete.
///
/// One pass over the fields, one copy of the bytes. On an error `head` is left empty.
pub(crate) fn parse_head(
    window: &[u8],
    limits: &Limits,
    head: &mut RequestHead,
) -> Result<Option<usize>, Rejection> {
    head.clear();
    let result = parse_into(window, limits, head);
    if !matches!(result, Ok(Some(_))) {
        head.clear();
    }
    result
}

fn parse_into(window: &[u8], limits: &Limits, head: &mut RequestHead) -> Result<Option<usize>, Rejection> {
    let Some(line_bytes) = scan::next_line_end(window, &mut 0)? else {
        return Ok(None);
    };
    let line = RequestLine::parse(&window[..line_bytes - 2], limits)?;
    let section = &window[line_bytes..];
    let mut known = KnownFields::default();
    let walked = fields::walk_section(section, limits.fields_max, |field| {
        head.push_field(
            span(line_bytes + field.name_start, field.name.len()),
            value_span(line_bytes, &field),
        );
        known.add(line_bytes, &field)
    })?;
    let Some(section_bytes) = walked else {
        return Ok(None);
    };
    let head_bytes = line_bytes + section_bytes;
    let parts = known.judge(&line, window, limits)?;
    let rewritten = rewrite(&line, &parts, window)?;
    head.fill(&window[..head_bytes], parts, &rewritten);
    Ok(Some(head_bytes))
}

/// Authority and path in the form of the URL standard, where they have another; a host that no URL can have is refused.
pub(crate) fn rewrite(line: &RequestLine<'_>, parts: &Parts, window: &[u8]) -> Result<Rewritten, Rejection> {
    let authority = match parts.authority {
        Some(authority) => serialized::authority(authority.of(window))?,
        None => None,
    };
    let path = match (&line.form, parts.path.of(window)) {
        (Target::Origin, path) | (Target::Absolute { .. }, path @ [b'/', ..]) => {
            serialized::path(path, line.seen)
        }
        // Its path is empty, with or without a query; it means "/" (RFC 9110 section 4.2.3).
        (Target::Absolute { .. }, query) => {
            serialized::serialize_path(&format!("/{}", String::from_utf8_lossy(query)))
        }
        (Target::Authority | Target::Asterisk, _) => None,
    };
    Ok(Rewritten { authority, path })
}

/// What the fields that matter here said.
#[derive(Default)]
pub(crate) struct KnownFields {
    host: Option<Span>,
    framing: FramingFields,
    connection: ConnectionOptions,
    /// An expectation was named, and whether all that were are `100-continue`.
    expects: bool,
    expects_other: bool,
    upgrade: Option<Span>,
    upgrade_lines: usize,
}

impl KnownFields {
    pub(crate) fn add(&mut self, line_bytes: usize, field: &FieldLine<'_>) -> Result<(), Rejection> {
        match KnownField::of(field.name) {
            None => Ok(()),
            Some(KnownField::Host) => {
                // RFC 9112 section 3.2: more than one Host field line is answered with 400.
                if self.host.replace(value_span(line_bytes, field)).is_some() {
                    return Err(HOST_REPEATED);
                }
                // Every target here is of an http URI, which has an authority; one whose host is empty is invalid
                // (RFC 9110 section 4.2.1), and so is an empty value, whatever the form of the target.
                if host::is_authority(field.value) {
                    Ok(())
                } else {
                    Err(HOST_MALFORMED)
                }
            }
            Some(KnownField::ContentLength) => self.framing.add_content_length(field.value),
            Some(KnownField::TransferEncoding) => self.framing.add_transfer_encoding(field.value),
            Some(KnownField::Connection) => {
                self.connection.add(field.value);
                Ok(())
            }
            Some(KnownField::Expect) => {
                self.expects = true;
                self.expects_other |=
                    !members(field.value).all(|member| member.eq_ignore_ascii_case(b"100-continue"));
                Ok(())
            }
            Some(KnownField::Upgrade) => {
                self.upgrade = Some(value_span(line_bytes, field));
                self.upgrade_lines += 1;
                Ok(())
            }
        }
    }

    /// Whether an expectation was named.
    pub(crate) fn expects(&self) -> bool {
        self.expects
    }

    /// Judges what only shows once all fields are there.
    pub(crate) fn judge(
        &self,
        line: &RequestLine<'_>,
        window: &[u8],
        limits: &Limits,
    ) -> Result<Parts, Rejection> {
        let is_http_11 = line.version == Version::Http11;
        let authority = self.authority(line, limits)?;
        let body = self.framing.decide(line.version, limits)?;
        if line.form == Target::Authority && !limits.takes_connect {
            return Err(Rejection::CONNECT_REFUSED);
        }
        // RFC 9110 section 10.1.1: a member other than 100-continue may be answered with 417.
        if self.expects_other && !limits.takes_expectations {
            return Err(Rejection::EXPECTATION_FAILED);
        }
        let method_bytes = line.method.len();
        let target_start = method_bytes + 1;
        let path_start = match line.form {
            Target::Absolute { path_start, .. } => target_start + path_start,
            _ => target_start,
        };
        let target_end = target_start + line.target.len();
        Ok(Parts {
            method: span(0, method_bytes),
            target: span(target_start, line.target.len()),
            path: span(path_start, target_end - path_start),
            authority,
            // RFC 9110 section 7.8: an Upgrade in HTTP/1.0 or without the connection option is ignored. So are
            // several, which only a client that upgrades to nothing in particular would send.
            upgrade: self.upgrade.filter(|upgrade| {
                let is_text = upgrade.of(window).is_ascii() && upgrade.len > 0;
                is_http_11 && self.connection.upgrade && self.upgrade_lines == 1 && is_text
            }),
            version: line.version,
            body,
            is_connect: line.form == Target::Authority,
            // RFC 9112 section 9.3.
            keep_alive: !self.connection.close
                && (line.version != Version::Http10 || self.connection.keep_alive),
            // RFC 9110 section 10.1.1: ignored in HTTP/1.0 and where no body follows.
            expects_other: self.expects_other,
            expects_continue: self.expects
                && is_http_11
                && !matches!(body, BodyLength::None | BodyLength::Known(0)),
            fields_end: 0,
        })
    }

    /// RFC 9112 section 3.2: HTTP/1.1 has exactly one Host field, unless the limits let it be without; section 3.3: the
    /// authority of the target, where it has one, overrules it.
    fn authority(&self, line: &RequestLine<'_>, limits: &Limits) -> Result<Option<Span>, Rejection> {
        if self.host.is_none() && line.version != Version::Http10 && limits.requires_host {
            return Err(HOST_MISSING);
        }
        let target_start = line.method.len() + 1;
        let of_target = match &line.form {
            Target::Absolute { authority, .. } => Some(span(target_start + authority.start, authority.len())),
            Target::Authority => Some(span(target_start, line.target.len())),
            Target::Origin | Target::Asterisk => None,
        };
        Ok(of_target.or(self.host))
    }
}

fn value_span(line_bytes: usize, field: &FieldLine<'_>) -> Span {
    span(line_bytes + field.value_start, field.value.len())
}

/// Windows are at most `u32::MAX` bytes long, so that no offset is cut.
pub(crate) fn span(start: usize, len: usize) -> Span {
    Span {
        start: start as u32,
        len: len as u32,
    }
}
