//! The health check: whether the server takes requests, told without the application.
//!
//! A load balancer that asks often hears of a drain before its connections are refused. Owns the path and its two
//! answers. Never runs the application's code. Called by: the reception.

use std::cell::Cell;

use howth_engine::ExchangeId;
use howth_http1::ResponseHead;

use crate::application::Application;

/// A path, and what is told there.
#[derive(Debug)]
pub struct Health {
    /// Serialised, as those of requests are.
    path: String,
    is_draining: Cell<bool>,
}

impl Health {
    /// Tells it under this path.
    pub fn new(path: &str) -> Self {
        Health {
            path: howth_http1::serialize_path(path).unwrap_or_else(|| path.to_owned()),
            is_draining: Cell::new(false),
        }
    }

    /// From now on requests are not welcome.
    pub fn drain(&self) {
        self.is_draining.set(true);
    }

    /// Answers the request if it asks for health.
    pub(crate) fn answers(&self, application: &impl Application, id: ExchangeId) -> bool {
        let (status, body): (u16, &[u8]) = match self.is_draining.get() {
            false => (200, b"ready"),
            true => (503, b"draining"),
        };
        let head = ResponseHead {
            status,
            reason: None,
            fields: &[
                (b"content-type", b"text/plain;charset=UTF-8"),
                (b"cache-control", b"no-store"),
            ],
        };
        let answered = application.with_exchanges(|exchanges| {
            let is_asked = exchanges.head(id).is_some_and(|request| {
                let path = request.path().split('?').next();
                matches!(request.method(), "GET" | "HEAD") && path == Some(&self.path)
            });
            is_asked && exchanges.respond(id, &head, body).is_ok()
        });
        answered == Some(true)
    }
}
