//! Requests and whole responses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use howth_engine::{EngineOptions, Event, Exchanges, Gone, PeerAddress};
use howth_http1::{ResponseHead, Version};

use super::client::Client;
use super::harness::{Listen, Server, Start, head, ok};

/// Answers every request with its path.
fn echo_path(exchanges: &dyn Exchanges, event: Event) {
    let Event::Request(id) = event else { return };
    let path = exchanges.head(id).expect("an open exchange").path().to_owned();
    exchanges
        .respond_owned(id, &ok(), path.into_bytes())
        .expect("an open exchange");
}

fn echo(start: Start) -> Server {
    Server::automatic(start, Listen::Loopback, EngineOptions::default(), echo_path)
}

pub fn answers_hello(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET /hello HTTP/1.1\r\nhost: example\r\n\r\n");
    let id = server.next_request();
    let fields: &'static [(&[u8], &[u8])] = &[(b"content-type", b"text/plain"), (b"x-first", b"1")];
    server
        .call(move |exchanges| {
            exchanges.respond(
                id,
                &ResponseHead {
                    status: 200,
                    reason: None,
                    fields,
                },
                b"Hello",
            )
        })
        .expect("an open exchange");
    let response = client.response();
    assert_eq!(response.status_line, "HTTP/1.1 200 OK");
    assert_eq!(response.field("content-type"), Some("text/plain"));
    assert_eq!(response.field("x-first"), Some("1"));
    assert_eq!(response.field("content-length"), Some("5"));
    assert_eq!(response.field("connection"), None);
    assert_eq!(response.field("date").map(str::len), Some(29));
    assert_eq!(response.text(), "Hello");
    server.expect(Event::Completed(id));
    assert_eq!(
        server.call(move |exchanges| exchanges.respond(id, &ok(), b"")),
        Err(Gone)
    );
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

pub fn answers_thousands_of_requests_on_one_connection(start: Start) {
    let server = echo(start);
    let mut client = Client::connect(&server);
    for number in 0..5_000 {
        let target = format!("/{number}");
        assert_eq!(client.get(&target).text(), target);
    }
    assert_eq!(server.counters().accepted, 1);
}

pub fn answers_many_connections(start: Start) {
    let server = echo(start);
    let mut clients: Vec<_> = (0..200).map(|_| Client::connect(&server)).collect();
    for _ in 0..5 {
        for client in &mut clients {
            client.send("GET /many HTTP/1.1\r\nhost: h\r\n\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.response().text(), "/many");
        }
    }
    drop(clients);
    server.wait_for(|counters| counters.connections == 0);
    assert_eq!(server.counters().requests, 1_000);
}

pub fn keeps_the_order_of_pipelined_requests(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    let count = 40;
    let requests: String = (0..count)
        .map(|number| format!("GET /{number} HTTP/1.1\r\nhost: h\r\n\r\n"))
        .collect();
    client.send(requests);
    let ids: Vec<_> = (0..count).map(|_| server.next_request()).collect();
    // The last is answered first.
    for (number, id) in ids.iter().copied().enumerate().rev() {
        let body = number.to_string().into_bytes();
        server
            .call(move |exchanges| exchanges.respond_owned(id, &ok(), body))
            .expect("an open exchange");
        if number > 0 {
            server.expect_no_event();
        }
    }
    for number in 0..count {
        assert_eq!(client.response().text(), number.to_string());
    }
    for id in ids {
        server.expect(Event::Completed(id));
    }
}

pub fn answers_requests_that_arrive_byte_by_byte(start: Start) {
    let server = echo(start);
    let mut client = Client::connect(&server);
    for byte in b"GET /slowly HTTP/1.1\r\nhost: h\r\n\r\nGET /again HTTP/1.1\r\nhost: h\r\n\r\n" {
        client.send([*byte]);
    }
    assert_eq!(client.response().text(), "/slowly");
    assert_eq!(client.response().text(), "/again");
}

pub fn hands_over_the_head_as_sent(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client
        .send(b"PUT /a%20b?c=d&e HTTP/1.1\r\nHOST: Example:80\r\nX-Two:  two words \r\nx-two: \xe9\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| {
        let head = exchanges.head(id).expect("an open exchange");
        assert_eq!((head.method(), head.target(), head.path()), ("PUT", "/a%20b?c=d&e", "/a%20b?c=d&e"));
        assert_eq!((head.version(), head.authority()), (Version::Http11, Some("Example:80")));
        let fields: Vec<_> = head.fields().collect();
        let expected: [(&str, &[u8]); 3] =
            [("HOST", b"Example:80"), ("X-Two", b"two words"), ("x-two", b"\xe9")];
        assert_eq!(fields, expected);
        drop(head);
        assert!(exchanges.is_body_complete(id));
        assert!(matches!(exchanges.peer_address(id), Some(PeerAddress::Tcp(address)) if address.ip().is_loopback()));
        exchanges.respond(id, &ok(), b"").expect("an open exchange");
    });
    assert_eq!(client.response().field("content-length"), Some("0"));
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
                .respond(
                    id,
                    &ResponseHead {
                        status,
                        reason: None,
                        fields,
                    },
                    b"ignored",
                )
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

pub fn answers_http_1_0(start: Start) {
    let server = echo(start);
    let mut client = Client::connect(&server);
    client.send("GET /kept HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("/kept", Some("keep-alive"))
    );
    client.send("GET /closed HTTP/1.0\r\n\r\n");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("/closed", Some("close"))
    );
    client.expect_end();
}

pub fn closes_after_connection_close(start: Start) {
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        |exchanges, event| {
            let Event::Request(id) = event else { return };
            let fields: &[(&[u8], &[u8])] = &[(b"connection", b"close")];
            exchanges
                .respond(
                    id,
                    &ResponseHead {
                        status: 200,
                        reason: None,
                        fields,
                    },
                    b"bye",
                )
                .expect("open");
        },
    );
    let mut client = Client::connect(&server);
    let response = client.get("/");
    assert_eq!(
        (response.text(), response.field("connection")),
        ("bye", Some("close"))
    );
    client.expect_end();
    let server = echo(start);
    let mut client = Client::connect(&server);
    client.send(
        "GET /last HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\nGET /never HTTP/1.1\r\nhost: h\r\n\r\n",
    );
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("/last", Some("close"))
    );
    client.expect_end();
    assert_eq!(server.counters().requests, 1);
}

