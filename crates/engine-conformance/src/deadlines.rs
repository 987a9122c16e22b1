//! Clients and handlers that take too long. Where a case needs its clock to stand still, or asserts a time, it is one for
//! engines in memory alone; the others wait for what the deadline does.

use std::time::Duration;

use howth_engine::{Backpressure, Body, BodyRead, Deadlines, EngineOptions, Event, ExchangeId, Gone};

use super::answers::ok;
use super::client::{Client, SILENCE, manual_with};
use super::harness::{Server, Start};

const SHORT: Option<Duration> = Some(Duration::from_millis(80));

/// No deadline but those set by `change`.
fn with(start: Start, change: impl FnOnce(&mut Deadlines)) -> (Server, Client) {
    let mut deadlines = Deadlines::none();
    change(&mut deadlines);
    let server = Server::manual(
        start,
        EngineOptions {
            deadlines,
            ..EngineOptions::default()
        },
    );
    let client = Client::connect(&server);
    (server, client)
}

pub fn ends_a_head_that_does_not_come(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.head = SHORT);
    client.send("GET / HTTP/1.1\r\nhos");
    let response = client.response();
    assert_eq!(
        (response.status(), response.field("connection")),
        (408, Some("close"))
    );
    client.expect_end();
    // The clock of a head begins with its first byte, also on a connection that was used before.
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\nGET /");
    let id = server.next_request();
    server.respond(id, "first");
    assert_eq!(client.response().text(), "first");
    assert_eq!(client.response().status(), 408);
    client.expect_end();
}

/// The deadline passes once, however long the response before takes.
pub fn ends_a_head_once_behind_a_slow_response(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.head = SHORT);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\nGET /");
    let id = server.next_request();
    // Long enough for a deadline that passes again and again to do so ten times.
    server.pass(Duration::from_secs(1));
    assert!(server.call(|exchanges| exchanges.pending()) <= 2);
    assert!(server.counters().refused <= 1);
    // What comes of the head now comes too late.
    client.send(" HTTP/1.1\r\nhost: h\r\n\r\n");
    server.respond(id, "first");
    assert_eq!(client.response().text(), "first");
    assert_eq!(client.response().status(), 408);
    client.expect_end();
    server.expect(Event::Completed(id));
    assert_eq!((server.counters().refused, server.counters().requests), (1, 1));
}

pub fn ends_a_connection_that_says_nothing(start: Start) {
    let (_server, mut client) = with(start, |deadlines| deadlines.head = SHORT);
    client.expect_end();
}

pub fn ends_a_body_that_stops(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.body_gap = SHORT);
    let request = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf";
    client.send(request);
    let id = server.next_request();
    assert_eq!(client.response().status(), 408);
    client.expect_end();
    server.expect(Event::Aborted(id));
    // A client that waits for 100 Continue is not silent.
    let mut client = Client::connect(&server);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
    let id = server.next_request();
    client.expect_silence();
    client.expect_silence();
    assert_eq!(
        server.call(move |exchanges| exchanges.read_body(id, 100)),
        Ok(BodyRead::Pending)
    );
    assert_eq!(client.line(), "HTTP/1.1 100 Continue");
    assert_eq!(client.line(), "");
    assert_eq!(client.response().status(), 408);
}

/// However steadily it comes.
pub fn ends_a_body_that_takes_too_long(start: Start) {
    let (server, mut client) = with(start, |deadlines| {
        deadlines.body_gap = Some(Duration::from_secs(5));
        deadlines.body_whole = Some(Duration::from_secs(2));
    });
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\n");
    let id = server.next_request();
    for _ in 0..4 {
        client.send("x");
        server.pass(Duration::from_millis(600));
    }
    assert_eq!(client.response().status(), 408);
    client.expect_end();
    server.expect(Event::Aborted(id));
}

