//! An owned request head that is used again and again.
//!
//! Owns the raw bytes and where things lie in them. Never parses; `parse` fills it after it judged the bytes. Called
//! by: the decoder, and everybody who reads a request.

/// The HTTP version of a request. Higher minor versions count as 1.1 (RFC 9110 section 2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    #[default]
    Http11,
    /// HTTP/2.
    Http2,
}

/// How long a request's body is (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyLength {
    /// No body was announced.
    #[default]
    None,
    /// `content-length`, in bytes; may be 0.
    Known(u64),
    /// `transfer-encoding: chunked`.
    Chunked,
}

/// The field lines of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldLines {
    /// There is none.
    None,
    /// There is one, which begins at this byte of the field section.
    One(usize),
    /// There are several.
    Several,
}

/// The head of one request. [`clear`](Self::clear) keeps the memory, so that in the steady state a head costs
/// no allocation.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    /// The head as received; behind it authority and path where their serialised form is another than what was sent.
    pub(crate) bytes: Vec<u8>,
    pub(crate) fields: Vec<FieldSpans>,
    pub(crate) parts: Parts,
}

/// A stretch of the head's bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub start: u32,
    pub len: u32,
}

impl Span {
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        let start = self.start as usize;
        bytes.get(start..start + self.len as usize).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldSpans {
    pub name: Span,
    pub value: Span,
}

/// What stands behind a head's bytes, because it is not in them; both `None` of nearly all.
#[derive(Debug, Default)]
pub(crate) struct Rewritten {
    pub authority: Option<String>,
    pub path: Option<String>,
}

/// Everything about a head but its bytes and fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub method: Span,
    pub target: Span,
    pub path: Span,
    pub authority: Option<Span>,
    pub upgrade: Option<Span>,
    pub version: Version,
    pub body: BodyLength,
    pub is_connect: bool,
    pub keep_alive: bool,
    pub expects_continue: bool,
    pub expects_other: bool,
    /// Where the field lines end, and the empty line begins.
    pub fields_end: u32,
}

impl RequestHead {
    /// An empty head that owns no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the head and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
        self.parts = Parts::default();
    }

    /// The method, a case-sensitive token as sent (RFC 9110 section 9.1).
    pub fn method(&self) -> &str {
        self.text(self.parts.method)
    }

    /// The bytes of [`method`](Self::method), [`authority`](Self::authority) and [`path`](Self::path).
    pub fn request_bytes(&self) -> (&[u8], Option<&[u8]>, &[u8]) {
        let parts = &self.parts;
        (
            parts.method.of(&self.bytes),
            parts.authority.map(|authority| authority.of(&self.bytes)),
            parts.path.of(&self.bytes),
        )
    }

    /// The request target as sent; visible ASCII.
    pub fn target(&self) -> &str {
        self.text(self.parts.target)
    }

    /// Path and query of an origin-form or absolute-form target, beginning with `/`, as the URL standard serialises
    /// them: without dot segments, and so on. `*` of the asterisk-form; the authority of CONNECT.
    pub fn path(&self) -> &str {
        self.text(self.parts.path)
    }

    /// The authority of the target, else the Host field (RFC 9112 section 3.3), as the URL standard serialises it: in
    /// lower case, without port 80, and so on. `None` without Host: of HTTP/1.0, and where the limits let it be.
    pub fn authority(&self) -> Option<&str> {
        self.parts.authority.map(|authority| self.text(authority))
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// The fields in order: name as sent, value without the whitespace around it.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> + '_ {
        self.fields
            .iter()
            .map(|field| (self.text(field.name), field.value.of(&self.bytes)))
    }

    /// The value of the first field of this name, compared without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.fields.iter().filter(|field| {
            field.name.len as usize == name.len()
                && field.name.of(&self.bytes).eq_ignore_ascii_case(name.as_bytes())
        });
        named.next().map(|field| field.value.of(&self.bytes))
    }

    /// The field lines as received: name, colon, value in whatever whitespace, CR LF. Without the empty line that
    /// ends the section.
    pub fn field_section(&self) -> &[u8] {
        let Some(first) = self.fields.first() else {
            return &[];
        };
        let section = first.name.start as usize..self.parts.fields_end as usize;
        self.bytes.get(section).unwrap_or_default()
    }

    /// Where the only field line of this name, compared without case, begins in the [section](Self::field_section).
    pub fn field_line(&self, name: &[u8]) -> FieldLines {
        let mut named = self.fields.iter().filter(|field| {
            field.name.len as usize == name.len() && field.name.of(&self.bytes).eq_ignore_ascii_case(name)
        });
        match (named.next(), named.next()) {
            (None, _) => FieldLines::None,
            (Some(field), None) => FieldLines::One((field.name.start - self.fields[0].name.start) as usize),
            (Some(_), Some(_)) => FieldLines::Several,
        }
    }

    /// How many field lines there are.
    pub fn fields_len(&self) -> usize {
        self.fields.len()
    }

    /// How long the body is.
    pub fn body(&self) -> BodyLength {
        self.parts.body
    }

    /// Is the method HEAD?
    pub fn is_head(&self) -> bool {
        self.parts.method.of(&self.bytes) == b"HEAD"
    }

    /// Is the method CONNECT?
    pub fn is_connect(&self) -> bool {
        self.parts.is_connect
    }

    /// May the connection persist after the response (RFC 9112 section 9.3)?
    pub fn keep_alive(&self) -> bool {
        self.parts.keep_alive
    }

    /// Does the client wait for `100 Continue` before it sends the body (RFC 9110 section 10.1.1)?
    pub fn expects_continue(&self) -> bool {
        self.parts.expects_continue
    }

    /// Does the client expect something else (RFC 9110 section 10.1.1)? Never, unless the limits let it pass.
    pub fn expects_other(&self) -> bool {
        self.parts.expects_other
    }

    /// The protocols to upgrade to, where the Connection field names `upgrade` (RFC 9110 section 7.8).
    pub fn upgrade(&self) -> Option<&str> {
        self.parts.upgrade.map(|upgrade| self.text(upgrade))
    }

    pub(crate) fn push_field(&mut self, name: Span, value: Span) {
        self.fields.push(FieldSpans { name, value });
    }

    /// Takes the head's bytes, all fields having been pushed.
    pub(crate) fn fill(&mut self, bytes: &[u8], mut parts: Parts, rewritten: &Rewritten) {
        self.bytes.extend_from_slice(bytes);
        parts.fields_end = bytes.len().saturating_sub(b"\r\n".len()) as u32;
        self.complete(parts, rewritten);
    }

    /// Its own memory, to write a head into.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Takes the lines of a head, without the empty one that would end them, all fields having been pushed.
    pub(crate) fn fill_assembled(&mut self, bytes: Vec<u8>, mut parts: Parts, rewritten: &Rewritten) {
        parts.fields_end = bytes.len() as u32;
        self.bytes = bytes;
        self.complete(parts, rewritten);
    }

    fn complete(&mut self, mut parts: Parts, rewritten: &Rewritten) {
        if let Some(authority) = &rewritten.authority {
            parts.authority = Some(self.append(authority));
        }
        if let Some(path) = &rewritten.path {
            parts.path = self.append(path);
        }
        self.parts = parts;
    }

    /// Writes a text behind the head.
    fn append(&mut self, text: &str) -> Span {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        Span {
            start,
            len: text.len() as u32,
        }
    }

    /// Spans of text were judged to be ASCII before they were stored.
    fn text(&self, span: Span) -> &str {
        std::str::from_utf8(span.of(&self.bytes)).unwrap_or_default()
    }
}
