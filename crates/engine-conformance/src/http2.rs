//! HTTP/2: streams are exchanges like any other.

use howth_engine::{EngineOptions, Event, Gone, UpgradeError};
use howth_http1::{Limits, Version};

use super::answers::{head, ok};
use super::client::Client;
use super::frames::{
    DATA, END_STREAM, HEADERS, RST_STREAM, frame, greeted, greeted_with, greeting, options, request,
};
use super::harness::{Server, Start};

const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;

pub fn answers_a_stream(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(
        1,
        "GET",
        "/a/../b?c",
        &[("x", "y"), ("cookie", "a=b"), ("cookie", "c=d")],
    ));
    let id = server.next_request();
    server.call(move |exchanges| {
        let head = exchanges.head(id).expect("an open exchange");
        assert_eq!(
            (head.method(), head.path(), head.authority()),
            ("GET", "/b?c", Some("h"))
        );
        assert_eq!(
            (head.version(), head.field("cookie")),
            (Version::Http2, Some(&b"a=b; c=d"[..]))
        );
        assert_eq!(head.field_section(), b"host: h\r\nx: y\r\ncookie: a=b; c=d\r\n");
        drop(head);
        assert!(exchanges.is_body_complete(id) && exchanges.peer_address(id).is_some());
        let fields: &[(&[u8], &[u8])] = &[(b"X-Own", b"1"), (b"connection", b"close"), (b"keep-alive", b"x")];
        exchanges
            .respond(id, &head_of(200, fields), b"hello")
            .expect("an open exchange");
        assert_eq!(exchanges.respond(id, &ok(), b""), Err(Gone));
    });
    let response = client.frame_of(HEADERS, 1);
    assert_eq!(
        (response.status(), response.field("x-own")),
        (200, Some("1".to_owned()))
    );
    assert_eq!(response.field("content-length").as_deref(), Some("5"));
    assert!(response.field("date").is_some_and(|date| date.ends_with("GMT")));
    assert_eq!(
        (response.field("connection"), response.field("keep-alive")),
        (None, None)
    );
    let body = client.frame_of(DATA, 1);
    assert_eq!((body.text(), body.ends()), ("hello", true));
    server.expect(Event::Completed(id));
    server.call(move |exchanges| assert!(exchanges.head(id).is_none()));
    client.expect_silence();
}

fn head_of<'a>(status: u16, fields: &'a [(&'a [u8], &'a [u8])]) -> howth_http1::ResponseHead<'a> {
    head(status, fields)
}

pub fn begins_however_the_preface_is_split(start: Start) {
    let server = Server::manual(start, options());
    let mut bytes = greeting(&[]);
    bytes.extend(request(1, "GET", "/", &[]));
    let mut client = Client::connect(&server);
    for byte in &bytes {
        client.send([*byte]);
    }
    server.respond(server.next_request(), "first");
    server.expect_completed();
    // All at once.
    let mut client = Client::connect(&server);
    client.send(&bytes);
    server.respond(server.next_request(), "second");
    let mut bodies = (0..5).map(|_| client.frame());
    assert_eq!(
        bodies.find(|frame| frame.kind == DATA).expect("a body").text(),
        "second"
    );
}

pub fn refuses_http_2_where_it_is_off(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send(greeting(&[]));
    assert!(matches!(client.response().status(), 400 | 505));
    // Behind a request it is nothing but malformed.
    let server = Server::manual(start, options());
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    server.respond(server.next_request(), "plain");
    assert_eq!(client.response().text(), "plain");
    client.send(greeting(&[]));
    assert!(matches!(client.response().status(), 400 | 505));
}

/// What is not the preface is a request line, and answered as one that is malformed (RFC 9112 section 3), whether frames are
/// spoken here or not. Where they are, what begins with no method either is of no protocol, and is not answered (RFC 9113
/// section 3.4).
pub fn refuses_what_is_neither_protocol(start: Start) {
    for options in [options(), EngineOptions::default()] {
        let server = Server::manual(start, options);
        for line in [
            "INVALID CONNECTION/ PREFACE\r\n\r\n",
            "INVALID PREFACE\r\n\r\n",
            "GET HTTP 11\r\nhost: h\r\n\r\n",
            "one two\r\n\r\n",
        ] {
            let mut client = Client::connect(&server);
            client.send(line);
            let response = client.response();
            assert_eq!(response.status(), 400, "{line:?}");
            assert_eq!(response.field("connection"), Some("close"));
            client.expect_end();
        }
    }
    let server = Server::manual(start, options());
    for line in [
        "INVALID CONNECTION PREFACE\r\n\r\n",
        "PRI * HTTP\r\n\r\nSM\r\n\r\n",
    ] {
        let mut client = Client::connect(&server);
        client.send(line);
        client.expect_end();
    }
}

pub fn answers_streams_in_any_order(start: Start) {
    let (server, mut client) = greeted(start);
    let requests: Vec<u8> = [1, 3, 5]
        .iter()
        .flat_map(|stream| request(*stream, "GET", "/", &[]))
        .collect();
    client.send(requests);
    let [first, second, third] = server.next_requests();
    for (id, stream) in [(third, 5), (first, 1), (second, 3)] {
        server.respond(id, "x");
        assert_eq!(client.frame_of(HEADERS, stream).status(), 200);
        assert!(client.frame_of(DATA, stream).ends());
        server.expect(Event::Completed(id));
    }
}

