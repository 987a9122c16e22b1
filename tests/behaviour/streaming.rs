//! Response bodies that are made while they are sent.

use crate::support::{Engine, Launch, eventually, request};

/// Streams of 64 KiB chunks, and how much of them was produced.
const PRODUCER: &str = "
    let produced = 0, cancelled = 0, aborted = 0;
    export default (request: Request) => {
        const { pathname, searchParams } = new URL(request.url);
        if (pathname === '/state') return Response.json({ produced, cancelled, aborted });
        request.signal.addEventListener('abort', () => aborted++);
        const total = Number(searchParams.get('bytes'));
        let left = total;
        return new Response(new ReadableStream({
            pull(controller) {
                const chunk = new Uint8Array(Math.min(65536, left)).fill(120);
                controller.enqueue(chunk);
                produced += chunk.byteLength;
                left -= chunk.byteLength;
                if (left === 0) controller.close();
            },
            cancel() { cancelled++; },
        }));
    };
";
const GIBIBYTE: u64 = 1 << 30;
const MEBIBYTE: u64 = 1 << 20;

on_both_engines![
    a_client_that_stops_reading_stops_the_producer,
    a_client_that_goes_away_cancels_the_stream,
    a_client_that_goes_away_aborts_the_signal,
    a_signal_that_is_read_after_the_client_left_is_aborted,
    a_chunk_is_sent_before_the_next_one_exists,
    a_stream_with_a_length_is_not_chunked,
    http_1_0_clients_get_a_stream_until_the_end,
    a_stream_that_fails_ends_the_connection_without_its_end,
    a_response_before_a_stream_that_fails_goes_out,
    a_stream_that_does_not_fit_its_length_is_told_of,
    streams_of_one_connection_follow_each_other,
    bodies_of_every_kind,
    a_stream_that_nobody_reads_is_not_pulled,
];

/// A gibibyte for a client that stops reading, and then goes on: memory stays bounded all the way.
fn a_client_that_stops_reading_stops_the_producer(engine: Engine) {
    let server = Launch::serve(engine, PRODUCER).start();
    assert_eq!(server.get("/?bytes=10000000").body.len(), 10_000_000);
    let before = server.resident_bytes();
    let produced_before = state(&server, "produced");
    let mut connection = server.connect();
    connection.send(request("GET", &format!("/?bytes={GIBIBYTE}")));
    assert_eq!(connection.head().field("transfer-encoding"), Some("chunked"));
    let mut last = 0;
    eventually("a producer that pauses", || {
        last = state(&server, "produced");
        // The core turns for each of these, and pulls if it may.
        (0..100).all(|_| state(&server, "produced") == last)
    });
    assert!(
        last - produced_before < 32 * MEBIBYTE,
        "{last} bytes were produced for nobody"
    );
    assert!(server.resident_bytes() < before + 64 * MEBIBYTE, "memory grew");
    let mut received = 0;
    let mut resident_bytes_max = 0;
    loop {
        let chunk = connection.chunk();
        if chunk.is_empty() {
            break;
        }
        if received / (64 * MEBIBYTE) != (received + chunk.len() as u64) / (64 * MEBIBYTE) {
            resident_bytes_max = resident_bytes_max.max(server.resident_bytes());
        }
        received += chunk.len() as u64;
    }
    assert_eq!(received, GIBIBYTE);
    assert!(
        resident_bytes_max < before + 128 * MEBIBYTE,
        "{before} bytes became {resident_bytes_max}"
    );
}

fn a_client_that_goes_away_cancels_the_stream(engine: Engine) {
    let server = Launch::serve(engine, PRODUCER).start();
    let mut connection = server.connect();
    connection.send(request("GET", &format!("/?bytes={GIBIBYTE}")));
    assert!(!connection.chunk_after_head().is_empty());
    assert_eq!((state(&server, "cancelled"), state(&server, "aborted")), (0, 0));
    drop(connection);
    eventually("cancel and abort", || {
        (state(&server, "cancelled"), state(&server, "aborted")) == (1, 1)
    });
    let produced = state(&server, "produced");
    assert!(produced < 64 * MEBIBYTE, "{produced}");
}

