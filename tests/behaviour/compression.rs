//! `--compress`: what clients of every coding are sent, in what pieces, and what is left as it is.

use std::io::{Read, Write};

use crate::http2::client::Client;
use crate::support::{Engine, Launch, Response, Server, eventually, request};

on_both_engines![
    clients_get_the_coding_they_accept,
    heads_say_what_became_of_the_content,
    what_must_not_be_compressed_is_not,
    validators_are_weak_and_still_right,
    streams_are_flushed_part_by_part,
    large_parts_of_streams_keep_their_order,
    large_bodies_are_encoded_beside_the_core,
    ready_routes_are_compressed,
    a_client_that_leaves_costs_nothing,
    streams_that_lie_about_their_length_break_off,
    streams_of_http2_are_compressed,
    a_drain_waits_for_what_is_compressed,
    without_the_option_nothing_is_compressed,
];

const APPLICATION: &str = r#"
    const line = (number) => JSON.stringify({ number, text: "some text that is like other text" }) + "\n";
    const lines = (count) => Array.from({ length: count }, (_, number) => line(number)).join("");
    const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
    const json = { "content-type": "application/json" };
    let cancelled = 0;
    async function* parts(count) {
        for (let number = 0; number < count; number++) {
            yield `data: ${number}\n\n`;
            await pause();
        }
    }
    async function* large() {
        for (let number = 0; number < 4; number++) {
            yield lines(4000);
            yield `between ${number}\n`;
        }
    }
    function endless() {
        return new ReadableStream({
            async pull(controller) {
                await pause();
                controller.enqueue(new TextEncoder().encode(lines(4000)));
            },
            cancel() { cancelled++; },
        });
    }
    const answers = {
        "/small": () => new Response("small"),
        "/json": () => new Response(lines(100), { headers: json }),
        "/bytes": () => new Response(new TextEncoder().encode(lines(100)), { headers: json }),
        "/large": () => new Response(lines(40000), { headers: json }),
        "/noise": () => new Response(crypto.getRandomValues(new Uint8Array(3000)), { headers: json }),
        "/image": () => new Response(lines(100), { headers: { "content-type": "image/png" } }),
        "/encoded": () => new Response(lines(100), { headers: { ...json, "content-encoding": "identity" } }),
        "/kept": () => new Response(lines(100), { headers: { ...json, "cache-control": "no-transform" } }),
        "/part": () => new Response(lines(100), { status: 206, headers: { ...json, "content-range": "bytes 0-9/10" } }),
        "/fields": () => new Response(lines(100), {
            headers: { ...json, etag: '"a"', vary: "origin", "accept-ranges": "bytes", "content-md5": "x", "x-own": "y" },
        }),
        "/stream": () => new Response(parts(5), { headers: { "content-type": "text/event-stream" } }),
        "/parts": () => new Response(large(), { headers: json }),
        "/endless": () => new Response(endless(), { headers: json }),
        "/cancelled": () => new Response(String(cancelled)),
        "/short": () => new Response(parts(2), { headers: { ...json, "content-length": "5000" } }),
    };
    const fetch = (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/cached") {
            const known = request.headers.get("if-none-match");
            const status = known?.includes('"a"') ? 304 : 200;
            return new Response(status === 304 ? null : lines(100), { status, headers: { ...json, etag: '"a"' } });
        }
        return answers[pathname]();
    };
    export default { fetch, routes: { "/ready": new Response(lines(100), { headers: json }), "/ready/large": new Response(lines(4000), { headers: json }) } };
"#;

/// What `lines` of the application gives.
fn lines(count: usize) -> String {
    let line = |number| format!("{{\"number\":{number},\"text\":\"some text that is like other text\"}}\n");
    (0..count).map(line).collect()
}

fn serve(engine: Engine) -> Server {
    Launch::serve(engine, APPLICATION).options(["--compress"]).start()
}

fn get(path: &str, accepted: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\naccept-encoding: {accepted}\r\n\r\n")
}

fn ask(server: &Server, path: &str, accepted: &str) -> Response {
    let mut connection = server.connect();
    connection.send(get(path, accepted));
    connection.response()
}

fn decoded(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let read = match coding {
        "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut content),
        "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut content),
        "zstd" => {
            zstd::stream::read::Decoder::new(body).and_then(|mut decoder| decoder.read_to_end(&mut content))
        }
        other => panic!("{other}"),
    };
    read.unwrap_or_else(|error| panic!("{coding}: {error}"));
    content
}

#[track_caller]
fn expect(response: &Response, coding: &str, content: &str) {
    assert_eq!(response.field("content-encoding"), Some(coding), "{response:?}");
    assert_eq!(response.field("vary"), Some("accept-encoding"));
    assert!(decoded(coding, &response.body) == content.as_bytes());
    assert!(response.body.len() < content.len());
}