pub fn leaves_bodies_out_of_streams(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "HEAD", "/", &[]));
    server.respond(server.next_request(), "five!");
    let response = client.frame_of(HEADERS, 1);
    assert_eq!(
        (response.field("content-length").as_deref(), response.ends()),
        (Some("5"), true)
    );
    server.expect_completed();
    client.send(request(3, "GET", "/", &[]));
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges
            .respond(id, &head(204, &[]), b"ignored")
            .expect("an open exchange")
    });
    let response = client.frame_of(HEADERS, 3);
    assert_eq!(
        (
            response.status(),
            response.field("content-length"),
            response.ends()
        ),
        (204, None, true)
    );
}

pub fn streams_trailers_of_responses(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "GET", "/", &[("te", "trailers")]));
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"message").expect("an open exchange");
        exchanges
            .finish(id, &[(b"grpc-status", b"0"), (b"content-length", b"9")])
            .expect("an open exchange");
    });
    assert!(client.frame_of(HEADERS, 1).field("transfer-encoding").is_none());
    assert_eq!(client.frame_of(DATA, 1).text(), "message");
    let last = client.frame_of(HEADERS, 1);
    assert_eq!(
        (last.fields(), last.ends()),
        (vec![("grpc-status".to_owned(), "0".to_owned())], true)
    );
    server.expect(Event::Completed(id));
}

pub fn informs_on_streams(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "POST", "/", &[("expect", "100-continue")]));
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges
            .inform(id, &head(103, &[(b"link", b"x")]))
            .expect("an open exchange");
    });
    server.call(move |exchanges| exchanges.read_body(id, 1).expect("an open exchange"));
    let hints = client.frame_of(HEADERS, 1);
    assert!(!hints.ends() && hints.payload.ends_with(b"\x01x"));
    assert_eq!(client.frame_of(HEADERS, 1).status(), 100);
    client.send(frame(DATA, END_STREAM, 1, b"now"));
    server.expect(Event::BodyReadable(id));
    server.respond(id, "");
    assert_eq!(client.frame_of(HEADERS, 1).status(), 200);
    let switch = server.call(move |exchanges| exchanges.upgrade(id, &head(101, &[])));
    assert_eq!(switch, Err(UpgradeError::Gone(Gone)));
}

pub fn refuses_streams_as_it_refuses_requests(start: Start) {
    let limits = Limits {
        body_bytes_max: 10,
        ..Limits::default()
    };
    let (server, mut client) = greeted_with(start, EngineOptions { limits, ..options() }, &[]);
    let long = format!("/{}", "a".repeat(9000));
    let large = "x".repeat(20_000);
    let cases: [(Vec<u8>, u16); 6] = [
        (request(1, "GET", &long, &[]), 414),
        (
            request(3, "GET", "/", &[("a", &large[..15_000]), ("b", &large[..1_000])]),
            200,
        ),
        (request(5, "GET", "/#", &[]), 400),
        (request(7, "POST", "/", &[("content-length", "11")]), 413),
        (request(9, "GET", "/", &[("expect", "more")]), 417),
        (request(11, "GET", "/", &[("host", "other")]), 400),
    ];
    for (position, (bytes, status)) in cases.into_iter().enumerate() {
        client.send(bytes);
        let stream = 1 + 2 * position as u32;
        if status == 200 {
            server.respond(server.next_request(), "");
            server.expect_completed();
        }
        let response = client.frame_of(HEADERS, stream);
        assert_eq!(response.status(), status);
        if !response.ends() {
            assert!(client.frame_of(DATA, stream).ends());
        }
        if status == 413 {
            // It is asked not to send the body.
            assert_eq!(client.frame_of(RST_STREAM, stream).number(), NO_ERROR);
        }
    }
    server.expect_no_event();
    // A body that turns out too large, and one that is not as long as it says.
    client.send(request(13, "POST", "/", &[]));
    let id = server.next_request();
    client.send(frame(DATA, 0, 13, b"eleven byte"));
    assert_eq!(client.frame_of_kind(HEADERS).status(), 413);
    server.wait_until_gone(id);
    client.send(
        [
            request(15, "POST", "/", &[("content-length", "3")]),
            frame(DATA, END_STREAM, 15, b"no"),
        ]
        .concat(),
    );
    let malformed = loop {
        let frame = client.frame_of_kind(RST_STREAM);
        if frame.stream == 15 {
            break frame;
        }
    };
    assert_eq!(malformed.number(), PROTOCOL_ERROR);
    // CONNECT, which has neither scheme nor path.
    client.send(frame(HEADERS, 5, 17, b"\x00\x07:method\x07CONNECT\x41\x03h:1"));
    assert_eq!(client.frame_of_kind(HEADERS).status(), 405);
}

pub fn refuses_lists_of_fields_that_are_too_large(start: Start) {
    let (server, mut client) = greeted(start);
    let large = "x".repeat(12_000);
    let bytes = request(1, "GET", "/", &[("a", &large)]);
    let (first, rest) = (
        &bytes[9..],
        request(1, "GET", "/", &[("b", &large), ("c", &large)]),
    );
    client.send(frame(HEADERS, END_STREAM, 1, first));
    // The pseudo-header fields are not sent again.
    let at = rest
        .windows(3)
        .position(|window| window == b"\x00\x01b")
        .expect("the field");
    for (position, part) in rest[at..].chunks(16_000).enumerate() {
        client.send(frame(9, if position == 1 { 4 } else { 0 }, 1, part));
    }
    assert_eq!(client.frame_of(HEADERS, 1).status(), 431);
    assert!(client.frame_of(DATA, 1).ends());
    client.send(request(3, "GET", "/", &[]));
    server.respond(server.next_request(), "goes on");
    assert_eq!(client.frame_of(HEADERS, 3).status(), 200);
}
