//! HTTP/2: what is waited for, and what of that is held against whom. Most of it was found by the simulation.

use std::time::Duration;

use howth_engine::{Body, BodyRead, Deadlines, EngineOptions, Event, Http2Limits};

use super::answers::ok;
use super::client::Client;
use super::frames::{
    DATA, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, WINDOW_UPDATE, frame, greeted, greeted_with,
    options, request, window,
};
use super::harness::{Server, Start};

const INITIAL_WINDOW_SIZE: u16 = 4;
const INTERNAL_ERROR: u32 = 2;

/// The smallest windows there are.
const WINDOW_BYTES: u32 = 65_535;

const SECOND: Duration = Duration::from_secs(1);

fn with(start: Start, change: impl FnOnce(&mut EngineOptions)) -> (Server, Client) {
    let mut options = options();
    options.http2 = Some(Http2Limits {
        stream_window_bytes: WINDOW_BYTES,
        ..Http2Limits::default()
    });
    change(&mut options);
    greeted_with(start, options, &[])
}

/// Fills a window by frames of a body.
fn fill(client: &mut Client, stream: u32) {
    for bytes in [16_384, 16_384, 16_384, 16_383] {
        client.send(frame(DATA, 0, stream, &vec![b'x'; bytes]));
    }
}

fn read_window(server: &Server, id: howth_engine::ExchangeId) {
    let mut read = 0;
    while read < WINDOW_BYTES as usize {
        match server.read_body(id) {
            Ok(BodyRead::Data(bytes)) => read += bytes.len(),
            Ok(BodyRead::Pending) => server.expect(Event::BodyReadable(id)),
            other => panic!("{other:?}"),
        }
    }
}

pub fn sends_no_content_to_a_refused_head_request(start: Start) {
    let (_server, mut client) = greeted(start);
    client.send(request(1, "HEAD", "/", &[("host", "other")]));
    let refused = client.frame_of(HEADERS, 1);
    assert_eq!((refused.status(), refused.ends()), (400, true));
    client.expect_silence();
}

/// RFC 9113 section 6.8: what is not served is said not to be.
pub fn serves_no_head_that_is_not_whole_when_it_drains(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    server.respond(id, "first");
    client.frame_of(HEADERS, 1);
    client.frame_of(DATA, 1);
    client.send(frame(HEADERS, END_STREAM, 3, b"\x82"));
    server.drain();
    client.frame_of_kind(PING);
    // It does not answer that.
    assert_eq!(client.frame_of(GOAWAY, 0).payload, [0, 0, 0, 1, 0, 0, 0, 0]);
    client.expect_end();
}

/// RFC 9110 section 10.1.1: a client that waits to be told to send would wait for ever.
pub fn always_tells_a_client_that_waits_to_send(start: Start) {
    const BYTES: usize = 16 << 20;
    let mut options = options();
    options.write_high_watermark_bytes = 1_000;
    let (server, mut client) = greeted_with(start, options, &[(INITIAL_WINDOW_SIZE, 1 << 30)]);
    let large = request(1, "GET", "/", &[]);
    let waits = request(3, "POST", "/", &[("expect", "100-continue")]);
    client.send([window(0, 1 << 30), large, waits].concat());
    let [first, waiting] = server.next_requests();
    // More than a client's kernel takes.
    server.call(move |exchanges| {
        exchanges
            .respond_with(first, &ok(), Body::Owned(vec![b'x'; BYTES]))
            .expect("an open exchange");
    });
    assert_eq!(server.read_body(waiting), Ok(BodyRead::Pending));
    let told = loop {
        let frame = client.frame();
        if frame.stream == 3 {
            break frame;
        }
    };
    assert_eq!(told.status(), 100);
}

/// A client that opens the connection's window by a little serves every stream a little.
pub fn takes_turns_at_the_window_of_all(start: Start) {
    const STEP: u32 = 1_000;
    let (server, mut client) = greeted_with(start, options(), &[(INITIAL_WINDOW_SIZE, 1 << 20)]);
    client.send([request(1, "GET", "/", &[]), request(3, "GET", "/", &[])].concat());
    let ids: [_; 2] = server.next_requests();
    server.call(move |exchanges| {
        for id in ids {
            exchanges
                .respond_with(id, &ok(), Body::Owned(vec![b'x'; 200_000]))
                .expect("an open exchange");
        }
    });
    let mut received = 0;
    while received < WINDOW_BYTES as usize {
        let frame = client.frame();
        if frame.kind == DATA {
            received += frame.payload.len();
        }
    }
    let mut turns = [0, 0];
    for _ in 0..8 {
        client.send(window(0, STEP));
        let mut left = STEP as usize;
        while left > 0 {
            let frame = client.frame();
            assert_eq!(frame.kind, DATA);
            left -= frame.payload.len();
            turns[frame.stream as usize / 2] += frame.payload.len();
        }
    }
    assert!(turns.iter().all(|bytes| *bytes >= 3 * STEP as usize), "{turns:?}");
}