pub fn takes_any_target_form_and_method(start: Start) {
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        |exchanges, event| {
            let Event::Request(id) = event else { return };
            let head = exchanges.head(id).expect("an open exchange");
            let body = format!("{} {} {:?}", head.method(), head.path(), head.authority());
            drop(head);
            exchanges
                .respond_owned(id, &ok(), body.into_bytes())
                .expect("an open exchange");
        },
    );
    let mut client = Client::connect(&server);
    client.send("OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(client.response().text(), "OPTIONS * Some(\"h\")");
    client.send("GET http://other/x HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(client.response().text(), "GET /x Some(\"other\")");
    client.send("B!#$%&'*+-.^_`|~9 /y HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(client.response().text(), "B!#$%&'*+-.^_`|~9 /y Some(\"h\")");
}

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

pub fn refuses_a_second_answer(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| {
        assert_eq!(exchanges.write(id, b"early"), Err(Gone));
        assert_eq!(exchanges.finish(id, &[]), Err(Gone));
        assert_eq!(exchanges.respond(id, &ok(), b"once"), Ok(()));
        assert_eq!(exchanges.respond(id, &ok(), b"twice"), Err(Gone));
        assert_eq!(exchanges.start(id, &ok(), None), Err(Gone));
        assert_eq!(exchanges.fail(id), Err(Gone));
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
            let head = ResponseHead {
                status,
                reason: None,
                fields: &[field],
            };
            exchanges.respond(id, &head, b"never").expect("an open exchange");
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
                .respond_owned(id, &head(200), body)
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

pub fn serves_a_unix_socket(start: Start) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let peer: Arc<Mutex<Option<PeerAddress>>> = Arc::default();
    let seen = Arc::clone(&peer);
    let server = Server::automatic(
        start,
        Listen::Unix(path),
        EngineOptions::default(),
        move |exchanges, event| {
            if let Event::Request(id) = event {
                *seen.lock().expect("the peer") = exchanges.peer_address(id);
            }
            echo_path(exchanges, event);
        },
    );
    let mut client = Client::connect(&server);
    assert_eq!(client.get("/one").text(), "/one");
    assert_eq!(client.get("/two").text(), "/two");
    assert_eq!(*peer.lock().expect("the peer"), Some(PeerAddress::Unix));
}
