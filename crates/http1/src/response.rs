//! What an application's response head means on the wire, decided once for both engines.
//!
//! Owns framing and persistence of responses (RFC 9112 sections 6 and 9, RFC 9110 sections 6.4.1, 8.6, 15). Never
//! writes bytes; `encode` does. Called by: `howth_connection`.

use crate::connection::ConnectionOptions;
use crate::framing::parse_content_length;
use crate::{RequestHead, Version, fields};

/// A field: name and value as the application gave them.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// The head of a response as an application gives it.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status code: 200 to 599, or that of an interim response.
    pub status: u16,
    /// The reason phrase; `None` for the registered one.
    pub reason: Option<&'a str>,
    /// The fields in the order they are sent.
    pub fields: &'a [Field<'a>],
}

/// What of a request decides how its response is framed; an engine keeps it per exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// The version.
    pub version: Version,
    /// Is the method HEAD?
    pub is_head: bool,
    /// Is the method CONNECT?
    pub is_connect: bool,
    /// May the connection persist, as far as the client is concerned?
    pub keep_alive: bool,
}

impl From<&RequestHead> for RequestFacts {
    fn from(head: &RequestHead) -> Self {
        RequestFacts {
            version: head.version(),
            is_head: head.is_head(),
            is_connect: head.is_connect(),
            keep_alive: head.keep_alive(),
        }
    }
}

/// How the end of a response's body is told (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing follows the head.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// All bytes until the connection closes.
    UntilClose,
}

/// How a response goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponsePlan {
    /// The framing of the bytes that follow the head.
    pub framing: Framing,
    /// The content-length field to send, if any. Without a body on the wire it says what a GET would have got.
    pub content_length: Option<u64>,
    /// False: `connection: close` goes out, and the connection closes after the response.
    pub keep_alive: bool,
}

/// A response head that cannot be sent. Nothing of it may reach the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResponse {
    /// RFC 9110 section 15.
    #[error("the status is not between 200 and 599")]
    Status,
    /// RFC 9110 section 15.2.
    #[error("the status is not that of an interim response")]
    Interim,
    /// RFC 9110 sections 7.8 and 9.3.6.
    #[error("a protocol is changed by 101 with an upgrade field, or by 2xx in answer to CONNECT")]
    Switch,
    /// RFC 9112 section 4.
    #[error("the reason phrase holds a control character")]
    Reason,
    /// RFC 9110 section 5.1.
    #[error("a field name is not a token")]
    FieldName,
    /// RFC 9110 section 5.5.
    #[error("a field value holds CR, LF or NUL")]
    FieldValue,
}

/// Plans a response. `length` is that of a whole body, in bytes, or `None` for a stream of unknown length.
/// `closing`: the server wants the connection closed after it.
///
/// An application's own `connection: close` is heard. Its own content-length counts where nothing better is
/// known: for a stream, for HEAD and for 304; one that is no number, or is repeated, does not exist.
///
/// # Errors
///
/// The head holds something that would break the message apart.
pub fn plan_response(
    request: RequestFacts,
    head: &ResponseHead<'_>,
    length: Option<u64>,
    closing: bool,
) -> Result<ResponsePlan, InvalidResponse> {
    let own = OwnFields::read(head)?;
    let is_tunnel = is_tunnel(request, head.status);
    let content_length = match head.status {
        // RFC 9110 section 8.6: neither of these says how long its content is.
        _ if is_tunnel => None,
        204 => None,
        // RFC 9110 section 15.3.6: the client is told that there is no content.
        205 => Some(0),
        // RFC 9110 section 15.4.5: a content-length is that of the 200 it stands for.
        304 => own.content_length,
        // RFC 9110 section 9.3.2: an empty body does not say how long that of a GET would be.
        _ if request.is_head => length.filter(|&bytes| bytes > 0).or(own.content_length),
        _ => length.or(own.content_length),
    };
    let framing = match (content_length, request.version) {
        _ if !has_content(request, head.status) => Framing::None,
        (Some(bytes), _) => Framing::Length(bytes),
        // RFC 9112 section 6.1: no transfer coding to a client of HTTP/1.0; section 6.3, rule 8: close. HTTP/2 frames it itself.
        (None, Version::Http11 | Version::Http2) => Framing::Chunked,
        (None, Version::Http10) => Framing::UntilClose,
    };
    let must_close = closing || is_tunnel || own.close || framing == Framing::UntilClose;
    Ok(ResponsePlan {
        framing,
        content_length,
        keep_alive: request.keep_alive && !must_close,
    })
}

