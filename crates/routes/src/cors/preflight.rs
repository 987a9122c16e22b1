//! Preflights: what a browser asks before it asks (Fetch standard, section 3.3.2).
//!
//! Owns which requests are some, and the answer. Called by: the layer; the table, where a route has no target for OPTIONS.

use howth_engine::{Body, ExchangeId, Exchanges};
use howth_http1::{Field, RequestHead, ResponseHead, is_token};

use super::{ALLOW_CREDENTIALS, ALLOW_ORIGIN, VARY};

/// What preflights are answered with, beside the origin.
#[derive(Debug)]
pub(super) struct Preflight {
    /// In one value.
    pub(super) methods: Box<[u8]>,
    /// In one value; `None`: those that are asked for.
    pub(super) headers: Option<Box<[u8]>>,
    pub(super) credentials: bool,
    /// In digits.
    pub(super) max_age: Option<Box<[u8]>>,
}

/// An answer to one preflight.
pub(super) struct Response<'a> {
    preflight: &'a Preflight,
    /// Nothing else is said without one.
    origin: Option<Vec<u8>>,
    headers: Vec<u8>,
    vary: &'static [u8],
}

/// The method that a preflight asks about; `None`: it is none.
pub(crate) fn preflighted_method(head: &RequestHead) -> Option<&[u8]> {
    let (method, _, _) = head.request_bytes();
    (method == b"OPTIONS").then(|| head.field("access-control-request-method"))?
}

impl Preflight {
    /// The answer to who is granted this origin, or none. `depends`: the origin that is granted depends on who asks.
    pub(super) fn response(&self, head: &RequestHead, origin: Option<&[u8]>, depends: bool) -> Response<'_> {
        let asked = head.field("access-control-request-headers").unwrap_or_default();
        let headers = match &self.headers {
            Some(headers) => headers.to_vec(),
            None if are_names(asked) => asked.to_vec(),
            None => Vec::new(),
        };
        let vary: &[u8] = match (depends, &self.headers) {
            (true, None) => b"origin, access-control-request-headers",
            (true, Some(_)) => b"origin",
            (false, None) => b"access-control-request-headers",
            (false, Some(_)) => b"",
        };
        Response {
            preflight: self,
            origin: origin.map(<[u8]>::to_vec),
            headers,
            vary,
        }
    }
}

impl Response<'_> {
    /// Answers; a client that is gone is no error.
    pub(super) fn send(&self, exchanges: &dyn Exchanges, id: ExchangeId) {
        let mut fields: Vec<Field<'_>> = Vec::with_capacity(6);
        if let Some(origin) = &self.origin {
            fields.push((ALLOW_ORIGIN, origin));
            if self.preflight.credentials {
                fields.push((ALLOW_CREDENTIALS, b"true"));
            }
            fields.push((b"access-control-allow-methods", &self.preflight.methods));
            if !self.headers.is_empty() {
                fields.push((b"access-control-allow-headers", &self.headers));
            }
            if let Some(max_age) = &self.preflight.max_age {
                fields.push((b"access-control-max-age", max_age));
            }
        }
        if !self.vary.is_empty() {
            fields.push((VARY, self.vary));
        }
        let head = ResponseHead {
            status: 204,
            reason: None,
            fields: &fields,
        };
        let _ = exchanges.respond_with(id, &head, Body::Borrowed(b""));
    }
}

/// Names of fields with commas between them.
fn are_names(value: &[u8]) -> bool {
    let names = value.split(|byte| *byte == b',');
    names.map(<[u8]>::trim_ascii).all(is_token)
}
