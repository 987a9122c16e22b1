//! Requests and whole responses.

use std::sync::{Arc, Mutex};

use howth_engine::{Body, EngineOptions, Event, Gone, PeerAddress};
use howth_http1::Version;

use super::answers::{echo, echo_path, head, ok};
use super::client::Client;
use super::harness::{Listen, Server, Start};

pub fn answers_hello(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send("GET /hello HTTP/1.1\r\nhost: example\r\n\r\n");
    let id = server.next_request();
    let fields: &'static [(&[u8], &[u8])] = &[(b"content-type", b"text/plain"), (b"x-first", b"1")];
    server
        .call(move |exchanges| exchanges.respond(id, &head(200, fields), b"Hello"))
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
            .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Owned(body)))
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
    client.send(
        b"PUT /x/../a%20b?c=d&e HTTP/1.1\r\nHOST: Example:80\r\nX-Two:  two words \r\nx-two: \xe9\r\n\r\n",
    );
    let id = server.next_request();
    server.call(move |exchanges| {
        let head = exchanges.head(id).expect("an open exchange");
        assert_eq!((head.method(), head.target(), head.path()), ("PUT", "/x/../a%20b?c=d&e", "/a%20b?c=d&e"));
        assert_eq!((head.version(), head.authority()), (Version::Http11, Some("example")));
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
            exchanges.respond(id, &head(200, fields), b"bye").expect("open");
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
                .respond_with(id, &ok(), Body::Owned(body.into_bytes()))
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