/// Does a response of this status, 200 to 599, have content on the wire? What an application gives for one that
/// has none is not sent.
pub fn has_content(request: RequestFacts, status: u16) -> bool {
    // RFC 9110 sections 15.3.5, 15.3.6, 15.4.5; 9.3.2.
    let is_without = matches!(status, 204 | 205 | 304) || request.is_head;
    !is_without && !is_tunnel(request, status)
}

/// RFC 9110 section 9.3.6: a 2xx answer to CONNECT has no content, and what follows it would be a tunnel, which there
/// is none: the connection closes.
fn is_tunnel(request: RequestFacts, status: u16) -> bool {
    request.is_connect && status < 300
}

/// Is this field of an application sent on? Framing and the connection are the engine's (RFC 9110 section 7.6.1).
pub fn is_forwarded(name: &[u8]) -> bool {
    let own: &[u8] = match name.len() {
        7 => b"upgrade",
        10 if name[0] | 0x20 == b'k' => b"keep-alive",
        10 => b"connection",
        14 => b"content-length",
        17 => b"transfer-encoding",
        _ => return true,
    };
    !name.eq_ignore_ascii_case(own)
}

/// What the application said about framing and the connection.
struct OwnFields {
    content_length: Option<u64>,
    close: bool,
}

impl OwnFields {
    /// Reads them, and validates everything on the way.
    fn read(head: &ResponseHead<'_>) -> Result<Self, InvalidResponse> {
        if !(200..=599).contains(&head.status) {
            return Err(InvalidResponse::Status);
        }
        validate_reason(head.reason)?;
        let mut connection = ConnectionOptions::default();
        let mut content_lengths = (0, None);
        for &(name, value) in head.fields {
            validate_field(name, value)?;
            if name.len() == 10 && name.eq_ignore_ascii_case(b"connection") {
                connection.add(value);
            } else if name.len() == 14 && name.eq_ignore_ascii_case(b"content-length") {
                content_lengths = (
                    content_lengths.0 + 1,
                    parse_content_length(fields::trim_whitespace(value)),
                );
            }
        }
        let content_length = content_lengths.1.filter(|_| content_lengths.0 == 1);
        Ok(OwnFields {
            content_length,
            close: connection.close,
        })
    }
}

/// All of a head but its status.
pub(crate) fn validate_head(head: &ResponseHead<'_>) -> Result<(), InvalidResponse> {
    validate_reason(head.reason)?;
    let mut fields = head.fields.iter();
    fields.try_for_each(|(name, value)| validate_field(name, value))
}

/// RFC 9112 section 4: a reason phrase is text on one line.
fn validate_reason(reason: Option<&str>) -> Result<(), InvalidResponse> {
    let is_allowed = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    match reason.unwrap_or_default().bytes().all(is_allowed) {
        true => Ok(()),
        false => Err(InvalidResponse::Reason),
    }
}

/// A name is a token; a value holds nothing that ends a line or a string (RFC 9110 section 5.5). Other control
/// characters are let through, as the Fetch standard lets an application set them.
///
/// # Errors
/// The field would break the message apart.
pub fn validate_field(name: &[u8], value: &[u8]) -> Result<(), InvalidResponse> {
    if !fields::is_token(name) {
        return Err(InvalidResponse::FieldName);
    }
    if memchr::memchr3(b'\r', b'\n', b'\0', value).is_some() {
        return Err(InvalidResponse::FieldValue);
    }
    Ok(())
}
