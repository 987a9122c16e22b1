//! HTTP/2: bodies both ways, and windows.

use howth_engine::{Backpressure, Body, BodyRead, Event, Exchanges};

use super::answers::ok;
use super::frames::{
    DATA, END_STREAM, HEADERS, RST_STREAM, WINDOW_UPDATE, frame, greeted, greeted_with, options, request,
    trailers, window,
};
use super::harness::Start;

const INITIAL_WINDOW_SIZE: u16 = 4;
const NO_ERROR: u32 = 0;

pub fn reads_bodies_of_streams(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "POST", "/", &[]));
    let id = server.next_request();
    assert_eq!(server.read_body(id), Ok(BodyRead::Pending));
    client.send(frame(DATA, 0, 1, b"some"));
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_body(id), Ok(BodyRead::Data(b"some".to_vec())));
    assert_eq!(server.read_body(id), Ok(BodyRead::Pending));
    let mut rest = frame(DATA, 0, 1, b" more");
    rest.extend(trailers(1, "x-sum", "7"));
    client.send(rest);
    server.expect(Event::BodyReadable(id));
    server.call(move |exchanges| {
        assert!(exchanges.is_body_complete(id));
        assert_eq!(
            exchanges.trailers(id).expect("an open exchange")[0],
            ("x-sum".to_owned(), b"7".to_vec())
        );
        let mut whole = Vec::new();
        assert_eq!(
            exchanges.read_whole_body(id, &mut |bytes| whole.extend_from_slice(bytes)),
            Ok(true)
        );
        assert_eq!(whole, b" more");
    });
    server.respond(id, "");
    assert!(client.frame_of(HEADERS, 1).ends());
}

pub fn gives_windows_back_as_bodies_are_read(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "POST", "/", &[]));
    let id = server.next_request();
    // A window full: no more may come, and none is given back before somebody reads.
    for _ in 0..16 {
        client.send(frame(DATA, 0, 1, &[b'x'; 16 * 1024]));
    }
    client.expect_silence();
    let mut read = 0;
    while read < 256 * 1024 {
        match server.read_body(id) {
            Ok(BodyRead::Data(bytes)) => read += bytes.len(),
            Ok(BodyRead::Pending) => server.expect(Event::BodyReadable(id)),
            other => panic!("{other:?}"),
        }
    }
    let opened = client.frame_of(WINDOW_UPDATE, 1);
    assert!(opened.number() >= 128 * 1024, "{}", opened.number());
    // One that nobody takes account of ends the stream, and those of others go on.
    client.send(request(3, "POST", "/", &[]));
    let other = server.next_request_among_others();
    for _ in 0..17 {
        client.send(frame(DATA, 0, 3, &[b'x'; 16 * 1024]));
    }
    let refused = loop {
        let frame = client.frame();
        if frame.kind == RST_STREAM {
            break frame;
        }
    };
    assert_eq!((refused.stream, refused.number()), (3, 3));
    server.wait_until_gone(other);
    server.respond(id, "");
}

pub fn stops_writers_at_the_clients_windows(start: Start) {
    let (server, mut client) = greeted_with(start, options(), &[(INITIAL_WINDOW_SIZE, 10)]);
    client.send([request(1, "GET", "/", &[]), request(3, "GET", "/", &[])].concat());
    let [stopped, other] = server.next_requests();
    server.call(move |exchanges| exchanges.start(stopped, &ok(), None).expect("an open exchange"));
    assert_eq!(client.frame_of(HEADERS, 1).status(), 200);
    let write =
        move |bytes: usize| move |exchanges: &dyn Exchanges| exchanges.write(stopped, &vec![b'x'; bytes]);
    assert_eq!(server.call(write(30 * 1024)), Ok(Backpressure::Ready));
    assert_eq!(client.frame_of(DATA, 1).payload.len(), 10);
    assert_eq!(server.call(write(60 * 1024)), Ok(Backpressure::Full));
    assert_eq!(
        server.call(move |exchanges| exchanges.unsent_bytes(stopped)),
        90 * 1024 - 10
    );
    // Another stream is not held up by it.
    server.respond(other, "quick");
    assert_eq!(client.frame_of(HEADERS, 3).status(), 200);
    assert_eq!(client.frame_of(DATA, 3).text(), "quick");
    server.expect(Event::Completed(other));
    client.send(window(1, 65_000));
    let mut received = 10;
    while received < 65_010 {
        received += client.frame_of(DATA, 1).payload.len();
    }
    server.expect(Event::Writable(stopped));
    server.call(move |exchanges| exchanges.finish(stopped, &[]).expect("an open exchange"));
    client.send([window(0, 1_000_000), window(1, 1_000_000)].concat());
    loop {
        let frame = client.frame_of(DATA, 1);
        received += frame.payload.len();
        if frame.ends() {
            break;
        }
    }
    assert_eq!(received, 90 * 1024);
    server.expect(Event::Completed(stopped));
}

pub fn sends_large_bodies_of_many_streams(start: Start) {
    const BYTES: usize = 300_000;
    let (server, mut client) = greeted_with(start, options(), &[(INITIAL_WINDOW_SIZE, 1 << 20)]);
    client.send(window(0, 1 << 24));
    let streams = [1, 3, 5, 7];
    client.send(
        streams
            .iter()
            .flat_map(|stream| request(*stream, "GET", "/", &[]))
            .collect::<Vec<u8>>(),
    );
    let ids: [_; 4] = server.next_requests();
    server.call(move |exchanges| {
        for id in ids {
            exchanges
                .respond_with(id, &ok(), Body::Owned(vec![b'x'; BYTES]))
                .expect("an open exchange");
        }
    });
    let mut received = [0; 4];
    let mut ended = 0;
    while ended < 4 {
        let frame = client.frame();
        if frame.kind == DATA {
            received[frame.stream as usize / 2] += frame.payload.len();
            ended += usize::from(frame.ends());
            // They take turns.
            let least = received.iter().min().expect("four");
            assert!(
                received.iter().max().expect("four") - least <= 48 * 1024,
                "{received:?}"
            );
        }
    }
    assert_eq!(received, [BYTES; 4]);
}

pub fn asks_not_to_be_sent_what_is_answered(start: Start) {
    let (server, mut client) = greeted(start);
    client.send([request(1, "POST", "/", &[]), frame(DATA, 0, 1, b"some")].concat());
    let id = server.next_request();
    server.respond(id, "enough");
    client.frame_of(HEADERS, 1);
    assert!(client.frame_of(DATA, 1).ends());
    assert_eq!(client.frame_of(RST_STREAM, 1).number(), NO_ERROR);
    server.expect(Event::Completed(id));
    // What was on its way is let pass.
    client.send(frame(DATA, END_STREAM, 1, b"late"));
    client.expect_silence();
}

pub fn keeps_bodies_of_streams(start: Start) {
    let (server, mut client) = greeted(start);
    client.send(request(1, "POST", "/", &[]));
    let id = server.next_request();
    assert_eq!(
        server.call(move |exchanges| exchanges.keep_body(id, true)),
        Ok(true)
    );
    server.respond(id, "first");
    client.frame_of(HEADERS, 1);
    assert!(client.frame_of(DATA, 1).ends());
    server.expect(Event::Completed(id));
    client.send(frame(DATA, END_STREAM, 1, b"behind it"));
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read_body(id), Ok(BodyRead::Data(b"behind it".to_vec())));
    assert_eq!(server.read_body(id), Ok(BodyRead::End));
    server.wait_until_gone(id);
    client.expect_silence();
}
