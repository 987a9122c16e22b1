//! HTTP/2: the ends of streams and of connections.

use std::time::Duration;

use howth_engine::{BodyRead, ConnectionEnd, Deadlines, EngineOptions, Event, Gone, Http2Limits, WriteError};

use super::answers::ok;
use super::client::{Client, SILENCE};
use super::frames::{
    ACK, DATA, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, frame, greet, greeted, greeted_with, options,
    request, reset,
};
use super::harness::{Listen, Server, Start};

const INITIAL_WINDOW_SIZE: u16 = 4;
const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
const CANCEL: u32 = 8;

pub fn breaks_streams_off(start: Start) {
    let (server, mut client) = greeted(start);
    // The client's way.
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    client.send(reset(1));
    server.expect(Event::Aborted(id));
    assert_eq!(
        server.call(move |exchanges| exchanges.respond(id, &ok(), b"")),
        Err(Gone)
    );
    client.send(request(3, "POST", "/", &[]));
    let id = server.next_request();
    assert_eq!(server.read_body(id), Ok(BodyRead::Pending));
    client.send(reset(3));
    server.expect(Event::BodyReadable(id));
    server.expect(Event::Aborted(id));
    // The application's.
    client.send(request(5, "GET", "/", &[]));
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), None).expect("an open exchange");
        exchanges.write(id, b"part").expect("an open exchange");
        exchanges.fail(id).expect("an open exchange");
    });
    server.expect(Event::Aborted(id));
    client.frame_of(HEADERS, 5);
    assert_eq!(client.frame_of(DATA, 5).text(), "part");
    assert_eq!(client.frame_of(RST_STREAM, 5).number(), INTERNAL_ERROR);
    // A wrong length.
    client.send(request(7, "GET", "/", &[]));
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), Some(3)).expect("an open exchange");
        let error = WriteError::Length {
            declared: 3,
            given: 4,
        };
        assert_eq!(exchanges.write(id, b"four"), Err(error));
    });
    client.frame_of(HEADERS, 7);
    assert_eq!(client.frame_of(RST_STREAM, 7).number(), INTERNAL_ERROR);
    server.expect(Event::Aborted(id));
    // The connection goes on.
    client.send(request(9, "GET", "/", &[]));
    server.respond(server.next_request(), "fine");
    assert_eq!(client.frame_of(HEADERS, 9).status(), 200);
}

pub fn ends_a_connection_that_breaks_a_rule(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    client.send(frame(DATA, 0, 0, b"of no stream"));
    let told = client.frame_of(GOAWAY, 0);
    assert_eq!(told.number(), PROTOCOL_ERROR);
    server.expect(Event::Aborted(id));
    client.end_if_open();
    client.expect_over();
    server.wait_for(|counters| counters.connections == 0);
}

pub fn drains_streams(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "GET", "/", &[]));
    let first = server.next_request();
    server.drain();
    let announced = client.frame_of(GOAWAY, 0);
    assert_eq!(announced.payload, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let ping = client.frame_of(PING, 0).payload;
    // What was on its way before the client knew is served.
    client.send([request(3, "GET", "/", &[]), frame(PING, ACK, 0, &ping)].concat());
    let second = server.next_request();
    assert_eq!(client.frame_of(GOAWAY, 0).payload, [0, 0, 0, 3, 0, 0, 0, 0]);
    client.send(request(5, "GET", "/", &[]));
    server.respond(second, "second");
    assert_eq!(client.frame_of(HEADERS, 3).status(), 200);
    assert!(client.frame_of(DATA, 3).ends());
    server.respond(first, "first");
    assert_eq!(client.frame_of(HEADERS, 1).status(), 200);
    assert!(client.frame_of(DATA, 1).ends());
    client.expect_end();
    drop(client);
    server.pass(SILENCE);
    server.join();
}

pub fn ends_an_idle_connection_that_drains(start: Start) {
    let (server, mut client) = greeted(start);
    server.drain();
    client.frame_of(GOAWAY, 0);
    client.frame_of(PING, 0);
    // It does not answer.
    assert_eq!(client.frame_of(GOAWAY, 0).payload, [0; 8]);
    client.expect_end();
    drop(client);
    server.pass(SILENCE);
    server.join();
}

pub fn ends_a_connection_for_the_application(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    server.call(move |exchanges| {
        let connection = exchanges.connection(id).expect("an open exchange");
        exchanges
            .end_connection(connection, ConnectionEnd::InOrder)
            .expect("an open connection");
    });
    assert_eq!(client.frame_of(GOAWAY, 0).number(), NO_ERROR);
    server.respond(id, "last");
    client.frame_of(HEADERS, 1);
    assert_eq!(client.frame_of(DATA, 1).text(), "last");
    client.expect_end();
}

