//! Request bodies: arrival, backpressure, `100 Continue`, and what becomes of those nobody reads.

use std::time::Duration;

use howth_engine::{Body, BodyRead, Event, Gone};

use super::answers::ok;
use super::client::{Client, manual};
use super::harness::Start;

fn data(text: &str) -> BodyRead {
    BodyRead::Data(text.into())
}

pub fn reads_a_whole_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\nhello world");
    let id = server.next_request();
    assert!(server.call(move |exchanges| exchanges.is_body_complete(id)));
    assert_eq!(server.read(id, 5), data("hello"));
    assert_eq!(server.read(id, usize::MAX), data(" world"));
    assert_eq!(server.read(id, 5), BodyRead::End);
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
    server.expect(Event::Completed(id));
}

pub fn reads_a_whole_body_in_its_place(start: Start) {
    let (server, mut client) = manual(start);
    let read_in_place = |id| {
        server.call(move |exchanges| {
            let mut body = None;
            let read = exchanges.read_whole_body(id, &mut |bytes| body = Some(bytes.to_vec()));
            (read, body)
        })
    };
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\nhello");
    let id = server.next_request();
    assert_eq!(read_in_place(id), (Ok(false), None));
    assert_eq!(server.read(id, 2), data("he"));
    assert_eq!(server.read(id, 5), data("llo"));
    assert_eq!(server.read(id, 5), BodyRead::Pending);
    client.send(" world");
    server.expect(Event::BodyReadable(id));
    assert_eq!(read_in_place(id), (Ok(true), Some(b" world".to_vec())));
    assert_eq!(read_in_place(id), (Ok(true), Some(Vec::new())));
    assert_eq!(server.read(id, 5), BodyRead::End);
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
    server.expect(Event::Completed(id));
    assert_eq!(read_in_place(id), (Err(Gone), None));
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    assert_eq!(read_in_place(id), (Ok(true), Some(Vec::new())));
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
}

pub fn reads_a_body_as_it_arrives(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 6\r\n\r\n");
    let id = server.next_request();
    assert!(!server.call(move |exchanges| exchanges.is_body_complete(id)));
    for part in ["ab", "cd", "ef"] {
        assert_eq!(server.read(id, 100), BodyRead::Pending);
        // Asked twice, told once.
        assert_eq!(server.read(id, 100), BodyRead::Pending);
        client.send(part);
        server.expect(Event::BodyReadable(id));
        assert_eq!(server.read(id, 100), data(part));
    }
    assert_eq!(server.read(id, 100), BodyRead::End);
    assert!(server.call(move |exchanges| exchanges.is_body_complete(id)));
    server.expect_no_event();
    server.respond(id, "");
    client.response();
}

pub fn reads_a_chunked_body_with_trailers(start: Start) {
    let (server, mut client) = manual(start);
    client.send(
        "POST /one HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n",
    );
    let id = server.next_request();
    client.send("0\r\nx-sum: 5\r\n\r\nGET /two HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(server.read_to_end(id), Ok(b"abcde".to_vec()));
    let next = server.next_request();
    server.respond(next, "two");
    server.respond(id, "one");
    assert_eq!(client.response().text(), "one");
    assert_eq!(client.response().text(), "two");
}

pub fn sends_continue_when_the_body_is_read(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET /before HTTP/1.1\r\nhost: h\r\n\r\n");
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
    let before = server.next_request();
    let id = server.next_request();
    assert_eq!(server.read(id, 10), BodyRead::Pending);
    client.expect_silence();
    server.respond(before, "before");
    assert_eq!(client.response().text(), "before");
    assert_eq!(client.line(), "HTTP/1.1 100 Continue");
    assert_eq!(client.line(), "");
    server.expect(Event::Completed(before));
    client.send("ok");
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_to_end(id), Ok(b"ok".to_vec()));
    server.respond(id, "done");
    let response = client.response();
    assert_eq!((response.text(), response.field("connection")), ("done", None));
}

pub fn sends_no_continue_when_the_body_has_begun(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\nok");
    let id = server.next_request();
    assert_eq!(server.read_to_end(id), Ok(b"ok".to_vec()));
    server.respond(id, "done");
    assert_eq!(client.response().text(), "done");
}

pub fn closes_when_continue_was_never_sent(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
    let id = server.next_request();
    server.respond(id, "no, thanks");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("no, thanks", Some("close"))
    );
    client.expect_end();
}

