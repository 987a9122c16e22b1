//! Requests the engine refuses itself.

use std::time::Duration;

use howth_engine::{Body, BodyRead, Deadlines, EngineOptions, Event, Gone};
use howth_http1::{Limits, Rejection};

use super::answers::ok;
use super::client::Client;
use super::harness::{Listen, PATIENCE, Server, Start};

pub fn refuses_what_the_protocol_refuses(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let cases: [(&[u8], u16); 12] = [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nhost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost : h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: h\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nhost: h\n\n", 400),
        (b"G@T / HTTP/1.1\r\nhost: h\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nhost: h\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (
            b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            501,
        ),
        (
            b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1, 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: h\r\na: b\0c\r\n\r\n", 400),
    ];
    for (request, status) in cases {
        let mut client = Client::connect(&server);
        client.send(request);
        let response = client.response();
        assert_eq!(response.status(), status, "{}", request.escape_ascii());
        assert_eq!(response.field("connection"), Some("close"));
        assert_eq!(response.field("date").map(str::len), Some(29));
        client.expect_end();
    }
    let limits = Limits::default();
    let long = [
        (
            format!("GET /{} HTTP/1.1\r\n", "x".repeat(limits.target_bytes_max)),
            414,
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nhost: h\r\na: {}\r\n\r\n",
                "x".repeat(limits.head_bytes_max)
            ),
            431,
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nhost: h\r\n{}\r\n",
                "a: b\r\n".repeat(limits.fields_max)
            ),
            431,
        ),
    ];
    for (request, status) in long {
        let mut client = Client::connect(&server);
        client.send(request);
        assert_eq!(client.response().status(), status);
        client.expect_end();
    }
    assert_eq!(server.counters().refused, 15);
    assert_eq!(server.counters().requests, 0);
    server.expect_no_event();
}

pub fn refuses_behind_earlier_answers(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET /1 HTTP/1.1\r\nhost: h\r\n\r\nGET /2 HTTP/1.1\r\nhost: h\r\n\r\nnonsense\r\n\r\n");
    let first = server.next_request();
    let second = server.next_request();
    client.expect_silence();
    server.respond(second, "second");
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    assert_eq!(client.response().text(), "second");
    let response = client.response();
    assert_eq!(
        (response.status(), response.field("connection")),
        (400, Some("close"))
    );
    client.expect_end();
    server.expect(Event::Completed(first));
    server.expect(Event::Completed(second));
}

pub fn refuses_a_broken_body(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let request = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
    // Nothing was answered: the refusal is the answer.
    let mut client = Client::connect(&server);
    client.send(request);
    let id = server.next_request();
    client.send("nonsense\r\n");
    assert_eq!(client.response().status(), 400);
    client.expect_end();
    server.expect(Event::Aborted(id));
    // The response has begun, so that there is nothing left to say.
    let mut client = Client::connect(&server);
    client.send(request);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"part").expect("an open exchange");
    });
    client.head();
    assert_eq!(client.take(9), b"4\r\npart\r\n");
    client.send("nonsense\r\n");
    server.expect(Event::Aborted(id));
    client.expect_end();
}

/// A response that was given before its request's body broke a rule goes out whole, and no second one behind it.
pub fn refuses_no_body_whose_request_was_answered(start: Start) {
    const BODY: usize = 5_000_000;
    for is_sent in [true, false] {
        let server = Server::manual(start, EngineOptions::default());
        let mut client = Client::connect(&server);
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
        client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        let [first, second] = server.next_requests();
        server.respond(first, "first");
        server
            .call(move |exchanges| exchanges.respond_with(second, &ok(), Body::Owned(vec![b's'; BODY])))
            .expect("an open exchange");
        assert_eq!(client.response().text(), "first");
        if is_sent {
            assert_eq!(client.response().body.len(), BODY);
            server.expect(Event::Completed(first));
            server.expect(Event::Completed(second));
        }
        client.send("nonsense\r\n");
        if !is_sent {
            assert_eq!(client.response().body.len(), BODY);
        }
        client.expect_end();
        assert_eq!(server.counters().refused, 0);
    }
}