pub fn ends_streams_of_a_client_that_left(start: Start) {
    let (server, mut client) = greeted(start);
    client.send([request(1, "GET", "/", &[]), request(3, "POST", "/", &[])].concat());
    let [whole, broken] = server.next_requests();
    client.end();
    let mut events = [server.next_event(), server.next_event()];
    events.sort_by_key(|event| matches!(event, Event::Aborted(_)));
    assert_eq!(events, [Event::Disconnected(whole), Event::Aborted(broken)]);
    server.respond(whole, "still");
    loop {
        let frame = client.frame();
        if frame.kind == DATA {
            assert_eq!(frame.text(), "still");
            break;
        }
    }
    client.expect_end();
    server.expect(Event::Completed(whole));
}

pub fn ends_clients_that_reset_without_end(start: Start) {
    let limits = Http2Limits {
        resets_max: 50,
        ..Http2Limits::default()
    };
    let with = EngineOptions {
        http2: Some(limits),
        ..options()
    };
    let server = Server::automatic(start, Listen::Loopback, with, |_, _| {});
    let mut client = greet(&server, &[]);
    let flood: Vec<u8> = (0..60)
        .flat_map(|round| [request(1 + 2 * round, "GET", "/", &[]), reset(1 + 2 * round)].concat())
        .collect();
    client.try_send(&flood);
    assert_eq!(client.frame_of(GOAWAY, 0).number(), 11);
    client.end_if_open();
    client.expect_over();
    server.wait_for(|counters| counters.connections == 0);
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

pub fn ends_heads_and_silences_of_frames(start: Start) {
    let second = Some(Duration::from_secs(1));
    let deadlines = |head, keep_alive| {
        let mut deadlines = Deadlines::none();
        (deadlines.head, deadlines.keep_alive) = (head, keep_alive);
        EngineOptions {
            deadlines,
            ..options()
        }
    };
    // A preface and nothing behind it.
    let server = Server::manual(start, deadlines(second, None));
    let mut client = Client::connect(&server);
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let bytes = client.rest();
    assert_eq!(bytes[3], 4, "settings come first");
    // A header block without an end.
    let mut client = greet(&server, &[]);
    client.send(frame(HEADERS, END_STREAM, 1, b"\x82"));
    client.frame_of(GOAWAY, 0);
    client.expect_end();
    // A frame without an end.
    let mut client = greet(&server, &[]);
    client.send(&frame(PING, 0, 0, &[0; 8])[..12]);
    client.frame_of(GOAWAY, 0);
    client.expect_end();
    // Nobody asks anything any more.
    let (server, mut client) = greeted_with(start, deadlines(None, second), &[]);
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    server.pass(Duration::from_secs(5));
    server.respond(id, "late");
    client.frame_of(HEADERS, 1);
    client.frame_of(DATA, 1);
    assert_eq!(client.frame_of(GOAWAY, 0).number(), NO_ERROR);
    client.expect_end();
}

pub fn ends_streams_that_stop(start: Start) {
    let mut deadlines = Deadlines::none();
    (deadlines.body_gap, deadlines.write_stall) =
        (Some(Duration::from_secs(1)), Some(Duration::from_secs(2)));
    deadlines.handler = Some(Duration::from_secs(3));
    let (server, mut client) = greeted_with(
        start,
        EngineOptions {
            deadlines,
            ..options()
        },
        &[(INITIAL_WINDOW_SIZE, 5)],
    );
    client.send(
        [
            request(1, "POST", "/", &[]),
            request(3, "GET", "/", &[]),
            request(5, "GET", "/", &[]),
        ]
        .concat(),
    );
    let [body, response, handler] = server.next_requests();
    server.respond(response, "longer than its window");
    client.frame_of(HEADERS, 3);
    assert_eq!(client.frame_of(DATA, 3).payload.len(), 5);
    // The body first.
    server.expect(Event::Aborted(body));
    assert_eq!(client.frame_of(HEADERS, 1).status(), 408);
    server.expect(Event::Aborted(response));
    let mut resets = Vec::new();
    let late = loop {
        let frame = client.frame();
        match frame.kind {
            RST_STREAM => resets.push((frame.stream, frame.number())),
            HEADERS => break frame,
            _ => {}
        }
    };
    assert_eq!((late.stream, late.status()), (5, 503));
    assert!(resets.contains(&(3, CANCEL)), "{resets:?}");
    server.expect(Event::Aborted(handler));
}