/// What the client cannot send, because the application takes nothing, is not held against it.
pub fn bears_a_body_that_is_not_read(start: Start) {
    let deadlines = Deadlines {
        body_gap: Some(Duration::from_secs(1)),
        body_rate_min: 1_000,
        ..Deadlines::none()
    };
    let options = EngineOptions {
        deadlines,
        body_high_watermark_bytes: 1_000,
        ..EngineOptions::default()
    };
    let (server, mut client) = manual_with(start, options);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2004\r\n\r\n");
    let id = server.next_request();
    client.send([b'x'; 2_000]);
    server.pass(Duration::from_secs(10));
    assert_eq!(server.read(id, 5_000), BodyRead::Data(vec![b'x'; 2_000]));
    // Everything counts from now.
    assert_eq!(server.read(id, 5_000), BodyRead::Pending);
    server.pass(Duration::from_millis(500));
    client.send("rest");
    assert_eq!(server.read_to_end(id), Ok(b"rest".to_vec()));
    server.respond(id, "done");
    assert_eq!(client.response().text(), "done");
}

/// After the response has begun there is nothing left to say.
pub fn ends_a_body_that_stops_behind_a_head(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.body_gap = SHORT);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf");
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
    });
    client.head();
    server.expect(Event::Aborted(id));
    client.expect_end();
}

/// A body that comes too slowly ends the connection in order, not by a reset, with what was written of the response, or
/// with the whole of it.
pub fn ends_a_slow_body_after_the_response(start: Start) {
    const BODY: usize = 5_000_000;
    let request = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf";
    let (server, mut client) = with(start, |deadlines| deadlines.body_gap = SHORT);
    client.send(request);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"part").expect("an open exchange");
    });
    server.expect(Event::Aborted(id));
    client.head();
    assert_eq!(client.take(9), b"4\r\npart\r\n");
    client.expect_end();
    let mut client = Client::connect(&server);
    client.send(request);
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Owned(vec![b'w'; BODY])))
        .expect("an open exchange");
    // The deadline passes before the client has taken the response.
    server.pass(Duration::from_millis(300));
    assert_eq!(client.response().body.len(), BODY);
    client.expect_end();
    server.expect(Event::Completed(id));
}

/// Never silent for as long as the gap, and far too slow; a body that keeps to the rate may take its time.
pub fn ends_a_body_that_trickles(start: Start) {
    let (server, mut client) = with(start, |deadlines| {
        deadlines.body_gap = Some(Duration::from_secs(2));
        deadlines.body_rate_min = 1000;
    });
    let request = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n";
    client.send(request);
    let id = server.next_request();
    let mut sent = Duration::ZERO;
    while client.is_silent() {
        client.send("x");
        sent += SILENCE;
    }
    // The rate counts once the body has taken as long as it may be silent.
    assert!((1900..2000).contains(&sent.as_millis()), "{sent:?}");
    assert_eq!(client.response().status(), 408);
    server.expect(Event::Aborted(id));
    let mut client = Client::connect(&server);
    client.send(request);
    let id = server.next_request();
    for _ in 0..100 {
        client.send("x".repeat(SILENCE.as_millis() as usize + 1));
        client.expect_silence();
    }
    server.respond(id, "fast enough");
    assert_eq!(client.response().text(), "fast enough");
}

pub fn ends_an_idle_connection(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.keep_alive = SHORT);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    // A handler that works is not an idle connection.
    client.expect_silence();
    client.expect_silence();
    server.respond(id, "done");
    assert_eq!(client.response().text(), "done");
    client.expect_end();
    server.wait_for(|counters| counters.connections == 0);
}

pub fn ends_a_client_that_takes_nothing(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.write_stall = SHORT);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        // More than the socket buffers of both sides hold.
        for _ in 0..400 {
            exchanges.write(id, &[b'x'; 100_000]).expect("an open exchange");
        }
        assert_eq!(exchanges.write(id, b"x"), Ok(Backpressure::Full));
    });
    loop {
        match server.next_event() {
            Event::Writable(_) => {}
            event => break assert_eq!(event, Event::Aborted(id)),
        }
    }
    assert!(client.expect_over().len() < 40_000_000);
}

