//! What a connection may make an engine hold, one bound at a time and all of a pipeline together.

use std::collections::HashMap;
use std::sync::mpsc::channel;
use std::time::Duration;

use howth_engine::{Backpressure, BodyRead, EngineOptions, Event, ExchangeId, Exchanges};

use super::answers::ok;
use super::client::{Client, manual};
use super::harness::{Listen, PATIENCE, Server, Start};

const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

/// Bodies of a pipeline that nobody reads: they hold what one alone may hold, and all of them come in the end.
pub fn holds_no_more_in_all_bodies_of_a_pipeline(start: Start) {
    const REQUESTS: usize = 64;
    const BODY: usize = 200_000;
    let (server, client) = manual(start);
    let mut sender = client.second();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {BODY}\r\n\r\n{}",
        "b".repeat(BODY)
    );
    let sending = std::thread::spawn(move || (0..REQUESTS).for_each(|_| sender.send(&request)));
    let mut ids = Vec::new();
    while let Some(event) = server.event_within(Duration::from_millis(500)) {
        if let Event::Request(id) = event {
            ids.push(id);
        }
    }
    // The watermark is 256 KiB; what one turn had received when it was reached comes on top.
    assert!(ids.len() <= 10, "{} bodies were taken", ids.len());
    let mut client = client;
    for number in 0..REQUESTS {
        while ids.len() <= number {
            ids.push(server.next_request_among_others());
        }
        let id = ids[number];
        let mut received = 0;
        loop {
            match server.read(id, usize::MAX) {
                BodyRead::Data(bytes) => received += bytes.len(),
                BodyRead::End => break,
                BodyRead::Failed(reason) => panic!("the body {reason}"),
                BodyRead::Pending => match server.next_event() {
                    Event::Request(next) => ids.push(next),
                    _ => continue,
                },
            }
        }
        assert_eq!(received, BODY);
        server.respond(id, "read");
        assert_eq!(client.response().text(), "read");
    }
    sending.join().expect("the sender");
}

/// Whole responses that wait behind a slow one: how large they are is the application's affair, but no more requests
/// are taken that would add to them.
pub fn takes_no_request_while_responses_wait(start: Start) {
    const BODY: usize = 300_000;
    let (server, mut client) = manual(start);
    client.send(GET);
    let slow = server.next_request();
    let mut waiting = 0;
    loop {
        client.send(GET);
        let Some(event) = server.event_within(Duration::from_millis(500)) else {
            break;
        };
        let Event::Request(id) = event else {
            panic!("unexpected {event:?}");
        };
        waiting += 1;
        assert!(waiting <= 10, "requests are taken without end");
        server
            .call(move |exchanges| exchanges.respond(id, &ok(), &[b'w'; BODY]))
            .expect("an open exchange");
    }
    server.respond(slow, "slow");
    assert_eq!(client.response().text(), "slow");
    for _ in 0..waiting {
        assert_eq!(client.response().body.len(), BODY);
    }
    let last = server.next_request_among_others();
    server.respond(last, "last");
    assert_eq!(client.response().text(), "last");
}

/// Streams that wait behind a slow response hold together what one alone may hold.
pub fn stops_all_streams_of_a_pipeline(start: Start) {
    const CHUNK: usize = 60_000;
    const STREAMS: usize = 8;
    let (server, mut client) = manual(start);
    client.send(GET.repeat(1 + STREAMS));
    let slow = server.next_request();
    let streams: Vec<ExchangeId> = (0..STREAMS).map(|_| server.next_request()).collect();
    let ids = streams.clone();
    let written: Vec<usize> = server.call(move |exchanges| {
        let fill = |id: &ExchangeId| {
            exchanges.start(*id, &ok(), None).expect("an open exchange");
            let mut chunks = 1;
            while exchanges.write(*id, &[b's'; CHUNK]) == Ok(Backpressure::Ready) {
                chunks += 1;
            }
            chunks
        };
        ids.iter().map(fill).collect()
    });
    let chunks: usize = written.iter().sum();
    // The watermark is 256 KiB, and each may add the chunk with which it is told.
    assert!(chunks * CHUNK <= 300_000 + STREAMS * CHUNK, "{written:?}");
    server.respond(slow, "slow");
    assert_eq!(client.response().text(), "slow");
    // Whoever has to wait is told when its turn has come.
    for (id, chunks) in streams.into_iter().zip(written) {
        while server.next_event() != Event::Writable(id) {}
        server.call(move |exchanges| {
            exchanges.write(id, &[b's'; CHUNK]).expect("an open exchange");
            exchanges.finish(id, &[]).expect("an open exchange");
        });
        assert_eq!(client.response().body.len(), (chunks + 1) * CHUNK);
    }
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
        match server.read(id, usize::MAX) {
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
            match server.read(id, usize::MAX) {
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

/// However fast the client is: the others want to be served as well.
pub fn stops_a_writer_whose_client_keeps_up(start: Start) {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 200;
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.start(id, &ok(), None))
        .expect("an open exchange");
    let reader = std::thread::spawn(move || client.response());
    let mut written = 0;
    while written < CHUNKS {
        let (count, answer) = server.call(move |exchanges| {
            let chunk = vec![b'c'; CHUNK];
            for count in 1..=CHUNKS - written {
                match exchanges.write(id, &chunk) {
                    Ok(Backpressure::Ready) => {}
                    answer => return (count, answer),
                }
            }
            (CHUNKS - written, Ok(Backpressure::Ready))
        });
        // The watermark is 256 KiB.
        assert!(count <= 8, "{count} chunks were taken at once");
        written += count;
        if answer == Ok(Backpressure::Full) {
            server.expect(Event::Writable(id));
        }
    }
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    assert_eq!(reader.join().expect("the reader").body.len(), CHUNKS * CHUNK);
}

pub fn stops_a_fast_writer(start: Start) {
    let options = EngineOptions {
        write_high_watermark_bytes: 200_000,
        ..EngineOptions::default()
    };
    let server = Server::manual(start, options);
    let mut client = Client::connect(&server);
    client.send(GET);
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.start(id, &ok(), None))
        .expect("an open exchange");
    const CHUNK: usize = 50_000;
    const CHUNKS: usize = 800;
    // Writes until told to stop; gives how many chunks that took.
    let fill = |mut written: usize| {
        server.call(move |exchanges| {
            while written < CHUNKS {
                let chunk = vec![(written % 251) as u8; CHUNK];
                written += 1;
                if exchanges.write(id, &chunk) == Ok(Backpressure::Full) {
                    break;
                }
            }
            written
        })
    };
    let mut written = fill(0);
    // As long as the kernel takes it there will be room again.
    let reader = loop {
        if let Some(event) = server.event_within(std::time::Duration::from_millis(300)) {
            assert_eq!(event, Event::Writable(id));
            written = fill(written);
            continue;
        }
        assert!(written < CHUNKS, "the client has read nothing");
        break std::thread::spawn(move || (client.response(), client));
    };
    while written < CHUNKS {
        server.expect(Event::Writable(id));
        written = fill(written);
    }
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    let (response, _client) = reader.join().expect("the reader");
    assert_eq!(response.body.len(), CHUNK * CHUNKS);
    for (number, chunk) in response.body.chunks(CHUNK).enumerate() {
        assert!(chunk.iter().all(|byte| *byte == (number % 251) as u8));
    }
    loop {
        match server.next_event() {
            Event::Writable(_) => {}
            event => break assert_eq!(event, Event::Completed(id)),
        }
    }
}
