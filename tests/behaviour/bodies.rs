//! Request bodies: how applications read them, and what happens when they do not.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::support::{Engine, Launch, Server, eventually, request};

const READERS: &str = "
    export default async function (request: Request): Promise<Response> {
        switch (new URL(request.url).pathname) {
            case '/text': return new Response(await request.text());
            case '/json': return Response.json(await request.json());
            case '/bytes': return new Response(await request.arrayBuffer());
            case '/blob': return new Response(`${(await request.blob()).size}`);
            case '/form': {
                const form = await request.formData();
                const file = form.get('file') as File;
                return Response.json([form.get('name'), file.name, await file.text()]);
            }
            case '/clone': {
                const copy = request.clone();
                return new Response(await request.text() + await copy.text());
            }
            case '/chunks': {
                let chunks = 0, bytes = 0;
                for await (const chunk of request.body!) { chunks++; bytes += chunk.byteLength; }
                return Response.json({ bytes, several: chunks > 1 });
            }
            case '/null': return Response.json(request.body === null);
            case '/twice': {
                await request.text();
                return Response.json({ used: request.bodyUsed, again: await request.text().catch((e) => e.name) });
            }
            default: return new Response('unread');
        }
    }
";

on_both_engines![
    every_way_to_read_a_body,
    form_data_with_a_file,
    a_megabyte_arrives_as_it_was_sent,
    a_client_that_waits_is_told_to_continue,
    a_client_that_waits_is_not_told_to_when_nobody_reads,
    a_small_body_that_nobody_reads_is_skipped,
    a_large_body_that_nobody_reads_ends_the_connection,
    a_body_that_breaks_off_fails_in_the_handler_only,
    a_reader_that_pauses_stops_the_upload,
    a_body_can_be_echoed_while_it_arrives,
    a_body_comes_in_chunks_as_it_arrives,
];

fn every_way_to_read_a_body(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    assert_eq!(post(&server, "/text", "h\u{e9}llo").text(), "h\u{e9}llo");
    assert_eq!(post(&server, "/json", "{\"a\":[1]}").text(), "{\"a\":[1]}");
    assert_eq!(post(&server, "/bytes", "\u{1}\u{0}\u{2}").body, [1, 0, 2]);
    assert_eq!(post(&server, "/blob", "12345").text(), "5");
    assert_eq!(post(&server, "/clone", "ab").text(), "abab");
    assert_eq!(post(&server, "/null", "x").text(), "false");
    assert_eq!(server.get("/null").text(), "true");
    assert_eq!(post(&server, "/twice", "x").json()["again"], "TypeError");
}