pub fn ends_a_handler_that_takes_too_long(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.handler = SHORT);
    client.send("GET /1 HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    let response = client.response();
    assert_eq!(
        (response.status(), response.field("connection")),
        (503, Some("close"))
    );
    client.expect_end();
    server.expect(Event::Aborted(id));
    assert_eq!(
        server.call(move |exchanges| exchanges.respond(id, &ok(), b"late")),
        Err(Gone)
    );
    // A response that has begun may take its time.
    let mut client = Client::connect(&server);
    client.send("GET /2 HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.start(id, &ok(), None))
        .expect("an open exchange");
    client.head();
    client.expect_silence();
    client.expect_silence();
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    assert_eq!(client.take(5), b"0\r\n\r\n");
}

/// Every handler has its time, whoever's turn to answer it is. What was asked before is answered, nothing behind it is.
pub fn ends_whichever_handler_takes_too_long(start: Start) {
    let (server, mut client) = with(start, |deadlines| {
        deadlines.handler = Some(Duration::from_millis(400))
    });
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n".repeat(3));
    let ids = [
        server.next_request(),
        server.next_request(),
        server.next_request(),
    ];
    server.call(move |exchanges| {
        exchanges.set_timeout(ids[0], 0).expect("an open exchange");
        exchanges.set_timeout(ids[2], 0).expect("an open exchange");
    });
    let events = [server.next_event(), server.next_event()];
    assert!(
        events.contains(&Event::Aborted(ids[1])) && events.contains(&Event::Aborted(ids[2])),
        "{events:?}"
    );
    client.expect_silence();
    server.respond(ids[0], "first");
    assert_eq!(client.response().text(), "first");
    let response = client.response();
    assert_eq!(
        (response.status(), response.field("connection")),
        (503, Some("close"))
    );
    client.expect_end();
    server.expect(Event::Completed(ids[0]));
}

pub fn sets_the_deadline_of_one_exchange(start: Start) {
    let (server, mut client) = with(start, |deadlines| deadlines.handler = SHORT);
    client.send("GET /1 HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.set_timeout(id, 0))
        .expect("an open exchange");
    client.expect_silence();
    client.expect_silence();
    server.respond(id, "in the end");
    assert_eq!(client.response().text(), "in the end");
    server.expect(Event::Completed(id));
    let (server, mut client) = with(start, |_| {});
    client.send("GET /2 HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.set_timeout(id, 1))
        .expect("an open exchange");
    assert_eq!(client.response().status(), 503);
    server.expect(Event::Aborted(id));
}

/// A client that has ended its side, and the stream that goes on towards it.
fn streaming_to_a_half_closed_client(start: Start) -> (Server, Client, ExchangeId) {
    let (server, mut client) = with(start, |_| {});
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.start(id, &ok(), None))
        .expect("an open exchange");
    client.head();
    client.end();
    server.expect(Event::Disconnected(id));
    (server, client, id)
}

pub fn keeps_a_slow_stream_to_a_client_that_half_closed(start: Start) {
    const CHUNK: usize = 20_000;
    let (server, mut client, id) = streaming_to_a_half_closed_client(start);
    for _ in 0..4 {
        server.pass(Duration::from_millis(500));
        server
            .call(move |exchanges| exchanges.write(id, &[b'c'; CHUNK]))
            .expect("an open exchange");
        assert_eq!(client.take(6).to_ascii_lowercase(), b"4e20\r\n");
        client.take(CHUNK + 2);
    }
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    assert_eq!(client.take(5), b"0\r\n\r\n");
}

pub fn ends_a_silent_stream_to_a_client_that_half_closed(start: Start) {
    let (server, mut client, id) = streaming_to_a_half_closed_client(start);
    server
        .call(move |exchanges| exchanges.write(id, b"again"))
        .expect("an open exchange");
    assert_eq!(client.take(10), b"5\r\nagain\r\n");
    server.expect(Event::Aborted(id));
    client.expect_end();
}

/// What a client does not send while it is not read from is not held against it.
pub fn bears_a_head_that_is_not_read(start: Start) {
    const BODY: usize = 4_000_000;
    let (server, mut client) = with(start, |deadlines| deadlines.head = SHORT);
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\nGET /next");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Owned(vec![b'w'; BODY])))
        .expect("an open exchange");
    // So much waits for the client that it is not read from.
    client.wait_for_bytes();
    client.send(" HTTP/1.1\r\nhost: h\r\n\r\n");
    server.pass(Duration::from_millis(500));
    assert_eq!(client.response().body.len(), BODY);
    let next = server.next_request_among_others();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}
