//! Bodies that lie in files.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use howth_engine::{Body, EngineOptions, Event, ExchangeId, FileBody};

use super::answers::ok;
use super::client::{Client, manual};
use super::frames::{DATA, HEADERS, RST_STREAM, greeted, greeted_with, options, request, reset, window};
use super::harness::{Listen, Server, Start};

const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
const INITIAL_WINDOW_SIZE: u16 = 4;
const INTERNAL_ERROR: u32 = 2;
/// More than the socket buffers of both sides hold.
const HUGE: usize = 20_000_000;

/// A body, and the file in which it is.
fn body_of(length: usize) -> (Vec<u8>, Arc<File>) {
    let bytes: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&bytes).expect("room for it");
    (bytes, Arc::new(file))
}

/// The kernel forgets what it has of a file in memory, where it can.
#[cfg(target_os = "linux")]
fn forget(file: &File) {
    use rustix::fs::{Advice, fadvise};

    file.sync_all().expect("a disk");
    fadvise(file, 0, None, Advice::DontNeed).expect("a file");
}

#[cfg(not(target_os = "linux"))]
fn forget(_: &File) {}

impl Server {
    fn respond_with_file(&self, id: ExchangeId, file: &Arc<File>, offset: u64, length: usize) {
        let body = Body::File(FileBody {
            file: Arc::clone(file),
            offset,
            length: length as u64,
        });
        self.call(move |exchanges| exchanges.respond_with(id, &ok(), body))
            .expect("an open exchange");
    }
}

pub fn sends_files(start: Start) {
    let (server, mut client) = manual(start);
    for length in [0, 1, 1_000, 300_000, 3_000_000] {
        let (bytes, file) = body_of(length);
        client.send(GET);
        let id = server.next_request();
        server.respond_with_file(id, &file, 0, length);
        assert!(client.response().body == bytes, "{length}");
        server.expect(Event::Completed(id));
        // Nobody holds it any more.
        server.wait_until("the file", || Arc::strong_count(&file) == 1);
    }
}

pub fn sends_parts_of_files(start: Start) {
    let (server, mut client) = manual(start);
    let (bytes, file) = body_of(1_000_000);
    for (offset, length) in [(0, 1), (999_999, 1), (5, 100_000), (500_001, 499_999)] {
        client.send(GET);
        server.respond_with_file(server.next_request_among_others(), &file, offset as u64, length);
        assert!(client.response().body == bytes[offset..offset + length]);
    }
    // The length is sent without the file.
    client.send("HEAD / HTTP/1.1\r\nhost: h\r\n\r\n");
    server.respond_with_file(server.next_request_among_others(), &file, 0, 1_000_000);
    assert_eq!(client.head().field("content-length"), Some("1000000"));
    client.expect_silence();
}

pub fn sends_files_that_are_not_in_memory(start: Start) {
    let (server, mut client) = manual(start);
    let (bytes, file) = body_of(3_000_000);
    for _ in 0..2 {
        forget(&file);
        client.send(GET);
        server.respond_with_file(server.next_request_among_others(), &file, 0, bytes.len());
        assert!(client.response().body == bytes);
    }
}

/// Whatever is before and behind them, and in whatever order they are given.
pub fn keeps_files_in_order(start: Start) {
    let (large, large_file) = body_of(700_000);
    let (small, small_file) = body_of(10);
    for is_reversed in [false, true] {
        let (server, mut client) = manual(start);
        client.send(GET.repeat(6));
        let mut ids: Vec<_> = (0..6).map(|_| server.next_request()).enumerate().collect();
        if is_reversed {
            ids.reverse();
        }
        for (position, id) in ids {
            match position {
                0 | 3 => server.respond_with_file(id, &large_file, 0, large.len()),
                1 => server.respond(id, "whole"),
                2 | 5 => server.respond_with_file(id, &small_file, 0, small.len()),
                _ => server.call(move |exchanges| {
                    exchanges.start(id, &ok(), None).expect("an open exchange");
                    exchanges.write(id, b"streamed").expect("an open exchange");
                    exchanges.finish(id, &[]).expect("an open exchange");
                }),
            }
        }
        for expected in [&large[..], b"whole", &small, &large, b"streamed", &small] {
            assert!(client.response().body == expected);
        }
        client.expect_silence();
        assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
    }
}