fn clients_get_the_coding_they_accept(engine: Engine) {
    let server = serve(engine);
    let content = lines(100);
    for path in ["/json", "/bytes"] {
        for (accepted, coding) in [
            ("gzip", "gzip"),
            ("br", "br"),
            ("zstd", "zstd"),
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip;q=1.0, br;q=0.5", "gzip"),
            ("*", "zstd"),
        ] {
            for _ in 0..3 {
                let response = ask(&server, path, accepted);
                expect(&response, coding, &content);
                assert_eq!(response.content_length(), Some(response.body.len()));
            }
        }
        for accepted in ["identity", "gzip;q=0", "deflate", ""] {
            let response = ask(&server, path, accepted);
            let found = (response.field("content-encoding"), response.field("vary"));
            assert_eq!(found, (None, Some("accept-encoding")), "{accepted}");
            assert_eq!(response.text(), content);
        }
    }
    let gzip_alone = Launch::serve(engine, APPLICATION)
        .options(["--compress=gzip", "--compress-min", "4"])
        .start();
    expect(&ask(&gzip_alone, "/json", "zstd, gzip"), "gzip", &content);
    // Which is as long when it is encoded.
    let small = ask(&gzip_alone, "/small", "gzip");
    let found = (small.field("content-encoding"), small.field("vary"));
    assert_eq!((found, small.text()), ((None, Some("accept-encoding")), "small"));
}

fn heads_say_what_became_of_the_content(engine: Engine) {
    let server = serve(engine);
    let response = ask(&server, "/fields", "br");
    assert_eq!(response.field("vary"), Some("origin, accept-encoding"));
    assert_eq!(response.field("etag"), Some("W/\"a\""));
    assert_eq!(response.field("x-own"), Some("y"));
    assert_eq!(
        (response.field("accept-ranges"), response.field("content-md5")),
        (None, None)
    );
    let identity = ask(&server, "/fields", "identity");
    assert_eq!(identity.field("etag"), Some("\"a\""));
    assert_eq!(identity.field("accept-ranges"), Some("bytes"));
    // The head of GET, without the length that only encoding it would tell.
    let mut connection = server.connect();
    for path in ["/fields", "/stream", "/ready"] {
        connection.send(get(path, "br").replacen("GET", "HEAD", 1));
        let head = connection.response_to("HEAD");
        assert_eq!(head.field("content-encoding"), Some("br"), "{path}");
        assert_eq!(
            (head.field("content-length"), head.body.len()),
            (None, 0),
            "{path}"
        );
    }
    connection.send(get("/json", "br"));
    expect(&connection.response(), "br", &lines(100));
}

fn what_must_not_be_compressed_is_not(engine: Engine) {
    let server = serve(engine);
    for path in ["/image", "/encoded", "/kept", "/part"] {
        let response = ask(&server, path, "gzip, br, zstd");
        assert_eq!(response.field("vary"), None, "{path}");
        assert_eq!(response.text(), lines(100), "{path}");
    }
    let small = ask(&server, "/small", "gzip");
    assert_eq!((small.field("vary"), small.text()), (None, "small"));
    let noise = ask(&server, "/noise", "gzip");
    assert_eq!((noise.field("content-encoding"), noise.body.len()), (None, 3000));
    // HTTP/1.0 knows the field as well.
    let mut connection = server.connect();
    connection.send("GET /json HTTP/1.0\r\naccept-encoding: gzip\r\n\r\n");
    expect(&connection.response(), "gzip", &lines(100));
}

fn validators_are_weak_and_still_right(engine: Engine) {
    let server = serve(engine);
    let response = ask(&server, "/cached", "gzip");
    let etag = response.field("etag").expect("a validator");
    assert_eq!(etag, "W/\"a\"");
    for (known, expected) in [
        (etag, (Some("W/\"a\""), Some("accept-encoding"))),
        ("\"a\"", (Some("\"a\""), None)),
    ] {
        let mut connection = server.connect();
        connection.send(format!(
            "GET /cached HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\nif-none-match: {known}\r\n\r\n"
        ));
        let response = connection.response();
        assert_eq!(response.status, 304);
        assert_eq!((response.field("etag"), response.field("vary")), expected);
    }
}

fn streams_are_flushed_part_by_part(engine: Engine) {
    let server = serve(engine);
    let mut connection = server.connect();
    connection.send(get("/stream", "gzip"));
    let head = connection.head();
    assert_eq!(head.field("content-encoding"), Some("gzip"));
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    for number in 0..5 {
        let expected = format!("data: {number}\n\n");
        // Each part can be read before the next is written.
        while !decoder.get_ref().ends_with(expected.as_bytes()) {
            let chunk = connection.chunk();
            assert!(!chunk.is_empty(), "the stream has ended before part {number}");
            decoder.write_all(&chunk).expect("gzip");
            decoder.flush().expect("gzip");
        }
    }
    for coding in ["gzip", "br", "zstd"] {
        let content: String = (0..5).map(|number| format!("data: {number}\n\n")).collect();
        let response = ask(&server, "/stream", coding);
        assert_eq!(response.field("content-encoding"), Some(coding));
        assert_eq!(decoded(coding, &response.body), content.as_bytes());
    }
}

