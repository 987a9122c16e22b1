//! Request bodies that are read after the response: what is kept of them, for how long, and what the connection does.

use std::time::Duration;

use howth_engine::{Body, BodyRead, EngineOptions, Event, ExchangeId, Gone};

use super::answers::ok;
use super::client::{Client, manual_with};
use super::harness::{Server, Start};

fn manual(start: Start, change: impl FnOnce(&mut EngineOptions)) -> (Server, Client) {
    let mut options = EngineOptions::default();
    change(&mut options);
    manual_with(start, options)
}

/// The response is given, and arrives, before the body was read.
fn answer_early(server: &Server, client: &mut Client, id: ExchangeId) {
    server.respond(id, "early");
    assert_eq!(client.response().text(), "early");
    server.expect(Event::Completed(id));
}

fn keep(server: &Server, id: ExchangeId, is_read: bool) -> bool {
    server
        .call(move |exchanges| exchanges.keep_body(id, is_read))
        .expect("an open exchange")
}

fn read(server: &Server, id: ExchangeId) -> Result<BodyRead, Gone> {
    server.call(move |exchanges| exchanges.read_body(id, usize::MAX))
}

/// A next request of the connection is answered, so that nothing of the one before is left on it.
fn expect_next(server: &Server, client: &mut Client) {
    client.send("GET /next HTTP/1.1\r\nhost: h\r\n\r\n");
    // The end of a body that was kept is told even to one who has read it.
    let next = server.next_request_among_others();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
    server.expect(Event::Completed(next));
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

pub fn reads_what_comes_after_the_response(start: Start) {
    for is_read in [true, false] {
        let (server, mut client) = manual(start, |_| {});
        client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
        let id = server.next_request();
        assert!(keep(&server, id, is_read));
        answer_early(&server, &mut client, id);
        // A request that comes behind the body waits for it.
        client.send("world");
        server.expect(Event::BodyReadable(id));
        assert_eq!(server.read_to_end(id), Ok(b"helloworld".to_vec()));
        expect_next(&server, &mut client);
    }
}

pub fn keeps_a_body_that_had_arrived(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    assert_eq!(server.read_to_end(id), Ok(b"hello".to_vec()));
    expect_next(&server, &mut client);
}

pub fn reads_a_large_body_after_the_response(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    let body = vec![b'x'; 3 << 20];
    client.send(format!(
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    let id = server.next_request();
    assert!(!keep(&server, id, false), "too much is to come");
    assert!(keep(&server, id, true));
    server.respond(id, "early");
    let response = client.response();
    assert_eq!(response.field("connection"), None, "the connection goes on");
    server.expect(Event::Completed(id));
    let (mut sending, sent) = (client.second(), body.clone());
    let sender = std::thread::spawn(move || sending.send(sent));
    assert_eq!(server.read_to_end(id), Ok(body));
    sender.join().expect("all is sent");
    expect_next(&server, &mut client);
}

/// A response that is larger than what is read from a connection with unsent responses holds the body up until it is sent.
pub fn reads_the_rest_behind_a_large_response(start: Start) {
    const LENGTH: usize = 3 << 20;
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    server
        .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Owned(vec![b'r'; LENGTH])))
        .expect("an open exchange");
    assert_eq!(client.response().body.len(), LENGTH);
    server.expect(Event::Completed(id));
    client.send("world");
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_to_end(id), Ok(b"helloworld".to_vec()));
    expect_next(&server, &mut client);
}

pub fn reads_the_rest_before_a_last_connection_ends(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    client.send("world");
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_to_end(id), Ok(b"helloworld".to_vec()));
    client.expect_end();
    server.wait_for(|counters| counters.connections == 0);
    assert_eq!(read(&server, id), Err(Gone));
}

/// The end of a response that ends with the connection does not wait for the body.
pub fn ends_a_response_until_the_close_before_a_kept_body(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.0\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"whole").expect("an open exchange");
        exchanges.finish(id, &[]).expect("an open exchange");
    });
    assert_eq!(client.response().text(), "whole");
    server.expect(Event::Completed(id));
    client.send("world");
    assert_eq!(server.read_to_end(id), Ok(b"helloworld".to_vec()));
    server.wait_for(|counters| counters.connections == 0);
}

/// A body that is there as a whole is kept no longer than one that arrives, if nobody takes it.
pub fn lets_go_of_a_whole_body_that_is_not_taken(start: Start) {
    let (server, mut client) = manual(start, |options| {
        options.deadlines.body_gap = Some(Duration::from_millis(80));
    });
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    server.wait_until_gone(id);
    expect_next(&server, &mut client);
}

pub fn keeps_no_more_of_a_body_nobody_reads(start: Start) {
    let (server, mut client) = manual(start, |options| options.body_high_watermark_bytes = 64 * 1024);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    let id = server.next_request();
    assert!(keep(&server, id, false));
    answer_early(&server, &mut client, id);
    let chunk = "x".repeat(100_000);
    client.send(format!("{:x}\r\n{chunk}", chunk.len()));
    server.expect(Event::BodyReadable(id));
    let body = server.read_to_end(id);
    assert_eq!(body, Err("was not read in time after the response was given"));
    client.send("\r\n0\r\n\r\n");
    expect_next(&server, &mut client);
}

pub fn gives_up_a_kept_body_that_is_not_taken(start: Start) {
    let (server, mut client) = manual(start, |options| {
        options.deadlines.body_gap = Some(Duration::from_millis(80));
        options.body_high_watermark_bytes = 1024;
    });
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    client.send("x".repeat(10_000));
    server.expect(Event::BodyReadable(id));
    let body = server.read_to_end(id);
    assert_eq!(body, Err("was not read in time after the response was given"));
    client.expect_over();
    assert_eq!(read(&server, id), Err(Gone));
}

pub fn gives_up_a_kept_body_that_does_not_come(start: Start) {
    let (server, mut client) = manual(start, |options| {
        options.deadlines.body_gap = Some(Duration::from_millis(80));
    });
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_to_end(id), Err("came too slowly"));
    client.expect_over();
    assert_eq!(read(&server, id), Err(Gone));
}

pub fn ends_a_kept_body_when_the_client_leaves(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    drop(client);
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_to_end(id), Err("broke off before its end"));
    server.wait_for(|counters| counters.connections == 0);
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

pub fn goes_on_when_a_kept_body_is_cancelled(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
    let id = server.next_request();
    assert!(keep(&server, id, true));
    answer_early(&server, &mut client, id);
    let cancelled = server.call(move |exchanges| exchanges.cancel_body(id));
    assert_eq!(cancelled, Ok(()));
    client.send("world");
    expect_next(&server, &mut client);
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

pub fn keeps_nothing_that_was_not_asked_for(start: Start) {
    let (server, mut client) = manual(start, |_| {});
    client.send("POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n");
    let id = server.next_request();
    assert!(!keep(&server, id, true));
    answer_early(&server, &mut client, id);
    assert_eq!(read(&server, id), Err(Gone));
}
