//! The request line (RFC 9112 section 3): method, target, version, one space between, nothing else.
//!
//! Owns the line's grammar and the bounds that hold before the line is complete. Never judges the target's parts:
//! `target` does. `parse` calls it for a complete line, `scan` for a partial one.

use crate::bytes::{TOKEN, TargetBytes};
use crate::target::Target;
use crate::{Limits, Rejection, Version};

/// The longest method that is read, in bytes; the longest registered one has 17. RFC 9112 section 3 asks for
/// 501 beyond what a server implements, and a bound lets a stream of junk be refused early.
const METHOD_BYTES_MAX: usize = 64;

/// What follows the target of a request in the version that nearly all have.
const HTTP_11: &[u8] = b" HTTP/1.1\r\n";

const INCOMPLETE: Rejection = Rejection::bad_request("the request line is not method, target, version");
const VERSION: Rejection = Rejection::bad_request("the HTTP version is malformed");

/// A valid request line.
#[derive(Debug)]
pub(crate) struct RequestLine<'a> {
    pub method: &'a [u8],
    pub target: &'a [u8],
    pub form: Target,
    /// What the target's bytes were seen to be.
    pub seen: TargetBytes,
    pub version: Version,
}

impl<'a> RequestLine<'a> {
    /// The line at the start of `window`, of which a tokeniser has found method and target. `None`: it has to be looked
    /// at closely.
    pub fn of_tokens(window: &[u8], method: &'a str, target: &'a str, limits: &Limits) -> Option<Self> {
        let (method, target) = (method.as_bytes(), target.as_bytes());
        let (start, rest) = window.split_at_checked(method.len())?;
        let is_strict = start == method
            && rest.first() == Some(&b' ')
            && rest.get(1 + target.len()..)?.starts_with(HTTP_11);
        let is_within = method.len() <= METHOD_BYTES_MAX && target.len() <= limits.target_bytes_max;
        if !(is_strict && is_within && TOKEN.contains_all(method)) {
            return None;
        }
        let (form, seen) = Target::parse(method, target).ok()?;
        Some(RequestLine {
            method,
            target,
            form,
            seen,
            version: Version::Http11,
        })
    }

    /// A line that is none: its parts came by themselves.
    pub fn of_parts(method: &'a [u8], target: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        if !TOKEN.contains_all(method) || method.is_empty() {
            return Err(Rejection::BAD_METHOD);
        }
        if method.len() > METHOD_BYTES_MAX {
            return Err(Rejection::METHOD_TOO_LONG);
        }
        if target.len() > limits.target_bytes_max {
            return Err(Rejection::URI_TOO_LONG);
        }
        let (form, seen) = Target::parse(method, target)?;
        Ok(RequestLine {
            method,
            target,
            form,
            seen,
            version: Version::Http2,
        })
    }

    /// The length of the line with everything between its parts, and its end.
    pub fn bytes(&self) -> usize {
        self.method.len() + 1 + self.target.len() + HTTP_11.len()
    }

    /// Parses a whole line, without its CR LF.
    pub fn parse(line: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        let method_bytes = judge_start(line, limits)?.ok_or(INCOMPLETE)?;
        let (method, rest) = (&line[..method_bytes], &line[method_bytes + 1..]);
        // Without a second space it would be an HTTP/0.9 request, which nobody sends in earnest.
        let target_bytes = memchr::memchr(b' ', rest).ok_or(INCOMPLETE)?;
        let (target, version) = (&rest[..target_bytes], &rest[target_bytes + 1..]);
        let version = parse_version(version)?;
        let (form, seen) = Target::parse(method, target)?;
        Ok(RequestLine {
            method,
            target,
            form,
            seen,
            version,
        })
    }
}

/// Judges as much of a request line as has arrived, without its CR LF: the method's characters, and the bounds
/// of method and target. Gives the method's length once it is known.
///
/// Whatever is refused here is refused as well with more of the line behind it, and with the same reason.
pub(crate) fn judge_start(line: &[u8], limits: &Limits) -> Result<Option<usize>, Rejection> {
    let mut start = line.iter().take(METHOD_BYTES_MAX + 1);
    let method_bytes = match start.position(|&byte| !TOKEN.contains(byte)) {
        Some(bytes) if bytes > 0 && line[bytes] == b' ' => bytes,
        Some(_) => return Err(Rejection::BAD_METHOD),
        None if line.len() > METHOD_BYTES_MAX => return Err(Rejection::METHOD_TOO_LONG),
        None => return Ok(None),
    };
    let rest = &line[method_bytes + 1..];
    if let Some(start) = rest.get(..=limits.target_bytes_max)
        && memchr::memchr(b' ', start).is_none()
    {
        return Err(Rejection::URI_TOO_LONG);
    }
    Ok(Some(method_bytes))
}

/// `HTTP/` digit `.` digit, case-sensitive (RFC 9112 section 2.3). A higher minor version is read as 1.1
/// (RFC 9110 section 2.5), another major version is refused with 505.
fn parse_version(version: &[u8]) -> Result<Version, Rejection> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            Err(Rejection::VERSION_NOT_SUPPORTED)
        }
        _ => Err(VERSION),
    }
}
