//! A response that is ready to be given to an engine.
//!
//! Owns status, fields and body. Called by: `folder`, which makes them; the runtime, which gives them.

use bytes::Bytes;
use howth_engine::{Body, ExchangeId, Exchanges, Gone};
use howth_http1::{Field, ResponseHead};

/// A response. The engine adds its length and what else it always adds, and leaves the body of a HEAD request's out.
#[derive(Debug)]
pub struct FileResponse {
    /// Its status.
    pub status: u16,
    /// Its fields, in lower case.
    pub fields: Vec<(&'static str, Bytes)>,
    /// Its body.
    pub body: Body<'static>,
}

impl FileResponse {
    /// One without a file.
    pub(crate) fn plain(status: u16, text: &'static str) -> Self {
        FileResponse {
            status,
            fields: vec![("content-type", Bytes::from_static(b"text/plain; charset=utf-8"))],
            body: Body::Shared(Bytes::from_static(text.as_bytes())),
        }
    }

    pub(crate) fn not_found() -> Self {
        FileResponse::plain(404, "Not Found")
    }

    /// RFC 9110 section 15.5.6.
    pub(crate) fn not_allowed() -> Self {
        let mut refusal = FileResponse::plain(405, "Method Not Allowed");
        refusal.fields.push(("allow", Bytes::from_static(b"GET, HEAD")));
        refusal
    }

    /// No descriptor is left, or the disk fails: that may pass.
    pub(crate) fn unavailable() -> Self {
        FileResponse::plain(503, "Service Unavailable")
    }

    /// Gives it.
    ///
    /// # Errors
    /// The exchange is over, or was answered.
    pub fn give(self, exchanges: &dyn Exchanges, id: ExchangeId) -> Result<(), Gone> {
        let fields: Vec<Field<'_>> = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_ref()))
            .collect();
        let head = ResponseHead {
            status: self.status,
            reason: None,
            fields: &fields,
        };
        exchanges.respond_with(id, &head, self.body)
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.fields.iter().filter(|(own, _)| *own == name);
        named.next().map(|(_, value)| value.as_ref())
    }
}