fn a_client_that_goes_away_aborts_the_signal(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => new Promise<Response>((resolve) => {
            if (request.url.endsWith('/ok')) return resolve(new Response('hi'));
            console.log('waiting', request.signal.aborted);
            request.signal.onabort = () => console.log('aborted:', request.signal.reason?.name);
        });
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    server.wait_for_output("waiting false");
    drop(connection);
    server.wait_for_output("aborted: AbortError");
    assert_eq!(server.get("/ok").text(), "hi");
}

fn a_signal_that_is_read_after_the_client_left_is_aborted(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let release = () => {};
        export default async (request: Request) => {
            if (request.url.endsWith('/release')) { release(); return new Response(); }
            if (request.url.endsWith('/other')) return new Response();
            console.log('waiting');
            await new Promise<void>((resolve) => { release = resolve; });
            return new Response(`${request.signal.aborted}`);
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    server.wait_for_output("waiting");
    connection.finish_sending();
    // What comes of another connection behind that end is answered behind it.
    server.get("/other");
    server.get("/release");
    assert_eq!(connection.response().text(), "true");
}

fn a_chunk_is_sent_before_the_next_one_exists(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let release = () => {};
        export default (request: Request) => {
            if (request.url.endsWith('/release')) { release(); return new Response(); }
            return new Response(new ReadableStream({
                async start(controller) {
                    controller.enqueue(new TextEncoder().encode('first'));
                    await new Promise<void>((resolve) => { release = resolve; });
                    controller.enqueue(new TextEncoder().encode('second'));
                    controller.close();
                },
            }));
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.chunk_after_head(), b"first");
    server.get("/release");
    assert_eq!(connection.chunk(), b"second");
    assert_eq!(connection.chunk(), b"");
}

fn a_stream_with_a_length_is_not_chunked(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => new Response(new ReadableStream({
            start(controller) { controller.enqueue(new Uint8Array([104, 105])); controller.close(); },
        }), { headers: { 'content-length': '2' } });
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    let response = connection.response();
    assert_eq!((response.text(), response.content_length()), ("hi", Some(2)));
    connection.expect_open();
}

/// RFC 9112 section 6.3: without chunks the end of the connection is the end of the body.
fn http_1_0_clients_get_a_stream_until_the_end(engine: Engine) {
    let server = Launch::serve(engine, PRODUCER).start();
    let mut connection = server.connect();
    connection.send("GET /?bytes=1000000 HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n");
    let response = connection.response();
    assert_eq!(
        (response.body.len(), response.is_chunked, response.closes()),
        (1_000_000, false, true)
    );
}

fn a_stream_that_fails_ends_the_connection_without_its_end(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => new Response(new ReadableStream({
            async start(controller) {
                controller.enqueue(new TextEncoder().encode('half'));
                await new Promise((resolve) => setTimeout(resolve, 50));
                controller.error(new Error('the source failed'));
            },
        }));
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.chunk_after_head(), b"half");
    connection.expect_closed();
    server.wait_for_output("the source failed");
    let mut another = server.connect();
    another.send(request("GET", "/"));
    assert_eq!(another.chunk_after_head(), b"half");
}

/// The response that was given first was given whole.
fn a_response_before_a_stream_that_fails_goes_out(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => new URL(request.url).pathname === '/first'
            ? new Response('first')
            : new Response(new ReadableStream({ start(controller) { controller.error(new Error('no source')); } }));
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send([request("GET", "/first"), request("GET", "/second")].concat());
    assert_eq!(connection.response().text(), "first");
    server.wait_for_output("no source");
}