/// What a client could not send, because nobody took what it had sent, is not held against it.
pub fn waits_for_bodies_behind_their_windows(start: Start) {
    let mut deadlines = Deadlines::none();
    deadlines.body_gap = Some(SECOND);
    let (server, mut client) = with(start, |options| options.deadlines = deadlines.clone());
    client.send(request(1, "POST", "/", &[]));
    let id = server.next_request();
    fill(&mut client, 1);
    server.pass(3 * SECOND);
    read_window(&server, id);
    server.pass(SECOND / 2);
    client.send(frame(DATA, END_STREAM, 1, b"end"));
    assert_eq!(server.read_to_end(id), Ok(b"end".to_vec()));

    // The same where it is the window of all streams that is closed, by another one's body.
    let (server, mut client) = greeted_with(
        start,
        EngineOptions {
            deadlines,
            http2: Some(Http2Limits {
                stream_window_bytes: WINDOW_BYTES,
                connection_window_bytes: 1 << 20,
                ..Http2Limits::default()
            }),
            ..options()
        },
        &[],
    );
    let streams: Vec<u32> = (0..17).map(|number| 1 + 2 * number).collect();
    let mut ids = Vec::new();
    for stream in &streams {
        client.send(request(*stream, "POST", "/", &[]));
        ids.push(server.next_request());
    }
    // Sixteen windows and sixteen bytes are all there is.
    for stream in &streams[..16] {
        fill(&mut client, *stream);
    }
    client.send(frame(DATA, 0, streams[16], &[b'x'; 16]));
    server.pass(3 * SECOND);
    for id in &ids[..16] {
        read_window(&server, *id);
    }
    client.frame_of_kind(WINDOW_UPDATE);
    server.pass(SECOND / 2);
    client.send(frame(DATA, END_STREAM, streams[16], b"end"));
    let read = server.read_to_end(ids[16]).expect("a whole body");
    assert_eq!(read.len(), 16 + 3);
}

/// Who waits to be told to send has its time from then on.
pub fn waits_for_bodies_behind_continue(start: Start) {
    let mut deadlines = Deadlines::none();
    deadlines.body_gap = Some(SECOND);
    let (server, mut client) = with(start, |options| options.deadlines = deadlines.clone());
    client.send(request(1, "POST", "/", &[("expect", "100-continue")]));
    let id = server.next_request();
    server.pass(3 * SECOND);
    assert_eq!(server.read_body(id), Ok(BodyRead::Pending));
    assert_eq!(client.frame_of(HEADERS, 1).status(), 100);
    server.pass(SECOND / 2);
    client.send(frame(DATA, END_STREAM, 1, b"end"));
    assert_eq!(server.read_to_end(id), Ok(b"end".to_vec()));

    let mut client = Client::connect(&server);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n");
    let id = server.next_request_among_others();
    server.pass(3 * SECOND);
    assert_eq!(server.read_body(id), Ok(BodyRead::Pending));
    assert_eq!(client.line(), "HTTP/1.1 100 Continue");
    assert_eq!(client.line(), "");
    server.pass(SECOND / 2);
    client.send("end");
    assert_eq!(server.read_to_end(id), Ok(b"end".to_vec()));
}

/// A connection is idle since its last stream has ended, however that was.
pub fn is_idle_since_its_last_stream(start: Start) {
    let mut deadlines = Deadlines::none();
    deadlines.keep_alive = Some(SECOND);
    let (server, mut client) = with(start, |options| options.deadlines = deadlines);
    client.send(request(1, "GET", "/", &[]));
    let id = server.next_request();
    server.pass(3 * SECOND);
    server.call(move |exchanges| exchanges.fail(id).expect("an open exchange"));
    server.expect(Event::Aborted(id));
    assert_eq!(client.frame_of(RST_STREAM, 1).number(), INTERNAL_ERROR);
    server.pass(SECOND / 2);
    client.send(request(3, "GET", "/", &[]));
    server.respond(server.next_request(), "second");
    assert_eq!(client.frame_of(HEADERS, 3).status(), 200);
}
