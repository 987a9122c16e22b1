//! Fields that responses get beside the application's own.

use std::sync::Arc;

use howth_engine::{AddedFields, Adding, EngineOptions, ExchangeId, Gone, Http2Limits};

use super::answers::head;
use super::client::{manual, manual_with};
use super::frames::{HEADERS, greet, request};
use super::harness::{Server, Start};

const OWN: &[(&[u8], &[u8])] = &[(b"X-Own", b"handler"), (b"server", b"handler")];

fn added(fields: &[(&str, &str, Adding)]) -> Arc<AddedFields> {
    let mut added = AddedFields::default();
    for (name, value, adding) in fields {
        let pushed = added.push(name.as_bytes(), value.as_bytes(), *adding);
        pushed.expect("a field that can be added");
    }
    Arc::new(added)
}

/// What is around a route adds this.
fn of_route() -> Arc<AddedFields> {
    added(&[
        ("x-frame-options", "DENY", Adding::IfMissing),
        ("x-own", "route", Adding::IfMissing),
        ("vary", "origin", Adding::Beside),
        ("server", "", Adding::LeftOut),
    ])
}

fn add(server: &Server, id: ExchangeId, fields: &Arc<AddedFields>) -> Result<(), Gone> {
    let fields = fields.clone();
    server.call(move |exchanges| exchanges.add_fields(id, &fields))
}

pub fn adds_fields_to_responses(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    assert_eq!(add(&server, id, &of_route()), Ok(()));
    let inner = added(&[
        ("x-frame-options", "SAMEORIGIN", Adding::IfMissing),
        ("x-own", "", Adding::LeftOut),
        ("x-inner", "1", Adding::Instead),
    ]);
    assert_eq!(add(&server, id, &inner), Ok(()));
    server
        .call(move |exchanges| exchanges.respond(id, &head(200, OWN), b"body"))
        .expect("an open exchange");
    let response = client.response();
    assert_eq!((response.status(), response.text()), (200, "body"));
    assert_eq!(response.field("x-frame-options"), Some("SAMEORIGIN"));
    assert_eq!(response.field("x-inner"), Some("1"));
    // The inner one leaves the handler's out, and then the outer one adds its own.
    assert_eq!(response.field("x-own"), Some("route"));
    assert_eq!(response.field("vary"), Some("origin"));
    assert_eq!(response.field("server"), None);
}

pub fn adds_fields_to_streams_of_unknown_length(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    assert_eq!(add(&server, id, &of_route()), Ok(()));
    let given = server.call(move |exchanges| {
        exchanges.start(id, &head(200, OWN), None)?;
        exchanges.finish(id, &[]).map_err(|_| Gone)
    });
    assert_eq!(given, Ok(()));
    let response = client.response();
    assert_eq!(response.field("x-frame-options"), Some("DENY"));
    assert_eq!(response.field("transfer-encoding"), Some("chunked"));
}

pub fn adds_fields_once(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    assert_eq!(add(&server, id, &of_route()), Ok(()));
    server.respond(id, "first");
    assert_eq!(client.response().field("x-frame-options"), Some("DENY"));
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request_among_others();
    assert_eq!(add(&server, id, &of_route()), Err(Gone));
    server.respond(next, "second");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("x-frame-options")),
        ("second", None)
    );
}

pub fn adds_fields_to_all_responses(start: Start) {
    let options = EngineOptions {
        response_fields: Some(added(&[
            ("strict-transport-security", "max-age=60", Adding::IfMissing),
            ("x-own", "all", Adding::IfMissing),
        ])),
        ..EngineOptions::default()
    };
    let (server, mut client) = manual_with(start, options);
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
        let id = server.next_request_among_others();
        server
            .call(move |exchanges| exchanges.respond(id, &head(200, OWN), b"body"))
            .expect("an open exchange");
        let response = client.response();
        assert_eq!(response.field("strict-transport-security"), Some("max-age=60"));
        assert_eq!(response.field("x-own"), Some("handler"));
    }
}

pub fn adds_fields_to_http2(start: Start) {
    let options = EngineOptions {
        http2: Some(Http2Limits::default()),
        ..EngineOptions::default()
    };
    let server = Server::manual(start, options);
    let mut client = greet(&server, &[]);
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    assert_eq!(add(&server, id, &of_route()), Ok(()));
    server
        .call(move |exchanges| exchanges.respond(id, &head(200, OWN), b"body"))
        .expect("an open exchange");
    let response = client.frame_of(HEADERS, 1);
    let field = |name| response.field(name);
    assert_eq!(field("x-frame-options").as_deref(), Some("DENY"));
    assert_eq!(field("x-own").as_deref(), Some("handler"));
    assert_eq!(field("server"), None);
}