pub fn drains_a_small_unread_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 262144\r\n\r\n");
    let id = server.next_request();
    server.respond(id, "unread");
    assert_eq!(client.response().text(), "unread");
    server.expect(Event::Completed(id));
    client.send(vec![b'x'; 262_144]);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}

pub fn closes_before_a_large_unread_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 262145\r\n\r\n");
    let id = server.next_request();
    server.respond(id, "too much");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("too much", Some("close"))
    );
    client.expect_end();
    // A chunked body does not say how long it is.
    let mut client = Client::connect(&server);
    server.expect(Event::Completed(id));
    client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n");
    let id = server.next_request();
    server.respond(id, "who knows");
    assert_eq!(client.response().text(), "who knows");
    client.send(format!("{:x}\r\n", 1_000_000));
    client.send_until_stuck(&vec![b'x'; 300_000], Duration::from_secs(1));
    client.expect_end();
}

pub fn drains_a_cancelled_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 200000\r\n\r\nfirst");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.cancel_body(id))
        .expect("an open exchange");
    assert_eq!(server.read(id, 10), BodyRead::Failed("was given up"));
    client.send(vec![b'x'; 200_000 - 5]);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request();
    server.respond(next, "next");
    server.respond(id, "cancelled");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("cancelled", None)
    );
    assert_eq!(client.response().text(), "next");
}

/// A client that sends without waiting for 100 is told nothing, and its connection goes on.
pub fn tells_of_a_body_that_began_after_all(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\nab");
    let id = server.next_request();
    assert_eq!(server.read(id, 10), data("ab"));
    assert_eq!(server.read(id, 10), BodyRead::Pending);
    client.expect_silence();
    server.respond(id, "early");
    let response = client.response();
    assert_eq!((response.text(), response.field("connection")), ("early", None));
    server.expect(Event::Completed(id));
    client.send("cdGET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}

/// More is to come, or has come, of a body that was given up than is drained: the response says so.
pub fn closes_after_a_cancelled_body_that_is_too_long(start: Start) {
    for framing in ["content-length: 1000000", "transfer-encoding: chunked"] {
        let (server, mut client) = manual(start);
        client.send(format!("POST / HTTP/1.1\r\nhost: h\r\n{framing}\r\n\r\n"));
        let id = server.next_request();
        server
            .call(move |exchanges| exchanges.cancel_body(id))
            .expect("an open exchange");
        if framing.starts_with("transfer") {
            client.send(format!("{:x}\r\n", 50_000_000));
            // Until it is not read any more; the socket buffers of both sides hold less.
            client.send_until_stuck(&vec![b'x'; 40_000_000], Duration::from_millis(300));
        }
        server.respond(id, "too much");
        let response = client.response();
        assert_eq!(
            (response.text(), response.field("connection")),
            ("too much", Some("close")),
            "{framing}"
        );
    }
}

pub fn aborts_when_the_client_leaves_within_a_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf");
    let id = server.next_request();
    client.end();
    server.expect(Event::Aborted(id));
    client.expect_over();
}

/// A client that ends its side within a body has asked other things before.
pub fn answers_what_was_asked_before_a_body_broke_off(start: Start) {
    let (server, mut client) = manual(start);
    client.send(
        "GET / HTTP/1.1\r\nhost: h\r\n\r\nPOST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf",
    );
    let [first, second] = server.next_requests();
    client.end();
    let events = [server.next_event(), server.next_event()];
    assert!(events.contains(&Event::Disconnected(first)) && events.contains(&Event::Aborted(second)));
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    client.expect_end();
    server.expect(Event::Completed(first));
}

pub fn counts_nothing_twice_in_pipelined_bodies(start: Start) {
    let (server, mut client) = manual(start);
    let mut requests = Vec::new();
    for number in 0..50 {
        let body = "x".repeat(number * 37);
        let length = body.len();
        requests.extend(
            format!("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes(),
        );
    }
    // In pieces that never meet a boundary.
    for piece in requests.chunks(1009) {
        client.send(piece);
    }
    for number in 0..50 {
        let id = server.next_request_among_others();
        let mut length = 0;
        loop {
            match server.read(id, 500) {
                BodyRead::Data(bytes) => length += bytes.len(),
                BodyRead::End => break,
                BodyRead::Pending => std::thread::yield_now(),
                BodyRead::Failed(reason) => panic!("{reason}"),
            }
        }
        assert_eq!(length, number * 37);
        server
            .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Owned(length.to_string().into())))
            .expect("open");
        assert_eq!(client.response().text(), length.to_string());
    }
}