/// Requests beyond the pipeline's bound are answered when there is room, also of a client that says nothing more.
pub fn answers_what_is_held_back_behind_files(start: Start) {
    const REQUESTS: usize = 7;
    let (bytes, file) = body_of(50_000);
    let options = EngineOptions {
        pipeline_max: 2,
        ..EngineOptions::default()
    };
    let server = Server::automatic(start, Listen::Loopback, options, move |exchanges, event| {
        let Event::Request(id) = event else { return };
        let body = Body::File(FileBody {
            file: Arc::clone(&file),
            offset: 0,
            length: 50_000,
        });
        exchanges.respond_with(id, &ok(), body).expect("an open exchange");
    });
    let mut client = Client::connect(&server);
    client.send(GET.repeat(REQUESTS));
    client.end();
    for _ in 0..REQUESTS {
        assert!(client.response().body == bytes);
    }
    client.expect_end();
}

/// The client can tell that something is missing, and nothing is sent behind it.
pub fn breaks_off_where_a_file_ends(start: Start) {
    for (is, says) in [(0, 10), (5, 10), (400_000, 900_000)] {
        let (server, mut client) = manual(start);
        let (bytes, file) = body_of(is);
        client.send(GET.repeat(3));
        let [first, id, behind] = server.next_requests();
        server.respond(first, "first");
        server.respond(behind, "behind");
        server.respond_with_file(id, &file, 0, says);
        assert_eq!(client.response().text(), "first");
        assert_eq!(client.head().field("content-length"), Some(&*says.to_string()));
        let received = client.expect_over();
        assert!(bytes.starts_with(&received), "{} bytes", received.len());
        server.expect(Event::Completed(first));
        server.expect(Event::Aborted(id));
        server.expect(Event::Aborted(behind));
        assert_eq!(server.counters().files_failed, 1);
        server.wait_until("the file", || Arc::strong_count(&file) == 1);
    }
}

/// It is cut while it is sent. What lay behind the cut and is on its way may be gone as well: it is the file's memory that the
/// kernel sends.
pub fn breaks_off_when_a_file_is_cut(start: Start) {
    const CUT: usize = 1 << 20;
    let (server, mut client) = manual(start);
    let (bytes, file) = body_of(HUGE);
    client.send(GET);
    let id = server.next_request();
    server.respond_with_file(id, &file, 0, HUGE);
    client.wait_for_bytes();
    file.set_len(CUT as u64).expect("a file");
    client.head();
    let received = client.expect_over();
    let whole = received.len().min(CUT);
    assert!(received.len() < HUGE && received[..whole] == bytes[..whole]);
    server.expect(Event::Aborted(id));
}

pub fn sends_no_more_of_a_file_than_it_said(start: Start) {
    let (server, mut client) = manual(start);
    let (bytes, file) = body_of(500_000);
    (&*file).write_all(b"more").expect("room for it");
    client.send(GET.repeat(2));
    for _ in 0..2 {
        server.respond_with_file(server.next_request_among_others(), &file, 0, bytes.len());
    }
    assert!(client.response().body == bytes);
    assert!(client.response().body == bytes);
    client.expect_silence();
}

