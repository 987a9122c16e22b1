//! Request bodies: arrival, backpressure, `100 Continue`, and what becomes of those nobody reads.

use std::collections::HashMap;
use std::sync::mpsc::channel;
use std::time::Duration;

use howth_engine::{BodyRead, EngineOptions, Event, ExchangeId, Exchanges, Gone};

use super::client::Client;
use super::harness::{Listen, PATIENCE, Server, Start, ok};

fn manual(start: Start) -> (Server, Client) {
    let server = Server::manual(start, EngineOptions::default());
    let client = Client::connect(&server);
    (server, client)
}

fn read(server: &Server, id: ExchangeId, bytes_max: usize) -> BodyRead {
    server
        .call(move |exchanges| exchanges.read_body(id, bytes_max))
        .expect("an open exchange")
}

fn data(text: &str) -> BodyRead {
    BodyRead::Data(text.into())
}

pub fn reads_a_whole_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\nhello world");
    let id = server.next_request();
    assert!(server.call(move |exchanges| exchanges.is_body_complete(id)));
    assert_eq!(read(&server, id, 5), data("hello"));
    assert_eq!(read(&server, id, usize::MAX), data(" world"));
    assert_eq!(read(&server, id, 5), BodyRead::End);
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
    assert_eq!(read(&server, id, 2), data("he"));
    assert_eq!(read(&server, id, 5), data("llo"));
    assert_eq!(read(&server, id, 5), BodyRead::Pending);
    client.send(" world");
    server.expect(Event::BodyReadable(id));
    assert_eq!(read_in_place(id), (Ok(true), Some(b" world".to_vec())));
    assert_eq!(read_in_place(id), (Ok(true), Some(Vec::new())));
    assert_eq!(read(&server, id, 5), BodyRead::End);
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
        assert_eq!(read(&server, id, 100), BodyRead::Pending);
        // Asked twice, told once.
        assert_eq!(read(&server, id, 100), BodyRead::Pending);
        client.send(part);
        server.expect(Event::BodyReadable(id));
        assert_eq!(read(&server, id, 100), data(part));
    }
    assert_eq!(read(&server, id, 100), BodyRead::End);
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