fn form_data_with_a_file(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let body = "--b\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nvalue\r\n\
                --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n\
                content-type: text/plain\r\n\r\ncontent\r\n--b--\r\n";
    let response = server.fetch(format!(
        "POST /form HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=b\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(response.text(), "[\"value\",\"f.txt\",\"content\"]");
}

fn a_megabyte_arrives_as_it_was_sent(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let body: Vec<u8> = (0..1_000_003_u32)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut connection = server.connect();
    connection.send(format!(
        "POST /bytes HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    connection.send(&body);
    assert!(
        connection.response().body == body,
        "the body was changed on its way"
    );
    connection.send("POST /bytes HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    for chunk in body.chunks(7919) {
        connection.send(format!("{:x}\r\n", chunk.len()));
        connection.send(chunk);
        connection.send("\r\n");
    }
    connection.send("0\r\n\r\n");
    assert!(
        connection.response().body == body,
        "the chunked body was changed on its way"
    );
}

/// RFC 9110 section 10.1.1.
fn a_client_that_waits_is_told_to_continue(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let mut connection = server.connect();
    connection.send("POST /text HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n");
    let interim = connection.head();
    assert_eq!((interim.status, interim.reason.as_str()), (100, "Continue"));
    connection.send("hello");
    assert_eq!(connection.response().text(), "hello");
    connection.expect_open();
}

fn a_client_that_waits_is_not_told_to_when_nobody_reads(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let mut connection = server.connect();
    connection.send("POST /unread HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n");
    // Panics on an interim response.
    assert_eq!(connection.response().text(), "unread");
}

fn a_small_body_that_nobody_reads_is_skipped(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let mut connection = server.connect();
    for _ in 0..3 {
        let body = "x".repeat(10_000);
        connection.send(format!(
            "POST /unread HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert_eq!(connection.response().text(), "unread");
    }
    connection
        .send("POST /unread HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(connection.response().text(), "unread");
    connection.expect_open();
}

fn a_large_body_that_nobody_reads_ends_the_connection(engine: Engine) {
    let server = Launch::serve(engine, READERS)
        .options(["--max-body", "off"])
        .start();
    let mut connection = server.connect();
    connection.send("POST /unread HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000000\r\n\r\n");
    let response = connection.response();
    assert_eq!((response.text(), response.closes()), ("unread", true));
    let chunk = vec![b'x'; 64 * 1024];
    eventually("a connection that takes nothing more", || {
        connection.try_send(&chunk).is_err()
    });
    assert_eq!(server.get("/null").status, 200);
}

fn a_body_that_breaks_off_fails_in_the_handler_only(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            if (request.method === 'POST') {
                await request.text().catch((error) => console.log('broke off:', error instanceof Error));
            }
            return new Response('hi');
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nonly this");
    connection.finish_sending();
    drop(connection);
    server.wait_for_output("broke off: true");
    assert_eq!(server.get("/").text(), "hi");
}

/// What the application has not asked for stays with the client.
fn a_reader_that_pauses_stops_the_upload(engine: Engine) {
    const BYTES: usize = 64 * 1024 * 1024;
    let server = Launch::serve(
        engine,
        "
        let release = () => {};
        const released = new Promise<void>((resolve) => { release = resolve; });
        export default async (request: Request) => {
            if (request.method === 'GET') { release(); return new Response('released'); }
            const reader = request.body!.getReader();
            let bytes = (await reader.read()).value!.byteLength;
            await released;
            for (let step; !(step = await reader.read()).done;) bytes += step.value.byteLength;
            return new Response(`${bytes}`);
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {BYTES}\r\n\r\n"
    ));
    let before = server.resident_bytes();
    let sent = send_until_stalled(&mut connection, BYTES);
    assert!(
        sent < BYTES / 2,
        "{sent} bytes were taken from a client that nobody listens to"
    );
    assert!(
        server.resident_bytes() < before + 32 * 1024 * 1024,
        "memory grew with the upload"
    );
    assert_eq!(server.get("/").text(), "released");
    let chunk = vec![b'x'; 64 * 1024];
    let mut rest = BYTES - sent;
    while rest > 0 {
        let bytes = rest.min(chunk.len());
        connection.send(&chunk[..bytes]);
        rest -= bytes;
    }
    assert_eq!(connection.response().text(), BYTES.to_string());
    assert!(
        server.resident_bytes() < before + 64 * 1024 * 1024,
        "memory grew with the upload"
    );
}

/// The answer is on its way while the question is still being asked.
fn a_body_can_be_echoed_while_it_arrives(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default (request: Request) => new Response(request.body);",
    )
    .start();
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.send("3\r\none\r\n");
    let head = connection.head();
    assert_eq!(head.field("transfer-encoding"), Some("chunked"));
    assert_eq!(connection.chunk(), b"one");
    connection.send("3\r\ntwo\r\n");
    assert_eq!(connection.chunk(), b"two");
    connection.send("0\r\n\r\n");
    assert_eq!(connection.chunk(), b"");
}

fn a_body_comes_in_chunks_as_it_arrives(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let mut connection = server.connect();
    connection.send("POST /chunks HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000\r\n\r\n");
    connection.send(vec![b'x'; 2_000_000]);
    assert_eq!(
        connection.response().text(),
        "{\"bytes\":2000000,\"several\":true}"
    );
    connection.send(request("GET", "/null"));
    assert_eq!(connection.response().text(), "true");
}

fn post(server: &Server, path: &str, body: &str) -> crate::support::Response {
    server.fetch(format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// Sends zeros until the server has taken nothing for a while, at most `bytes_max` of them.
fn send_until_stalled(connection: &mut crate::support::Connection, bytes_max: usize) -> usize {
    const STALL: Duration = Duration::from_millis(700);
    let chunk = vec![b'x'; 64 * 1024];
    let (mut sent, mut progress) = (0, Instant::now());
    eventually("the end of the upload, or a stall", || {
        loop {
            match connection.send_some(&chunk[..chunk.len().min(bytes_max - sent)]) {
                Ok(0) => return true,
                Ok(bytes) => (sent, progress) = (sent + bytes, Instant::now()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return progress.elapsed() > STALL,
                Err(error) => panic!("{error}"),
            }
        }
    });
    sent
}