/// A client that reads nothing holds up nobody else, and gets everything once it does.
pub fn sends_files_to_a_slow_client(start: Start) {
    let (server, mut slow) = manual(start);
    let (bytes, file) = body_of(HUGE);
    slow.send(GET);
    server.respond_with_file(server.next_request(), &file, 0, HUGE);
    slow.wait_for_bytes();
    let mut other = Client::connect(&server);
    for _ in 0..3 {
        other.send(GET);
        server.respond_with_file(server.next_request_among_others(), &file, 7, 100_000);
        assert!(other.response().body == bytes[7..100_007]);
    }
    assert!(slow.response().body == bytes);
}

pub fn lets_go_of_a_file_whose_client_leaves(start: Start) {
    let (server, mut client) = manual(start);
    let (_, file) = body_of(HUGE);
    client.send(GET);
    let id = server.next_request();
    server.respond_with_file(id, &file, 0, HUGE);
    client.wait_for_bytes();
    client.reset();
    server.expect_aborted(id);
    server.wait_for(|counters| counters.connections == 0);
    server.wait_until("the file", || Arc::strong_count(&file) == 1);
    assert_eq!(server.counters().files_failed, 0);
}

pub fn sends_files_on_streams(start: Start) {
    const LENGTH: usize = 300_000;
    let (server, mut client) = greeted_with(start, options(), &[(INITIAL_WINDOW_SIZE, 1_000)]);
    let (bytes, file) = body_of(LENGTH);
    let streams = [1, 3, 5];
    for stream in streams {
        client.send(request(stream, "GET", "/", &[]));
        let id = server.next_request_among_others();
        server.respond_with_file(id, &file, 0, LENGTH);
    }
    let mut received = [const { Vec::new() }; 3];
    let mut ended = 0;
    while ended < 3 {
        let frame = client.frame();
        let Some(place) = streams.iter().position(|stream| *stream == frame.stream) else {
            panic!("{frame:?}")
        };
        if frame.kind == HEADERS {
            assert_eq!(frame.field("content-length").as_deref(), Some("300000"));
            continue;
        }
        assert_eq!(frame.kind, DATA);
        received[place].extend_from_slice(&frame.payload);
        ended += usize::from(frame.ends());
        let taken = frame.payload.len() as u32;
        if taken > 0 && !frame.ends() {
            // The window that it had, and a little more each time.
            client.send([window(0, taken), window(frame.stream, taken + 100)].concat());
        }
    }
    assert!(received.iter().all(|body| *body == bytes));
    client.send(request(7, "HEAD", "/", &[]));
    server.respond_with_file(server.next_request_among_others(), &file, 0, LENGTH);
    assert!(client.frame_of(HEADERS, 7).ends());
}

pub fn breaks_off_a_stream_whose_file_ends(start: Start) {
    let (server, mut client) = greeted(start);
    for (stream, is, says) in [(1, 0, 10), (3, 5, 10), (5, 30_000, 60_000)] {
        let (bytes, file) = body_of(is);
        client.send(request(stream, "GET", "/", &[]));
        let id = server.next_request();
        server.respond_with_file(id, &file, 0, says);
        client.frame_of(HEADERS, stream);
        let mut received = Vec::new();
        let end = loop {
            let frame = client.frame();
            match frame.kind {
                DATA => received.extend_from_slice(&frame.payload),
                _ => break frame,
            }
        };
        assert_eq!(
            (end.kind, end.stream, end.number()),
            (RST_STREAM, stream, INTERNAL_ERROR)
        );
        assert!(received == bytes);
        server.expect(Event::Aborted(id));
        server.wait_until("the file", || Arc::strong_count(&file) == 1);
    }
    assert_eq!(server.counters().files_failed, 3);
    // The connection goes on, and a stream that its client resets takes its file with it.
    let (_, file) = body_of(HUGE);
    client.send(request(7, "GET", "/", &[]));
    let id = server.next_request();
    server.respond_with_file(id, &file, 0, HUGE);
    client.frame_of(HEADERS, 7);
    client.send(reset(7));
    server.expect_aborted(id);
    server.wait_until("the file", || Arc::strong_count(&file) == 1);
}