pub fn stops_reading_at_the_high_watermark(start: Start) {
    let options = EngineOptions {
        body_high_watermark_bytes: 100_000,
        ..EngineOptions::default()
    };
    let server = Server::manual(start, options);
    let mut client = Client::connect(&server);
    // More than the socket buffers of both sides hold.
    let body: Vec<u8> = (0..40_000_000_usize).map(|index| (index % 253) as u8).collect();
    client.send(format!(
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    let id = server.next_request();
    let sent = client.send_until_stuck(&body, Duration::from_millis(300));
    assert!(sent < body.len(), "everything was taken");
    let expected = body.clone();
    let sender = std::thread::spawn(move || {
        client.send(&body[sent..]);
        client
    });
    let mut received = Vec::new();
    loop {
        match read(&server, id, usize::MAX) {
            BodyRead::Data(bytes) => {
                // What was received when the watermark was reached comes on top.
                assert!(bytes.len() <= 1_000_000, "{} bytes were held", bytes.len());
                received.extend(bytes);
            }
            BodyRead::Pending => server.expect(Event::BodyReadable(id)),
            end => {
                assert_eq!(end, BodyRead::End);
                break;
            }
        }
    }
    assert!(received == expected);
    server.respond(id, "all of it");
    assert_eq!(sender.join().expect("the sender").response().text(), "all of it");
}

/// The watermark is reached by the bytes that also end the body, in whichever read of the turn: nothing else comes
/// that could make an engine look again.
pub fn takes_the_end_of_a_body_that_came_at_once(start: Start) {
    const WATERMARK: usize = 200_000;
    let folder = tempfile::tempdir().expect("a folder");
    let options = EngineOptions {
        body_high_watermark_bytes: WATERMARK,
        ..EngineOptions::default()
    };
    let (all_sent, wait_for_all) = channel();
    let (tell_held, held) = channel();
    let mut received = HashMap::new();
    let mut is_held = true;
    let application = move |exchanges: &dyn Exchanges, event: Event| {
        let (Event::Request(id) | Event::BodyReadable(id)) = event else {
            return;
        };
        if std::mem::take(&mut is_held) {
            // The first request holds the engine until the bodies are there as a whole.
            tell_held.send(()).expect("the test");
            wait_for_all.recv_timeout(PATIENCE).expect("the bodies");
            exchanges.respond(id, &ok(), b"").expect("an open exchange");
            return;
        }
        let sum = received.entry(id.index).or_insert(0);
        loop {
            match exchanges.read_body(id, usize::MAX).expect("an open exchange") {
                BodyRead::Data(bytes) => *sum += bytes.len(),
                BodyRead::Pending => return,
                BodyRead::Failed(reason) => panic!("the body {reason}"),
                BodyRead::End => break,
            }
        }
        let answer = std::mem::take(sum).to_string();
        exchanges
            .respond(id, &ok(), answer.as_bytes())
            .expect("an open exchange");
    };
    let server = Server::automatic(
        start,
        Listen::Unix(folder.path().join("socket")),
        options,
        application,
    );
    let mut holder = Client::connect(&server);
    holder.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    // Connections that are accepted together are read from in any order.
    held.recv_timeout(PATIENCE).expect("the first request");
    let lengths = [64_000, 190_000, WATERMARK, 210_000, 240_000, 260_000];
    let mut clients = lengths.map(|length| {
        let mut client = Client::connect(&server);
        client.hold_unread(2 * length);
        client.send(format!(
            "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {length}\r\n\r\n"
        ));
        client.send(vec![b'b'; length]);
        client
    });
    all_sent.send(()).expect("the engine");
    assert_eq!(holder.response().status(), 200);
    for (client, length) in clients.iter_mut().zip(lengths) {
        assert_eq!(client.response().text(), length.to_string());
    }
}

/// Large, so that an engine may receive it in another way than small ones; what follows it is a request all the same.
pub fn takes_large_bodies_and_what_is_behind_them(start: Start) {
    const CHUNKS: usize = 40;
    let chunk: String = format!("{:x}\r\n{}\r\n", 50_000, "b".repeat(50_000));
    let chunked = format!(
        "POST /chunked HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\nx-sum: 1\r\n\r\n",
        chunk.repeat(CHUNKS)
    );
    let known = format!(
        "POST /known HTTP/1.1\r\nhost: h\r\ncontent-length: 2000000\r\n\r\n{}",
        "k".repeat(2_000_000)
    );
    let (server, client) = manual(start);
    let mut sender = client.second();
    let all = [
        &chunked,
        "GET /after HTTP/1.1\r\nhost: h\r\n\r\n",
        &known,
        &chunked,
        &known,
    ]
    .concat();
    let sending = std::thread::spawn(move || sender.send(all));
    let mut client = client;
    for (body, byte) in [
        (2_000_000, b'b'),
        (0, b' '),
        (2_000_000, b'k'),
        (2_000_000, b'b'),
        (2_000_000, b'k'),
    ] {
        let id = server.next_request_among_others();
        let mut received = 0;
        loop {
            match read(&server, id, usize::MAX) {
                BodyRead::Data(bytes) => {
                    assert!(bytes.iter().all(|own| *own == byte));
                    received += bytes.len();
                }
                // Earlier exchanges are told of in between.
                BodyRead::Pending => while server.next_event() != Event::BodyReadable(id) {},
                end => break assert_eq!(end, BodyRead::End),
            }
        }
        assert_eq!(received, body);
        server.respond(id, "done");
        assert_eq!(client.response().text(), "done");
    }
    sending.join().expect("the sender");
}

pub fn sends_continue_when_the_body_is_read(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET /before HTTP/1.1\r\nhost: h\r\n\r\n");
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
    let before = server.next_request();
    let id = server.next_request();
    assert_eq!(read(&server, id, 10), BodyRead::Pending);
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
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 100000\r\n\r\n");
    let id = server.next_request();
    server.respond(id, "unread");
    assert_eq!(client.response().text(), "unread");
    server.expect(Event::Completed(id));
    client.send(vec![b'x'; 100_000]);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}

pub fn closes_before_a_large_unread_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n");
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
    assert_eq!(read(&server, id, 10), BodyRead::Failed("was given up"));
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

pub fn aborts_when_the_client_leaves_within_a_body(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf");
    let id = server.next_request();
    client.end();
    server.expect(Event::Aborted(id));
    client.expect_over();
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
            match read(&server, id, 500) {
                BodyRead::Data(bytes) => length += bytes.len(),
                BodyRead::End => break,
                BodyRead::Pending => std::thread::yield_now(),
                BodyRead::Failed(reason) => panic!("{reason}"),
            }
        }
        assert_eq!(length, number * 37);
        server
            .call(move |exchanges| exchanges.respond_owned(id, &ok(), length.to_string().into()))
            .expect("open");
        assert_eq!(client.response().text(), length.to_string());
    }
}