/// RFC 9110 sections 9.3.6 and 15.5.6.
pub fn refuses_tunnels(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client
        .send("GET / HTTP/1.1\r\nhost: h\r\n\r\nCONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\nnot a request");
    let id = server.next_request();
    server.respond(id, "first");
    assert_eq!(client.response().text(), "first");
    let response = client.response();
    assert_eq!(
        (response.status(), response.field("connection")),
        (405, Some("close"))
    );
    assert!(
        response
            .field("allow")
            .is_some_and(|allow| !allow.contains("CONNECT"))
    );
    client.expect_end();
    server.expect(Event::Completed(id));
    server.expect_no_event();
}

/// What breaks a body, and what its reader is told.
pub fn tells_why_a_body_failed(start: Start) {
    let (sender, reasons) = std::sync::mpsc::channel();
    let options = EngineOptions {
        deadlines: Deadlines {
            body_gap: Some(Duration::from_millis(80)),
            ..Deadlines::default()
        },
        ..EngineOptions::default()
    };
    let server = Server::automatic(start, Listen::Loopback, options, move |exchanges, event| {
        let (Event::Request(id) | Event::BodyReadable(id)) = event else {
            return;
        };
        // The batch that tells of the failure can still ask for the reason.
        if let BodyRead::Failed(reason) = exchanges.read_body(id, 100).expect("an open exchange") {
            assert_eq!(exchanges.respond(id, &ok(), b"never"), Err(Gone));
            sender.send(reason).expect("the test");
        }
    });
    let begin = || {
        let mut client = Client::connect(&server);
        client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n");
        client
    };
    let reason = || reasons.recv_timeout(PATIENCE).expect("a reason");
    let mut client = begin();
    client.send("nonsense\r\n");
    assert_eq!(client.response().status(), 400);
    assert_eq!(reason(), "was malformed or too large");
    let mut client = begin();
    assert_eq!(client.response().status(), 408);
    assert_eq!(reason(), "came too slowly");
    let mut client = begin();
    client.end();
    client.expect_end();
    assert_eq!(reason(), "broke off before its end");
}

fn with_body_limit(start: Start, body_bytes_max: u64) -> (Server, Client) {
    let limits = Limits {
        body_bytes_max,
        ..Limits::default()
    };
    let options = EngineOptions {
        limits,
        ..EngineOptions::default()
    };
    let server = Server::manual(start, options);
    let client = Client::connect(&server);
    (server, client)
}

pub fn refuses_a_large_body(start: Start) {
    let (server, mut client) = with_body_limit(start, 10);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\n");
    let response = client.response();
    assert_eq!(response.status(), 413);
    assert_eq!(response.text(), Rejection::CONTENT_TOO_LARGE.body());
    client.expect_end();
    let mut client = Client::connect(&server);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n8\r\n12345678\r\n");
    let id = server.next_request();
    assert_eq!(
        server
            .call(move |exchanges| exchanges.read_body(id, 100))
            .map(drop),
        Ok(())
    );
    client.send("8\r\n12345678\r\n");
    assert_eq!(client.response().status(), 413);
    client.expect_end();
    server.expect(Event::Aborted(id));
}

/// A client that said `connection: close` and is in the middle of its body: the answer must not be lost to a reset.
pub fn lingers_after_a_refusal_within_a_last_body(start: Start) {
    let (server, mut client) = with_body_limit(start, 100_000);
    client.send("POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
    let id = server.next_request();
    let chunk = format!("{:x}\r\n{}\r\n", 50_000, "b".repeat(50_000));
    // More than is allowed, and on the way before the client can know.
    for _ in 0..3 {
        client.send(&chunk);
        server.pass(Duration::from_millis(20));
    }
    client.send(&chunk);
    assert_eq!(client.response().status(), 413);
    server.expect(Event::Aborted(id));
    client.expect_end();
}

pub fn decodes_nothing_behind_a_refusal(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(client.response().status(), 400);
    client.expect_end();
    assert_eq!(server.counters().requests, 0);
}
