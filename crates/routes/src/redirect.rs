//! Routes that lead elsewhere.
//!
//! Owns how a target is read, and where a request is sent: parameters and wildcard of the route stand in it as they stand in the
//! request's path, encoded, and the query is passed on. What they bring never changes the host: in the target's own host they may
//! not stand, and a target that is a path of this server stays one. Called by: whoever makes routes; the table.

use std::fmt::Write;

use howth_engine::{Body, ExchangeId, Exchanges};
use howth_http1::ResponseHead;

use crate::answer::{Asked, Ready, Served, Serving};
use crate::fields::Fields;
use crate::pattern::Pattern;
use crate::places::Places;

/// What a redirect may answer (RFC 9110 section 15.4).
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// What is wrong with a redirect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// None that names a new place.
    #[error("a redirect has the status 301, 302, 303, 307 or 308, not {0}")]
    Status(u16),
    /// It is no place.
    #[error(
        "a redirect leads to a path that begins with \"/\", or to a URL of http: or https:, not to \"{0}\""
    )]
    Target(String),
    /// The host would be the client's to say.
    #[error("in \"{0}\" the host must be written out; parameters and \"*\" stand in path and query")]
    Host(String),
    /// No parameter of the route.
    #[error("\"{0}\" has :{1}, which is no parameter of its route")]
    Parameter(String, String),
    /// The route has none.
    #[error("\"{0}\" has a \"*\", and its route has none; write %2A for the character")]
    Wildcard(String),
}

/// A part of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    /// The parameter with this number.
    Parameter(usize),
    /// What the wildcard stands for.
    Rest,
}

/// An answer that leads elsewhere, to every method.
#[derive(Clone, Debug)]
pub struct Redirect {
    status: u16,
    path: Box<[Part]>,
    /// With its `?`; empty: the target has none.
    query: Box<[Part]>,
    /// With its `#`.
    fragment: Box<[Part]>,
    /// The target is a path of this server.
    is_local: bool,
    /// The request's query is passed on.
    passes_query: bool,
    /// The whole answer, where no request changes it but by its query.
    ready: Option<Ready>,
}

impl Redirect {
    /// Reads one for the route of `pattern`. `passes_query`: where the target has none.
    ///
    /// # Errors
    /// It leads nowhere, or where clients want.
    pub fn read(to: &str, status: u16, passes_query: bool, pattern: &Pattern) -> Result<Self, RedirectError> {
        if !STATUSES.contains(&status) {
            return Err(RedirectError::Status(status));
        }
        let (host, rest) = split_host(to).ok_or_else(|| RedirectError::Target(to.to_owned()))?;
        let reader = Reader { to, pattern };
        if let Some(host) = host
            && !matches!(reader.parts(host).as_deref(), Ok([Part::Text(_)]))
        {
            return Err(RedirectError::Host(to.to_owned()));
        }
        let (rest, fragment) = split_before(rest, '#');
        let (path, query) = split_before(rest, '?');
        let mut path = reader.parts(path)?;
        if let Some(host) = host {
            path.insert(0, Part::Text(host.into()));
        }
        let mut redirect = Redirect {
            status,
            path: path.into(),
            query: reader.parts(query)?.into(),
            fragment: reader.parts(fragment)?.into(),
            is_local: host.is_none(),
            passes_query: passes_query && query.is_empty(),
            ready: None,
        };
        let mut parts = redirect
            .path
            .iter()
            .chain(&redirect.query)
            .chain(&redirect.fragment);
        if parts.all(|part| matches!(part, Part::Text(_))) {
            let mut fields = Fields::default();
            fields.push(b"location", &redirect.location(b"", &Places::default()));
            redirect.ready = Some(Ready {
                status,
                reason: None,
                fields,
                body: bytes::Bytes::new(),
            });
        }
        Ok(redirect)
    }

    /// Where a request is sent whose target (path and query) is this.
    fn location(&self, asked: &[u8], places: &Places) -> Vec<u8> {
        let mut location = Vec::with_capacity(128);
        for part in &self.path {
            location.extend_from_slice(part.of(asked, places));
        }
        if self.is_local {
            stay_here(&mut location);
        }
        for part in &self.query {
            match part {
                Part::Text(text) => location.extend_from_slice(text.as_bytes()),
                part => push_in_query(part.of(asked, places), &mut location),
            }
        }
        if self.passes_query
            && let Some(query) = memchr::memchr(b'?', asked)
        {
            location.extend_from_slice(&asked[query..]);
        }
        for part in &self.fragment {
            location.extend_from_slice(part.of(asked, places));
        }
        location
    }
}

impl Part {
    /// What it stands for.
    fn of<'a>(&'a self, asked: &'a [u8], places: &Places) -> &'a [u8] {
        match self {
            Part::Text(text) => text.as_bytes(),
            Part::Parameter(number) => places.get(*number).map_or(b"", |place| place.of(asked)),
            Part::Rest => places.rest.map_or(b"", |place| place.of(asked)),
        }
    }
}

