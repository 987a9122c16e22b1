//! Interim responses before the response, and trailers behind the request.

use howth_engine::{BodyRead, EngineOptions, Event, Gone, InterimError};
use howth_http1::InvalidResponse;

use super::answers::head;
use super::client::{Client, manual, manual_with};
use super::harness::{Server, Start};
use super::tunnels::GET;

pub fn informs_before_the_response(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        let hints = head(
            103,
            &[(b"link", b"</a.css>; rel=preload"), (b"content-length", b"9")],
        );
        assert_eq!(exchanges.inform(id, &hints), Ok(()));
        assert_eq!(exchanges.inform(id, &head(102, &[])), Ok(()));
        // Nobody waits for it.
        assert_eq!(exchanges.inform(id, &head(100, &[])), Ok(()));
        for status in [99, 101, 200] {
            assert_eq!(
                exchanges.inform(id, &head(status, &[])),
                Err(InterimError::Invalid(InvalidResponse::Interim))
            );
        }
    });
    let hints = client.head();
    assert_eq!(hints.status_line, "HTTP/1.1 103 Early Hints");
    assert_eq!(
        hints.fields,
        [("link".to_owned(), "</a.css>; rel=preload".to_owned())]
    );
    assert_eq!(client.head().status_line, "HTTP/1.1 102 Processing");
    client.expect_silence();
    server.respond(id, "done");
    assert_eq!(client.response().text(), "done");
    let late = server.call(move |exchanges| exchanges.inform(id, &head(103, &[])));
    assert_eq!(late, Err(InterimError::Gone(Gone)));
}

/// In its turn, and not to a client that knows no interim responses.
pub fn informs_in_order_and_nobody_of_http_1_0(start: Start) {
    let (server, mut client) = manual(start);
    client.send([GET, GET].concat());
    let [first, second] = server.next_requests();
    server
        .call(move |exchanges| exchanges.inform(second, &head(103, &[])))
        .expect("an open exchange");
    server.respond(second, "second");
    client.expect_silence();
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    assert_eq!(client.head().status(), 103);
    assert_eq!(client.response().text(), "second");
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.0\r\n\r\n");
    let id = server.next_request_among_others();
    server
        .call(move |exchanges| exchanges.inform(id, &head(103, &[])))
        .expect("an open exchange");
    server.respond(id, "old");
    assert_eq!(client.response().text(), "old");
}

pub fn tells_a_client_to_continue(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.inform(id, &head(100, &[])))
        .expect("an open exchange");
    assert_eq!(
        (client.line(), client.line()),
        ("HTTP/1.1 100 Continue".into(), String::new())
    );
    client.send("hi");
    assert_eq!(server.read_to_end(id), Ok(b"hi".to_vec()));
    server.respond(id, "done");
    assert_eq!(client.response().text(), "done");
}

/// However long the application asks for more of them, no more waits than of a stream.
pub fn holds_no_more_interim_responses_than_a_stream(start: Start) {
    let (server, mut client) = manual_with(
        start,
        EngineOptions {
            write_high_watermark_bytes: 1_000,
            ..EngineOptions::default()
        },
    );
    client.send([GET, GET].concat());
    let [first, second] = server.next_requests();
    server.call(move |exchanges| {
        for _ in 0..10_000 {
            let hints = head(103, &[(b"link", b"</a>")]);
            exchanges.inform(second, &hints).expect("an open exchange");
        }
    });
    server.respond(second, "second");
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    let mut hints = 0;
    let last = loop {
        let mut response = client.head();
        if response.status() == 200 {
            client.body(&mut response);
            break response;
        }
        hints += 1;
    };
    assert_eq!(last.text(), "second");
    assert!((1..100).contains(&hints), "{hints} of them");
}

pub fn tells_the_trailers_of_a_request(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n");
    let id = server.next_request();
    assert_eq!(server.read(id, 2), BodyRead::Data(b"hi".to_vec()));
    let trailers = move |server: &Server| {
        server.call(move |exchanges| exchanges.trailers(id).map(|trailers| trailers.clone()))
    };
    assert_eq!(trailers(&server), Some(Vec::new()));
    assert_eq!(server.read(id, 2), BodyRead::Pending);
    client.send("0\r\nX-Sum: 2\r\nhost: forbidden\r\n\r\n".replace("host", "age"));
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read(id, 2), BodyRead::End);
    assert_eq!(trailers(&server), Some(vec![("X-Sum".to_owned(), b"2".to_vec())]));
    server.respond(id, "done");
    assert_eq!(client.response().text(), "done");
    // The next request on the connection has none.
    client.send(GET);
    server.expect(Event::Completed(id));
    assert_eq!(trailers(&server), None);
    let next = server.next_request();
    let none = server.call(move |exchanges| exchanges.trailers(next).map(|trailers| trailers.len()));
    assert_eq!(none, Some(0));
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}
