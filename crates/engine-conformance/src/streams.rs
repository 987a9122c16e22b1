//! Streamed responses.

use howth_engine::{Backpressure, BodyRead, EngineOptions, Event, Gone, WriteError};

use super::answers::{head, ok};
use super::client::{Client, manual};
use super::harness::{Listen, Server, Start};

const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

pub fn streams_chunks(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.start(id, &ok(), None))
        .expect("an open exchange");
    // The head does not wait for the body.
    let response = client.head();
    assert_eq!(response.field("transfer-encoding"), Some("chunked"));
    assert_eq!(response.field("content-length"), None);
    for chunk in ["one", "two"] {
        let backpressure = server.call(move |exchanges| exchanges.write(id, chunk.as_bytes()));
        assert_eq!(backpressure, Ok(Backpressure::Ready));
        assert_eq!(client.take(8), format!("3\r\n{chunk}\r\n").as_bytes());
    }
    assert_eq!(
        server.call(move |exchanges| exchanges.write(id, b"")),
        Ok(Backpressure::Ready)
    );
    client.expect_silence();
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    assert_eq!(client.take(5), b"0\r\n\r\n");
    server.expect(Event::Completed(id));
    assert_eq!(
        server.call(move |exchanges| exchanges.write(id, b"late")),
        Err(WriteError::Gone(Gone))
    );
    client.send(GET);
    let id = server.next_request();
    server.respond(id, "next");
    assert_eq!(client.response().text(), "next");
}

pub fn streams_a_known_length(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), Some(6)).expect("an open exchange");
        exchanges.write(id, b"abc").expect("an open exchange");
        exchanges.write(id, b"def").expect("an open exchange");
    });
    let response = client.response();
    assert_eq!(
        (response.field("content-length"), response.text()),
        (Some("6"), "abcdef")
    );
    server.expect_no_event();
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    server.expect(Event::Completed(id));
    // The stream's own content-length counts where none is given.
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        let head = head(200, &[(b"content-length", b"2")]);
        exchanges.start(id, &head, None).expect("an open exchange");
        exchanges.write(id, b"ok").expect("an open exchange");
        exchanges.finish(id, &[]).expect("an open exchange");
    });
    let response = client.response();
    assert_eq!(
        (response.field("content-length"), response.text()),
        (Some("2"), "ok")
    );
}

pub fn streams_until_close_to_http_1_0(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"all there ").expect("an open exchange");
    });
    let response = client.head();
    assert_eq!(response.field("transfer-encoding"), None);
    assert_eq!(
        (response.field("content-length"), response.field("connection")),
        (None, Some("close"))
    );
    server
        .call(move |exchanges| exchanges.write(id, b"is"))
        .expect("an open exchange");
    assert_eq!(client.take(12), b"all there is");
    // The end comes when every byte is out already.
    let trailers: &'static [(&[u8], &[u8])] = &[(b"x-trailer", b"never")];
    server
        .call(move |exchanges| exchanges.finish(id, trailers))
        .expect("an open exchange");
    client.expect_end();
    server.expect(Event::Completed(id));
}

pub fn streams_trailers(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        let head = head(200, &[(b"trailer", b"x-sum")]);
        exchanges.start(id, &head, None).expect("an open exchange");
        exchanges.write(id, b"body").expect("an open exchange");
        exchanges
            .finish(id, &[(b"x-sum", b"4")])
            .expect("an open exchange");
    });
    let response = client.response();
    assert_eq!((response.text(), response.field("x-sum")), ("body", Some("4")));
    server.expect(Event::Completed(id));
}

pub fn tells_a_stream_of_a_client_that_left(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"part").expect("an open exchange");
    });
    client.head();
    client.reset();
    server.expect(Event::Aborted(id));
    assert_eq!(
        server.call(move |exchanges| exchanges.write(id, b"more")),
        Err(WriteError::Gone(Gone))
    );
}

pub fn echoes_both_ways_at_once(start: Start) {
    // What is read is written; while the writer has to wait, nothing is read.
    let mut is_full = false;
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        move |exchanges, event| {
            let Some(id) = event.exchange() else { return };
            match event {
                Event::Request(_) => exchanges.start(id, &ok(), None).expect("an open exchange"),
                Event::Writable(_) => is_full = false,
                Event::BodyReadable(_) => {}
                _ => return,
            }
            while !is_full {
                match exchanges.read_body(id, 10_000).expect("an open exchange") {
                    BodyRead::Data(bytes) => is_full = exchanges.write(id, &bytes) == Ok(Backpressure::Full),
                    BodyRead::Pending => return,
                    BodyRead::End => return exchanges.finish(id, &[]).expect("an open exchange"),
                    BodyRead::Failed(reason) => panic!("{reason}"),
                }
            }
        },
    );
    let mut client = Client::connect(&server);
    let body: Vec<u8> = (0..20_000_000_usize).map(|index| (index % 249) as u8).collect();
    client.send(format!(
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    let mut writer = client.second();
    let sent = body.clone();
    let sender = std::thread::spawn(move || writer.send(&sent));
    assert!(client.response().body == body);
    sender.join().expect("the sender");
}

pub fn leaves_a_streamed_body_out_after_head(start: Start) {
    let (server, mut client) = manual(start);
    client.send("HEAD / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.start(id, &ok(), None))
        .expect("an open exchange");
    assert_eq!(client.head().status(), 200);
    assert_eq!(
        server.call(move |exchanges| exchanges.write(id, b"never seen")),
        Ok(Backpressure::Ready)
    );
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    server.expect(Event::Completed(id));
    client.send(GET);
    let id = server.next_request();
    server.respond(id, "next");
    assert_eq!(client.response().text(), "next");
}
