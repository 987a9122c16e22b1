//! What is half done on a connection when new code takes its core over: it is finished, whole, and the connection is kept.

use crate::support::reloading::{ask, expect_served_on, post, reload};
use crate::support::{Connection, Engine, Launch, Server, eventually, request};

on_both_engines![
    what_is_half_sent_is_answered_whole,
    what_is_half_answered_is_finished,
    what_is_half_done_outlives_several_reloads,
];

/// Chunks of a stream before it waits for the file `release`, and as many behind.
const HALF: usize = 50;
/// Far more than the sockets of both sides hold.
const LARGE: usize = 12_000_000;

/// Echoes a body; `/stream` ends, `/late` answers once there is a file `release`; `/large` is more than a client takes that does
/// not read.
fn application(version: &str) -> String {
    format!(
        "console.log('{version} is loaded');
        import {{ existsSync }} from 'node:fs';
        async function released() {{
            while (!existsSync('release')) await new Promise((resolve) => setTimeout(resolve, 5));
        }}
        async function* lines() {{
            for (let number = 0; number < {HALF}; number++) yield `${{number}}\\n`;
            console.log('half a stream');
            await released();
            for (let number = {HALF}; number < 2 * {HALF}; number++) yield `${{number}}\\n`;
        }}
        export default async (request: Request) => {{
            if (request.method === 'POST') return new Response(await request.text());
            switch (new URL(request.url).pathname) {{
                case '/stream': return new Response(lines() as unknown as BodyInit);
                case '/late': console.log('late'); await released(); return new Response('late');
                case '/large': return new Response('0123456789ab'.repeat({LARGE} / 12));
                default: return new Response('{version}');
            }}
        }};"
    )
}

/// On two cores, whose old code is waited for as long as it takes.
fn serving(engine: Engine) -> Server {
    let server = Launch::serve(engine, &application("one"))
        .options(["--cores", "2", "--drain", "10m"])
        .start();
    eventually("a program on each core", || {
        server.stdout().matches("one is loaded").count() == 2
    });
    server
}

/// Connections that have been served, enough of them that each core has some of each kind.
fn kept(server: &Server, count: usize) -> Vec<Connection> {
    let mut connections: Vec<_> = (0..count).map(|_| server.connect()).collect();
    for connection in &mut connections {
        ask(connection, "/");
    }
    connections
}

fn release(server: &Server) {
    std::fs::write(server.folder().join("release"), "").expect("a file");
}

#[track_caller]
fn expect(connection: &mut Connection, body: &str) {
    let response = connection.response();
    assert!(response.status == 200 && !response.closes(), "{response:?}");
    assert!(response.text() == body, "{} bytes", response.body.len());
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| format!("{number}\n")).collect()
}

