//! Responses that are given without a call of JavaScript: static routes, and the one of `Howth.serveRustOnly`.
//!
//! Owns the table, which JavaScript fills when it listens; its paths are serialised, as those of requests are. Never
//! matches patterns: `js/37_routes.js` does. Called by: the
//! application, for every request, while there is a route.

use std::collections::HashMap;

use bytes::Bytes;
use howth_engine::{Body, ExchangeId, Exchanges};
use howth_http1::RequestHead;

use super::response_ops::with_response_head;

/// A response in the form in which it crossed from JavaScript.
#[derive(Debug)]
pub(super) struct FixedResponse {
    pub(super) status: u32,
    pub(super) reason: Vec<u8>,
    /// Name, line feed, value, line feed, and so on.
    pub(super) fields: Vec<u8>,
    pub(super) body: Bytes,
}

impl FixedResponse {
    /// Answers; a client that is gone is no error.
    pub(super) fn send(&self, exchanges: &dyn Exchanges, id: ExchangeId) {
        with_response_head(self.status, &self.reason, &self.fields, |head| {
            let _ = exchanges.respond_with(id, head, Body::Shared(self.body.clone()));
        });
    }
}

#[derive(Debug)]
struct FixedRoute {
    methods: Vec<Vec<u8>>,
    response: FixedResponse,
}

impl FixedRoute {
    fn answers(&self, method: &[u8]) -> bool {
        self.methods.iter().any(|own| own == method)
    }
}

/// The responses by path and method.
#[derive(Debug, Default)]
pub(super) struct FixedRoutes {
    by_path: HashMap<Vec<u8>, Vec<FixedRoute>>,
    /// Of every request that has none of its own.
    otherwise: Option<FixedResponse>,
}

impl FixedRoutes {
    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty() && self.otherwise.is_none()
    }

    pub(super) fn clear(&mut self) {
        *self = FixedRoutes::default();
    }

    /// Adds a response to methods, which have commas between them. An empty path stands for any, and for any method.
    pub(super) fn add(&mut self, path: &[u8], methods: &str, response: FixedResponse) {
        if path.is_empty() {
            self.otherwise = Some(response);
            return;
        }
        let of_path = self.by_path.entry(path.to_vec()).or_default();
        of_path.push(FixedRoute {
            methods: methods.split(',').map(Vec::from).collect(),
            response,
        });
    }

    /// The response to a request.
    pub(super) fn find(&self, head: &RequestHead) -> Option<&FixedResponse> {
        let (method, _, target) = head.request_bytes();
        let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let of_path = self.by_path.get(path).map_or(&[][..], Vec::as_slice);
        let found = of_path.iter().find(|route| route.answers(method));
        found.map(|route| &route.response).or(self.otherwise.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use howth_http1::{Decoder, Limits};

    use super::*;

    fn response(body: &str) -> FixedResponse {
        FixedResponse {
            status: 200,
            reason: Vec::new(),
            fields: Vec::new(),
            body: body.as_bytes().to_vec().into(),
        }
    }

    fn found(routes: &FixedRoutes, line: &str) -> Option<String> {
        let mut head = RequestHead::new();
        Decoder::new()
            .decode(
                format!("{line} HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes(),
                &Limits::default(),
                &mut head,
            )
            .expect("a valid head");
        let response = routes.find(&head)?;
        Some(String::from_utf8_lossy(&response.body).into_owned())
    }

    #[test]
    fn routes_are_found_by_path_and_method() {
        let mut routes = FixedRoutes::default();
        routes.add(b"/a", "GET,HEAD", response("a"));
        routes.add(b"/b", "GET", response("get"));
        routes.add(b"/b", "POST", response("post"));
        routes.add(b"/c", "HEAD", response("head"));
        routes.add(b"/c", "GET", response("c"));
        for (line, body) in [
            ("GET /a", Some("a")),
            ("HEAD /a", Some("a")),
            ("GET /a?b=c", Some("a")),
            ("GET http://h/a", Some("a")),
            ("GET /x/../a", Some("a")),
            ("GET /%2E/a", Some("a")),
            ("GET /x\\..\\a", Some("a")),
            ("POST /a", None),
            ("GET /a/", None),
            ("GET /b", Some("get")),
            // A handler has it, in JavaScript.
            ("HEAD /b", None),
            ("POST /b", Some("post")),
            ("PUT /b", None),
            ("HEAD /c", Some("head")),
            ("GET /c", Some("c")),
        ] {
            assert_eq!(found(&routes, line).as_deref(), body, "{line}");
        }
        routes.add(b"", "", response("any"));
        assert_eq!(found(&routes, "PUT /b").as_deref(), Some("any"));
        assert_eq!(found(&routes, "GET /a").as_deref(), Some("a"));
        routes.clear();
        assert!(routes.is_empty());
    }
}
