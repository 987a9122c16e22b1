//! Whole responses: status, fields, framing, size.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use howth_engine::{Body, EngineOptions, Event, Gone, WriteError};
use howth_http1::ResponseHead;

use super::answers::{echo, head, ok};
use super::client::{Client, manual};
use super::harness::{Listen, Server, Start};

pub fn writes_reason_phrases(start: Start) {
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        |exchanges, event| {
            let Event::Request(id) = event else { return };
            let path = exchanges.head(id).expect("an open exchange").path().to_owned();
            let (status, reason) = match path.as_str() {
                "/own" => (200, Some("Fine by me")),
                "/empty" => (404, Some("")),
                status => (status[1..].parse().expect("a status"), None),
            };
            exchanges
                .respond(
                    id,
                    &ResponseHead {
                        status,
                        reason,
                        fields: &[],
                    },
                    b"",
                )
                .expect("open");
        },
    );
    let mut client = Client::connect(&server);
    let expected = [
        ("/own", "HTTP/1.1 200 Fine by me"),
        ("/empty", "HTTP/1.1 404 "),
        ("/404", "HTTP/1.1 404 Not Found"),
        ("/413", "HTTP/1.1 413 Content Too Large"),
        ("/299", "HTTP/1.1 299 "),
    ];
    for (target, line) in expected {
        assert_eq!(client.get(target).status_line, line);
    }
}

pub fn answers_head_without_a_body(start: Start) {
    let server = echo(start);
    let mut client = Client::connect(&server);
    client.send("HEAD /four HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(client.head().field("content-length"), Some("5"));
    assert_eq!(client.get("/next").text(), "/next");
}

pub fn answers_statuses_without_a_body(start: Start) {
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        |exchanges, event| {
            let Event::Request(id) = event else { return };
            let status = exchanges.head(id).expect("an open exchange").path()[1..]
                .parse()
                .expect("a status");
            let fields: &[(&[u8], &[u8])] = &[(b"content-length", b"7")];
            let fields = if status == 304 { fields } else { &[] };
            exchanges
                .respond(id, &head(status, fields), b"ignored")
                .expect("open");
        },
    );
    let mut client = Client::connect(&server);
    client.send("GET /204 HTTP/1.1\r\nhost: h\r\n\r\nGET /304 HTTP/1.1\r\nhost: h\r\n\r\n");
    client.send("GET /205 HTTP/1.1\r\nhost: h\r\n\r\nGET /200 HTTP/1.1\r\nhost: h\r\n\r\n");
    let response = client.head();
    assert_eq!((response.status(), response.field("content-length")), (204, None));
    assert_eq!(response.field("transfer-encoding"), None);
    let response = client.head();
    assert_eq!(
        (response.status(), response.field("content-length")),
        (304, Some("7"))
    );
    let response = client.head();
    assert_eq!(
        (response.status(), response.field("content-length")),
        (205, Some("0"))
    );
    assert_eq!(client.response().text(), "ignored");
}

pub fn refuses_for_the_application(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| exchanges.refuse(id));
    let response = client.response();
    assert_eq!(
        (response.status(), response.field("retry-after")),
        (503, Some("1"))
    );
    server.expect(Event::Completed(id));
    // One that was begun cannot be taken back.
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"a part").expect("an open exchange");
    });
    assert_eq!(client.head().status(), 200);
    assert_eq!(client.take(11), b"6\r\na part\r\n");
    server.call(move |exchanges| exchanges.refuse(id));
    assert_eq!(client.expect_over(), b"");
    server.expect(Event::Aborted(id));
}

pub fn refuses_a_second_answer(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| {
        assert_eq!(exchanges.write(id, b"early"), Err(WriteError::Gone(Gone)));
        assert_eq!(exchanges.finish(id, &[]), Err(WriteError::Gone(Gone)));
        assert_eq!(exchanges.respond(id, &ok(), b"once"), Ok(()));
        assert_eq!(exchanges.respond(id, &ok(), b"twice"), Err(Gone));
        assert_eq!(exchanges.start(id, &ok(), None), Err(Gone));
        assert_eq!(exchanges.fail(id), Err(Gone), "it is on its way");
        assert!(exchanges.head(id).is_some());
    });
    assert_eq!(client.response().text(), "once");
    server.expect(Event::Completed(id));
    assert!(
        server.call(move |exchanges| exchanges.head(id).is_none() && exchanges.peer_address(id).is_none())
    );
    assert_eq!(
        server.call(move |exchanges| exchanges.read_body(id, 1)),
        Err(Gone)
    );
    assert_eq!(
        server.call(move |exchanges| exchanges.set_timeout(id, 1)),
        Err(Gone)
    );
}