fn chunked(body: &str) -> String {
    let chunks = body.as_bytes().chunks(1000).map(|chunk| {
        let text = std::str::from_utf8(chunk).expect("ASCII");
        format!("{:x}\r\n{text}\r\n", text.len())
    });
    let chunks: String = chunks.collect();
    format!("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
}

/// Requests, how much of their bytes is sent before the reload, and the bodies of their answers in order.
fn half_sent() -> Vec<(String, usize, Vec<String>)> {
    let body = |length: usize| "0123456789".repeat(length / 10);
    let plain = post(&body(100_000));
    let in_chunks = chunked(&body(20_000));
    let pipeline = [post(&body(3_000)), post(&body(40_000)), post(&body(100))].concat();
    let echoes = vec![body(3_000), body(40_000), body(100)];
    let get = request("GET", "/late");
    let head = plain.find("\r\n\r\n").expect("a head") + 4;
    vec![
        // Within the head, before its last byte, behind it.
        (plain.clone(), 1, vec![body(100_000)]),
        (plain.clone(), 20, vec![body(100_000)]),
        (plain.clone(), head - 1, vec![body(100_000)]),
        (plain.clone(), head, vec![body(100_000)]),
        (plain.clone(), head + 1, vec![body(100_000)]),
        (plain.clone(), plain.len() - 1, vec![body(100_000)]),
        // Within a chunk, within a chunk's size, before the last line end.
        (in_chunks.clone(), 2_000, vec![body(20_000)]),
        (
            in_chunks.clone(),
            in_chunks.find("\r\n\r\n3e8").expect("a chunk") + 6,
            vec![body(20_000)],
        ),
        (in_chunks.clone(), in_chunks.len() - 2, vec![body(20_000)]),
        // Within each request of a pipeline.
        (pipeline.clone(), 1_000, echoes.clone()),
        (pipeline.clone(), 20_000, echoes.clone()),
        (pipeline.clone(), pipeline.len() - 50, echoes.clone()),
        // Behind a request whose answer is still to come.
        (
            format!("{get}{pipeline}"),
            get.len() + 20_000,
            [vec!["late".to_owned()], echoes].concat(),
        ),
    ]
}

fn what_is_half_sent_is_answered_whole(engine: Engine) {
    let server = serving(engine);
    let requests = half_sent();
    for version in ["two", "three"] {
        let mut connections = kept(&server, 4 * requests.len());
        for (connection, (bytes, cut, _)) in connections.iter_mut().zip(requests.iter().cycle()) {
            connection.send(&bytes[..*cut]);
        }
        // Whatever was sent has been read by now, or is read at the very moment.
        ask(&mut server.connect(), "/");
        reload(&server, &application(version));
        release(&server);
        for (connection, (bytes, cut, answers)) in connections.iter_mut().zip(requests.iter().cycle()) {
            connection.send(&bytes[*cut..]);
            for answer in answers {
                expect(connection, answer);
            }
            expect_served_on(connection, version);
        }
        std::fs::remove_file(server.folder().join("release")).expect("a file");
    }
    assert_eq!(server.stderr(), "");
}

fn what_is_half_answered_is_finished(engine: Engine) {
    let server = serving(engine);
    let mut streams = kept(&server, 8);
    for stream in &mut streams {
        // A body is half sent behind each of them.
        stream.send([request("GET", "/stream"), post("begun, ")].concat());
        stream.send(&post("begun, and ended")[..60]);
        let mut received = stream.chunk_after_head();
        while received.len() < lines(0..HALF).len() {
            received.extend(stream.chunk());
        }
        assert_eq!(received, lines(0..HALF).as_bytes());
    }
    let mut large = kept(&server, 4);
    for connection in &mut large {
        connection.send(request("GET", "/large").repeat(2));
        assert_eq!(connection.head().content_length(), Some(LARGE));
    }
    reload(&server, &application("two"));
    release(&server);
    for stream in &mut streams {
        let mut received = Vec::new();
        loop {
            let chunk = stream.chunk();
            if chunk.is_empty() {
                break;
            }
            received.extend(chunk);
        }
        assert_eq!(stream.take(2), b"\r\n");
        assert_eq!(received, lines(HALF..2 * HALF).as_bytes());
        expect(stream, "begun, ");
        stream.send(&post("begun, and ended")[60..]);
        expect(stream, "begun, and ended");
        expect_served_on(stream, "two");
    }
    for connection in &mut large {
        expect_large(&connection.take(LARGE));
        let second = connection.response();
        assert!(second.status == 200 && !second.closes());
        expect_large(&second.body);
        expect_served_on(connection, "two");
    }
    assert_eq!(server.stderr(), "");
}

fn expect_large(body: &[u8]) {
    assert_eq!(body.len(), LARGE);
    assert!(body.chunks(12).all(|part| part == b"0123456789ab"));
}

/// Each reload finds something half done that was begun before the one before it.
fn what_is_half_done_outlives_several_reloads(engine: Engine) {
    let server = serving(engine);
    let mut begun: Vec<(Connection, String)> = Vec::new();
    for version in ["two", "three", "four"] {
        for mut connection in kept(&server, 4) {
            let body = version.repeat(5_000);
            connection.send(&post(&body)[..4_000]);
            begun.push((connection, body));
        }
        ask(&mut server.connect(), "/");
        reload(&server, &application(version));
    }
    for (connection, body) in &mut begun {
        connection.send(&post(body)[4_000..]);
        expect(connection, body);
        expect_served_on(connection, "four");
    }
    assert_eq!(server.stderr(), "");
}
