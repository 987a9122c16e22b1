//! What the application of a case answers.
//!
//! Owns heads, and an application that many cases have in common. Called by: the cases.

use howth_engine::{Body, EngineOptions, Event, Exchanges};
use howth_http1::{Field, ResponseHead};

use super::harness::{Listen, Server, Start};

/// The head of a plain 200.
pub fn ok() -> ResponseHead<'static> {
    head(200, &[])
}

/// A head with the reason phrase of its status.
pub fn head<'a>(status: u16, fields: &'a [Field<'a>]) -> ResponseHead<'a> {
    ResponseHead {
        status,
        reason: None,
        fields,
    }
}

/// Answers every request with its path.
pub fn echo_path(exchanges: &dyn Exchanges, event: Event) {
    let Event::Request(id) = event else { return };
    let path = exchanges.head(id).expect("an open exchange").path().to_owned();
    exchanges
        .respond_with(id, &ok(), Body::Owned(path.into_bytes()))
        .expect("an open exchange");
}

/// A server that does.
pub fn echo(start: Start) -> Server {
    Server::automatic(start, Listen::Loopback, EngineOptions::default(), echo_path)
}