fn large_parts_of_streams_keep_their_order(engine: Engine) {
    let server = serve(engine);
    let content: String = (0..4)
        .map(|number| format!("{}between {number}\n", lines(4000)))
        .collect();
    for coding in ["gzip", "br", "zstd"] {
        let response = ask(&server, "/parts", coding);
        assert!(decoded(coding, &response.body) == content.as_bytes(), "{coding}");
    }
}

fn large_bodies_are_encoded_beside_the_core(engine: Engine) {
    let server = serve(engine);
    let content = lines(40_000);
    let mut connection = server.connect();
    // Responses keep the order of their requests.
    connection.send(
        [
            get("/large", "gzip"),
            get("/small", "gzip"),
            get("/large", "zstd"),
            get("/large", "br"),
        ]
        .concat(),
    );
    for coding in ["gzip", "", "zstd", "br"] {
        let response = connection.response();
        match coding {
            "" => assert_eq!(response.text(), "small"),
            coding => expect(&response, coding, &content),
        }
    }
}

fn ready_routes_are_compressed(engine: Engine) {
    let server = serve(engine);
    let (content, large) = (lines(100), lines(4000));
    for coding in ["gzip", "br", "zstd"] {
        for _ in 0..3 {
            expect(&ask(&server, "/ready", coding), coding, &content);
        }
        // Who asks while it is being encoded gets it as it is.
        eventually("a compressed route", || {
            let response = ask(&server, "/ready/large", coding);
            match response.field("content-encoding") {
                Some(_) => expect(&response, coding, &large),
                None => assert!(response.body == large.as_bytes()),
            }
            response.field("content-encoding") == Some(coding)
        });
    }
    assert_eq!(ask(&server, "/ready", "identity").text(), content);
}

fn a_client_that_leaves_costs_nothing(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--compress", "--cores", "1"])
        .start();
    for number in 1..6 {
        let mut streaming = server.connect();
        streaming.send(get("/endless", "zstd"));
        streaming.chunk_after_head();
        let mut waiting = server.connect();
        waiting.send(get("/large", "br"));
        drop((streaming, waiting));
        let wanted = number.to_string();
        eventually("a cancelled stream", || server.get("/cancelled").text() == wanted);
    }
    // As long as threads work for clients that have left, large bodies may go out as they are.
    eventually("a compressed body", || {
        let response = ask(&server, "/large", "gzip");
        response.field("content-encoding") == Some("gzip")
    });
    expect(&ask(&server, "/json", "gzip"), "gzip", &lines(100));
}

fn streams_that_lie_about_their_length_break_off(engine: Engine) {
    let server = serve(engine);
    let mut connection = server.connect();
    connection.send(get("/short", "gzip"));
    let head = connection.head();
    assert_eq!(
        (head.field("content-encoding"), head.field("content-length")),
        (Some("gzip"), None)
    );
    let rest = connection.rest_until_closed();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the client cannot tell");
    server.wait_for_output("content-length says 5000 bytes");
}

fn streams_of_http2_are_compressed(engine: Engine) {
    let server = serve(engine);
    let client = Client::connect(&server);
    for (path, content) in [
        ("/json", lines(100)),
        ("/large", lines(40_000)),
        ("/ready", lines(100)),
    ] {
        let answer = client.request("GET", path, &[("accept-encoding", "br, gzip")], "");
        assert_eq!(answer.field("content-encoding"), "br", "{path}");
        assert!(decoded("br", answer.bytes()) == content.as_bytes(), "{path}");
    }
    let answer = client.request("GET", "/parts", &[("accept-encoding", "zstd")], "");
    let content: String = (0..4)
        .map(|number| format!("{}between {number}\n", lines(4000)))
        .collect();
    assert!(decoded("zstd", answer.bytes()) == content.as_bytes());
}

fn a_drain_waits_for_what_is_compressed(engine: Engine) {
    let mut server = serve(engine);
    let mut clients: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(get("/large", "br"));
    }
    // One has been answered: the others are on their way.
    expect(&clients[0].response(), "br", &lines(40_000));
    server.signal(libc::SIGTERM);
    for client in &mut clients[1..] {
        expect(&client.response(), "br", &lines(40_000));
    }
    assert!(server.wait().success());
}

fn without_the_option_nothing_is_compressed(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION).start();
    let mut connection = server.connect();
    for path in ["/json", "/ready", "/stream"] {
        connection.send(get(path, "gzip, br, zstd"));
        let response = connection.response();
        let found = (response.field("content-encoding"), response.field("vary"));
        assert_eq!(found, (None, None), "{path}");
    }
    connection.send(request("GET", "/small"));
    assert_eq!(connection.response().text(), "small");
    let refused = Launch::serve(engine, APPLICATION)
        .options(["--compress=deflate"])
        .finish();
    assert!(
        refused.complaint().contains("zstd, br and gzip"),
        "{}",
        refused.complaint()
    );
}