pub fn answers_an_invalid_response_with_500(start: Start) {
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        |exchanges, event| {
            let Event::Request(id) = event else { return };
            let path = exchanges.head(id).expect("an open exchange").path().to_owned();
            let (status, field): (u16, (&[u8], &[u8])) = match path.as_str() {
                "/status" => (101, (b"a", b"b")),
                "/name" => (200, (b"a b", b"c")),
                _ => (200, (b"a", b"b\r\nc: d")),
            };
            exchanges
                .respond(id, &head(status, &[field]), b"never")
                .expect("an open exchange");
        },
    );
    for target in ["/status", "/name", "/value"] {
        let mut client = Client::connect(&server);
        let response = client.get(target);
        assert_eq!(
            (response.status(), response.field("connection")),
            (500, Some("close"))
        );
        client.expect_end();
    }
}

pub fn sends_large_bodies(start: Start) {
    let bodies: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
    for length in [1, 1_000, 16_384, 16_385, 100_000, 8_000_000] {
        let body = (0..length).map(|index: usize| (index % 251) as u8).collect();
        bodies.lock().expect("the map").insert(format!("/{length}"), body);
    }
    let served = Arc::clone(&bodies);
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        move |exchanges, event| {
            let Event::Request(id) = event else { return };
            let path = exchanges.head(id).expect("an open exchange").path().to_owned();
            let body = served.lock().expect("the map")[&path].clone();
            exchanges
                .respond_with(id, &ok(), Body::Owned(body))
                .expect("an open exchange");
        },
    );
    let mut client = Client::connect(&server);
    let bodies = bodies.lock().expect("the map").clone();
    for (target, body) in &bodies {
        assert!(client.get(target).body == *body, "{target}");
    }
    // And all at once.
    let targets: Vec<_> = bodies.keys().collect();
    for target in &targets {
        client.send(format!("GET {target} HTTP/1.1\r\nhost: h\r\n\r\n"));
    }
    for target in targets {
        assert!(client.response().body == bodies[target], "{target}");
    }
}

pub fn holds_responses_for_a_slow_client(start: Start) {
    const LENGTH: usize = 300_000;
    let options = EngineOptions {
        pipeline_max: 4,
        ..EngineOptions::default()
    };
    let server = Server::automatic(start, Listen::Loopback, options, |exchanges, event| {
        let Event::Request(id) = event else { return };
        let number: u8 = exchanges.head(id).expect("an open exchange").path()[1..]
            .parse()
            .expect("a number");
        exchanges
            .respond_with(id, &ok(), Body::Owned(vec![number; LENGTH]))
            .expect("an open exchange");
    });
    let mut client = Client::connect(&server);
    // More responses than the socket buffers of both sides hold, and no one reads.
    let requests: String = (0..200)
        .map(|number| format!("GET /{number} HTTP/1.1\r\nhost: h\r\n\r\n"))
        .collect();
    client.send(requests);
    server.wait_for(|counters| counters.sends > 0);
    client.wait_for_bytes();
    assert!(server.counters().requests < 200, "all responses are held at once");
    for number in 0..200 {
        assert!(client.response().body == vec![number; LENGTH], "{number}");
    }
}

/// Bytes that many responses have in common are sent to each, and stay what they are.
pub fn sends_shared_bodies(start: Start) {
    let (server, mut client) = manual(start);
    for length in [10, 16 * 1024, 1_000_000] {
        let body: bytes::Bytes = (0..length).map(|number| number as u8).collect();
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n".repeat(3));
        let ids = [
            server.next_request_among_others(),
            server.next_request_among_others(),
            server.next_request_among_others(),
        ];
        // The last is given first, and so held.
        for id in ids.into_iter().rev() {
            let body = body.clone();
            server
                .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Shared(body)))
                .expect("an open exchange");
        }
        for _ in ids {
            assert_eq!(client.response().body, body);
        }
    }
}