/// Where the client has seen nothing of it, it is a 500; else it breaks off. One line on stderr says why.
fn a_stream_that_does_not_fit_its_length_is_told_of(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => {
            const [, when, given] = new URL(request.url).pathname.split('/');
            return new Response(new ReadableStream({
                async start(controller) {
                    controller.enqueue(new TextEncoder().encode('abc'));
                    if (when === 'late') await new Promise((resolve) => setTimeout(resolve, 50));
                    if (given === 'more') controller.enqueue(new TextEncoder().encode('de'));
                    controller.close();
                },
            }), { headers: { 'content-length': '4' } });
        };
    ",
    )
    .start();
    for given in ["more", "fewer"] {
        let mut connection = server.connect();
        connection.send(request("GET", &format!("/at-once/{given}")));
        let head = connection.head();
        if head.status == 500 {
            assert!(head.closes(), "{head:?}");
        } else {
            // JavaScript took long enough to be interrupted, and what it had given went out.
            assert_eq!((head.status, head.field("content-length")), (200, Some("4")));
            assert_eq!(connection.rest_until_closed(), b"abc");
        }
        let mut connection = server.connect();
        connection.send(request("GET", &format!("/late/{given}")));
        let head = connection.head();
        assert_eq!((head.status, head.field("content-length")), (200, Some("4")));
        assert_eq!(connection.rest_until_closed(), b"abc");
    }
    for (given, bytes) in [("more", "at least 5"), ("fewer", "3")] {
        for when in ["at-once", "late"] {
            let line = format!(
                "howth: the response to GET /{when}/{given} was answered with 500, or broken off where it had begun: \
                 content-length says 4 bytes, and the body has {bytes}; "
            );
            server.wait_for_output(&line);
        }
    }
    eventually("four lines", || server.stderr().lines().count() == 4);
}

fn streams_of_one_connection_follow_each_other(engine: Engine) {
    let server = Launch::serve(engine, PRODUCER).start();
    let mut connection = server.connect();
    connection.send(
        (1..=5)
            .map(|number| request("GET", &format!("/?bytes={}", number * 100_000)))
            .collect::<String>(),
    );
    for number in 1..=5 {
        assert_eq!(connection.response().body.len(), number * 100_000);
    }
    connection.expect_open_at("/?bytes=1");
}

fn bodies_of_every_kind(engine: Engine) {
    let server = Launch::serve(engine, "
        export default async (request: Request) => {
            switch (new URL(request.url).pathname) {
                case '/string': return new Response('h\u{e9}');
                case '/bytes': return new Response(new Uint8Array([1, 2, 3]).subarray(1));
                case '/buffer': return new Response(new Uint8Array([1, 2]).buffer);
                case '/blob': return new Response(new Blob(['a', 'b'], { type: 'x/y' }));
                case '/params': return new Response(new URLSearchParams({ a: '1 2' }));
                case '/form': { const form = new FormData(); form.set('a', 'b'); return new Response(form); }
                case '/json': return Response.json({ a: 1 });
                case '/redirect': return Response.redirect('http://b/', 302);
                case '/generator': return new Response(ReadableStream.from((async function* () {
                    yield new TextEncoder().encode('a'); yield new TextEncoder().encode('b');
                })()));
                case '/large': return new Response('x'.repeat(5_000_000));
                case '/clone': { const r = new Response('twice'); const c = r.clone(); await r.text(); return c; }
                default: return new Response(null);
            }
        };
    ").start();
    for (path, body, content_type) in [
        ("/string", "h\u{e9}".as_bytes(), Some("text/plain;charset=UTF-8")),
        ("/bytes", &[2, 3], None),
        ("/buffer", &[1, 2], None),
        ("/blob", b"ab", Some("x/y")),
        (
            "/params",
            b"a=1+2",
            Some("application/x-www-form-urlencoded;charset=UTF-8"),
        ),
        ("/json", b"{\"a\":1}", Some("application/json")),
        ("/generator", b"ab", None),
        ("/clone", b"twice", Some("text/plain;charset=UTF-8")),
        ("/null", b"", None),
    ] {
        let response = server.get(path);
        assert_eq!(
            (&*response.body, response.field("content-type")),
            (body, content_type),
            "{path}"
        );
    }
    assert!(
        server
            .get("/form")
            .field("content-type")
            .is_some_and(|kind| kind.starts_with("multipart/form-data; boundary="))
    );
    assert_eq!(server.get("/redirect").field("location"), Some("http://b/"));
    assert_eq!(server.get("/large").body.len(), 5_000_000);
}

fn state(server: &crate::support::Server, name: &str) -> u64 {
    server.get("/state").json()[name].as_u64().expect("a number")
}

fn a_stream_that_nobody_reads_is_not_pulled(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => new Response(new ReadableStream({
            pull(controller) { controller.enqueue(new Uint8Array(1000)); },
            cancel() { console.log('cancelled'); },
        }));
    ",
    )
    .start();
    // Without an end the second answer on the connection would never come.
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.send(request("HEAD", "/"));
        assert_eq!(connection.response_to("HEAD").status, 200);
    }
    server.wait_for_output("cancelled");
}
