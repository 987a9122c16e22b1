//! Names of requests, on requests and on their responses.

use howth_engine::{ClientOptions, EngineOptions, Http2Limits};

use super::announced::{trusted, with};
use super::answers::head;
use super::client::{Client, manual_with};
use super::frames::{DATA, HEADERS, greet, request};
use super::harness::{Server, Start};

fn names() -> ClientOptions {
    ClientOptions {
        names_requests: true,
        ..ClientOptions::default()
    }
}

/// What names a request has, and its response, to which the client says these fields.
fn exchanged(server: &Server, client: &mut Client, fields: &str) -> (Vec<String>, Option<String>) {
    client.send(format!(
        "GET /a/../b HTTP/1.1\r\nhost: H\r\n{fields}x-last: 1\r\n\r\n"
    ));
    let id = server.next_request_among_others();
    let names = server.call(move |exchanges| {
        let head = exchanges.head(id).expect("an open exchange");
        assert_eq!(
            (head.path(), head.authority(), head.field("x-last")),
            ("/b", Some("h"), Some(&b"1"[..]))
        );
        let names = head
            .fields()
            .filter(|(name, _)| name.eq_ignore_ascii_case("x-request-id"));
        names
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .collect()
    });
    server.respond(id, "named");
    let response = client.response();
    assert_eq!(response.text(), "named");
    (names, response.field("x-request-id").map(str::to_owned))
}

pub fn names_requests_and_their_responses(start: Start) {
    let (server, mut client) = manual_with(start, with(names()));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (names, of_response) = exchanged(&server, &mut client, "");
        let [name] = &names[..] else {
            panic!("{names:?}");
        };
        assert_eq!(of_response.as_ref(), Some(name));
        assert!(name.len() == 36 && name.as_bytes()[14] == b'7', "{name}");
        assert!(!seen.contains(name));
        seen.push(name.clone());
    }
}

pub fn believes_no_name_of_a_client(start: Start) {
    let (server, mut client) = manual_with(start, with(names()));
    for fields in [
        "x-request-id: forged\r\n",
        "X-Request-ID: one\r\na: b\r\nx-request-id: two\r\n",
    ] {
        let (names, of_response) = exchanged(&server, &mut client, fields);
        assert!(names.len() == 1 && names[0].len() == 36, "{names:?}");
        assert_eq!(of_response.as_ref(), names.first());
    }
    // Without the option a field is what it is, and no response has one.
    let (server, mut client) = manual_with(start, EngineOptions::default());
    let (names, of_response) = exchanged(&server, &mut client, "x-request-id: own\r\n");
    assert_eq!((names, of_response), (vec!["own".to_owned()], None));
}

pub fn keeps_the_name_that_an_application_gives(start: Start) {
    let (server, mut client) = manual_with(start, with(names()));
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    let fields: &'static [(&[u8], &[u8])] = &[(b"X-Request-Id", b"mine")];
    server
        .call(move |exchanges| exchanges.respond(id, &head(200, fields), b""))
        .expect("an open exchange");
    assert_eq!(client.response().field("x-request-id"), Some("mine"));
}

pub fn keeps_names_of_trusted_proxies(start: Start) {
    let options = ClientOptions {
        names_requests: true,
        ..trusted("loopback")
    };
    let (server, mut client) = manual_with(start, with(options));
    let (names, of_response) = exchanged(&server, &mut client, "X-Request-Id: proxy-1\r\n");
    assert_eq!(
        (names, of_response.as_deref()),
        (vec!["proxy-1".to_owned()], Some("proxy-1"))
    );
    let long = format!("x-request-id: {}\r\n", "x".repeat(129));
    for wrong in [
        "x-request-id: a b\r\n",
        "x-request-id: a\r\nx-request-id: b\r\n",
        "x-request-id:\r\n",
        &long,
    ] {
        let (names, _) = exchanged(&server, &mut client, wrong);
        assert!(names.len() == 1 && names[0].len() == 36, "{names:?}");
    }
}

pub fn names_streams(start: Start) {
    let options = EngineOptions {
        http2: Some(Http2Limits::default()),
        ..with(names())
    };
    let server = Server::manual(start, options);
    let mut client = greet(&server, &[]);
    client.send(request(
        1,
        "GET",
        "/",
        &[("x-request-id", "forged"), ("x-last", "1")],
    ));
    let id = server.next_request();
    let name = server.call(move |exchanges| {
        let head = exchanges.head(id).expect("an open exchange");
        assert_eq!(head.field("x-last"), Some(&b"1"[..]));
        head.field("x-request-id")
            .map(|name| String::from_utf8_lossy(name).into_owned())
    });
    server.respond(id, "named");
    let response = client.frame_of(HEADERS, 1);
    assert_eq!(response.field("x-request-id"), name);
    assert_eq!(name.map(|name| name.len()), Some(36));
    assert_eq!(client.frame_of(DATA, 1).text(), "named");
}