impl Served for Redirect {
    fn serve(&self, exchanges: &dyn Exchanges, id: ExchangeId, asked: &Asked<'_>) -> Serving {
        let location = {
            let Some(head) = exchanges.head(id) else {
                return Serving::Answered;
            };
            let (_, _, target) = head.request_bytes();
            let is_as_ever = !self.passes_query || memchr::memchr(b'?', target).is_none();
            match &self.ready {
                Some(_) if is_as_ever => None,
                _ => Some(self.location(target, asked.places)),
            }
        };
        match (&self.ready, location) {
            (Some(ready), None) => ready.send(exchanges, id),
            (_, location) => {
                let location = location.unwrap_or_default();
                let head = ResponseHead {
                    status: self.status,
                    reason: None,
                    fields: &[(b"location", &location)],
                };
                // A client that is gone is no error.
                let _ = exchanges.respond_with(id, &head, Body::Borrowed(b""));
            }
        }
        Serving::Answered
    }
}

/// Writes what stands in a path into a query, where other characters are delimiters (URL standard,
/// "application/x-www-form-urlencoded parsing").
fn push_in_query(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        match byte {
            b'&' => out.extend_from_slice(b"%26"),
            b'+' => out.extend_from_slice(b"%2B"),
            b'=' => out.extend_from_slice(b"%3D"),
            b';' => out.extend_from_slice(b"%3B"),
            byte => out.push(*byte),
        }
    }
}

/// Two slashes at the start would be followed by a host, and browsers take a backslash for a slash.
fn stay_here(location: &mut Vec<u8>) {
    let slashes = location
        .iter()
        .take_while(|byte| matches!(byte, b'/' | b'\\'))
        .count();
    if slashes > 1 {
        location.drain(1..slashes);
    }
}

/// The scheme and host of a URL, if it is one, and what follows; `None`: it is neither a path nor a URL.
fn split_host(to: &str) -> Option<(Option<&str>, &str)> {
    if to.bytes().any(|byte| byte.is_ascii_control()) {
        return None;
    }
    let schemes = ["https://", "http://", "//"];
    let named = schemes.iter().find(|scheme| {
        let start = to.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let Some(scheme) = named else {
        let is_path = to.starts_with('/') && !to.starts_with("/\\");
        return is_path.then_some((None, to));
    };
    let length = to[scheme.len()..]
        .find(['/', '?', '#', '\\'])
        .map_or(to.len(), |end| end + scheme.len());
    let host = &to[..length];
    let is_host = length > scheme.len() && host.bytes().all(|byte| byte.is_ascii_graphic());
    is_host.then(|| (Some(host), &to[length..]))
}

/// What stands before the first of a character, and the rest with it.
fn split_before(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

/// Reads parts of a target.
struct Reader<'a> {
    to: &'a str,
    pattern: &'a Pattern,
}

impl Reader<'_> {
    fn parts(&self, text: &str) -> Result<Vec<Part>, RedirectError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (part, length) = match first {
                '*' if self.pattern.is_open() => (Part::Rest, 1),
                '*' => return Err(RedirectError::Wildcard(self.to.to_owned())),
                ':' => match self.parameter(rest, plain.chars().last())? {
                    Some((number, length)) => (Part::Parameter(number), length),
                    None => {
                        plain.push(':');
                        rest = &rest[1..];
                        continue;
                    }
                },
                first => {
                    push_encoded(first, &mut plain);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain).into()));
            }
            parts.push(part);
            rest = &rest[length..];
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Ok(parts)
    }

    /// The parameter that is named behind a colon, the longest that fits, and how long that is with the colon. A colon in the
    /// middle of a word that names none is one.
    fn parameter(&self, text: &str, before: Option<char>) -> Result<Option<(usize, usize)>, RedirectError> {
        let behind = &text[1..];
        let fitting = self.pattern.names().enumerate().filter(|(_, name)| {
            let next = behind.strip_prefix(name).map(|rest| rest.chars().next());
            !name.is_empty() && next.is_some_and(|next| !next.is_some_and(is_of_word))
        });
        if let Some((number, name)) = fitting.max_by_key(|(number, name)| (name.len(), *number)) {
            return Ok(Some((number, 1 + name.len())));
        }
        let word = behind.find(|next| !is_of_word(next)).unwrap_or(behind.len());
        let is_name = behind.starts_with(|first: char| first.is_alphabetic() || first == '_');
        match is_name && !before.is_some_and(is_of_word) {
            true => Err(RedirectError::Parameter(
                self.to.to_owned(),
                behind[..word].to_owned(),
            )),
            false => Ok(None),
        }
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// As a URL has it (RFC 3986 section 2.1).
fn push_encoded(character: char, out: &mut String) {
    if character.is_ascii_graphic() {
        return out.push(character);
    }
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        // A text takes everything.
        let _ = write!(out, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests;
