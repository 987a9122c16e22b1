//! Request bodies that are read, or still come, when their response is out.

use crate::support::{Connection, Engine, Launch, Server, eventually};

/// `/begun/…` reads before it answers and does not wait, `/later/…` reads from a timer, `/wait/…` in `waitUntil`, `/error/…`
/// behind an error, `/stream/…` behind a response that is a stream, `/piece/…` one chunk before and the rest after it.
const LATE: &str = "
    const read = new Map<string, string>();
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    async function take(name: string, body: Promise<string>) {
        read.set(name, await body.catch((error) => String(error)));
    }
    async function rest(reader: ReadableStreamDefaultReader<Uint8Array>) {
        const { value } = await reader.read();
        await sleep(30);
        let length = value!.length;
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return `${length} in pieces`;
            length += value.length;
        }
    }
    export default async function (request: Request, _: unknown, context: { waitUntil(p: Promise<unknown>): void }) {
        const { pathname } = new URL(request.url);
        const [, how] = pathname.split('/');
        const text = () => request.text().then((text) => `${text.length} bytes`);
        switch (how) {
            case 'read': return new Response(read.get(pathname.slice(5)) ?? 'nothing yet');
            case 'begun': take(pathname, text()); break;
            case 'later': setTimeout(() => take(pathname, text()), 60); break;
            case 'clone': { const copy = request.clone(); setTimeout(() => take(pathname, copy.text().then((text) => `${text.length} bytes`)), 60); break; }
            case 'wait': context.waitUntil(sleep(60).then(() => take(pathname, text()))); break;
            case 'error': setTimeout(() => take(pathname, text()), 60); throw new Error('on purpose');
            case 'piece': take(pathname, rest(request.body!.getReader())); break;
            case 'stream': {
                setTimeout(() => take(pathname, text()), 60);
                return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)); c.close(); } }));
            }
        }
        return new Response('early', { status: 201 });
    }
";

on_both_engines![
    what_had_arrived_is_read,
    what_was_to_come_is_read,
    a_long_body_that_is_being_read_is_read_whole,
    a_long_body_is_read_whole_in_wait_until,
    a_chunked_body_is_read_to_its_end,
    a_last_request_is_read_before_its_connection_ends,
    the_next_request_comes_behind_the_body,
    a_body_too_long_to_be_kept_says_so,
    a_body_that_does_break_off_says_so,
    a_reader_that_is_left_behind_holds_nothing_up,
    a_body_is_kept_on_two_cores,
    a_body_is_kept_behind_a_plain_answer,
];

fn post(name: &str, length: usize, fields: &str) -> String {
    format!("POST {name} HTTP/1.1\r\nhost: a\r\n{fields}content-length: {length}\r\n\r\n")
}

/// What the application read, once it has.
fn expect_read(server: &Server, name: &str, expected: &str) {
    let mut got = String::new();
    eventually(&format!("{expected} of {name}"), || {
        got = server.get(&format!("/read{name}")).text().to_owned();
        got != "nothing yet"
    });
    assert_eq!(got, expected, "{name}");
}

fn expect_early(connection: &mut Connection, name: &str) {
    let status = connection.response().status;
    let expected = match name.split('/').nth(1) {
        Some("error") => 500,
        Some("stream") => 200,
        _ => 201,
    };
    assert_eq!(status, expected, "{name}");
}

const WAYS: [&str; 7] = [
    "/begun/", "/later/", "/clone/", "/wait/", "/error/", "/piece/", "/stream/",
];

fn of_bytes(name: &str, length: usize) -> String {
    match name.starts_with("/piece/") {
        true => format!("{length} in pieces"),
        false => format!("{length} bytes"),
    }
}

fn what_had_arrived_is_read(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    for way in WAYS {
        for length in [1, 12, 100_000] {
            let name = format!("{way}arrived{length}");
            let mut connection = server.connect();
            connection.send(format!("{}{}", post(&name, length, ""), "x".repeat(length)));
            expect_early(&mut connection, &name);
            connection.expect_open_at("/read/any");
            expect_read(&server, &name, &of_bytes(&name, length));
        }
    }
}

fn what_was_to_come_is_read(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    for way in WAYS {
        let name = format!("{way}coming");
        let mut connection = server.connect();
        connection.send(format!("{}{}", post(&name, 6000, ""), "x".repeat(100)));
        expect_early(&mut connection, &name);
        for _ in 0..5 {
            connection.send_apart("x".repeat(1180));
        }
        expect_read(&server, &name, &of_bytes(&name, 6000));
        connection.expect_open_at("/read/any");
    }
}

/// Far more than is kept of a body that nobody reads.
fn a_long_body_that_is_being_read_is_read_whole(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    for way in ["/begun/", "/piece/"] {
        let name = format!("{way}long");
        let length = 3_000_000;
        let mut connection = server.connect();
        connection.send(format!("{}{}", post(&name, length, ""), "x".repeat(1000)));
        expect_early(&mut connection, &name);
        connection.send("x".repeat(length - 1000));
        expect_read(&server, &name, &of_bytes(&name, length));
        connection.expect_open_at("/read/any");
    }
}

fn a_long_body_is_read_whole_in_wait_until(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    let mut connection = server.connect();
    connection.send(post("/wait/long", 1_000_000, ""));
    expect_early(&mut connection, "/wait/long");
    connection.send("x".repeat(1_000_000));
    expect_read(&server, "/wait/long", "1000000 bytes");
    connection.expect_open_at("/read/any");
}

fn a_chunked_body_is_read_to_its_end(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    for way in WAYS {
        let name = format!("{way}chunked");
        let mut connection = server.connect();
        connection.send(format!(
            "POST {name} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"
        ));
        expect_early(&mut connection, &name);
        connection.send("7\r\n, world\r\n0\r\n\r\n");
        expect_read(&server, &name, &of_bytes(&name, 12));
        connection.expect_open_at("/read/any");
    }
}

/// RFC 9112 section 9.6: the connection ends behind the response, which a body that is wanted comes before.
fn a_last_request_is_read_before_its_connection_ends(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    for way in WAYS {
        let name = format!("{way}last");
        let mut connection = server.connect();
        connection.send(format!(
            "{}{}",
            post(&name, 6000, "connection: close\r\n"),
            "x".repeat(100)
        ));
        expect_early(&mut connection, &name);
        connection.send("x".repeat(5900));
        connection.expect_closed();
        expect_read(&server, &name, &of_bytes(&name, 6000));
    }
}

fn the_next_request_comes_behind_the_body(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    let mut connection = server.connect();
    connection.send(format!("{}abc", post("/begun/first", 6, "")));
    expect_early(&mut connection, "/begun/first");
    connection.send(format!("def{}xyz", post("/later/second", 3, "")));
    expect_early(&mut connection, "/later/second");
    connection.expect_open_at("/read/any");
    expect_read(&server, "/begun/first", "6 bytes");
    expect_read(&server, "/later/second", "3 bytes");
}

fn a_body_too_long_to_be_kept_says_so(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    let mut connection = server.connect();
    connection.send(post("/later/long", 10_000_000, ""));
    let response = connection.response();
    assert!(response.closes(), "{response:?}");
    expect_read(
        &server,
        "/later/long",
        "TypeError: The request body was not read before the response was given, and too much of it was to come to be kept",
    );
}

fn a_body_that_does_break_off_says_so(engine: Engine) {
    let server = Launch::serve(engine, LATE).start();
    for way in ["/begun/", "/later/"] {
        let name = format!("{way}broken");
        let mut connection = server.connect();
        connection.send(format!("{}abc", post(&name, 6, "")));
        expect_early(&mut connection, &name);
        drop(connection);
        expect_read(
            &server,
            &name,
            "TypeError: The request body broke off before its end",
        );
    }
}

/// Whoever reads a chunk and then no more does not keep the connection from its next request.
fn a_reader_that_is_left_behind_holds_nothing_up(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default async (request: Request) => {
            if (request.method === 'POST') await request.body!.getReader().read();
            return new Response('enough');
        }",
    )
    .start();
    let mut connection = server.connect();
    connection.send(format!("{}abc", post("/", 100_000, "")));
    assert_eq!(connection.response().text(), "enough");
    connection.send("x".repeat(99_997));
    connection.expect_open();
}

fn a_body_is_kept_on_two_cores(engine: Engine) {
    let server = Launch::serve(engine, LATE).options(["--cores", "2"]).start();
    for number in 0..20 {
        let name = format!("/later/{number}");
        let mut connection = server.connect();
        connection.send(format!("{}hel", post(&name, 5, "")));
        expect_early(&mut connection, &name);
        connection.send("lo");
        // The core that has read it answers on the same connection.
        let mut text = String::new();
        eventually("a body on the connection's core", || {
            connection.send(format!("GET /read{name} HTTP/1.1\r\nhost: a\r\n\r\n"));
            text = connection.response().text().to_owned();
            text != "nothing yet"
        });
        assert_eq!(text, "5 bytes");
    }
}

/// Of `Howth.serveBatch`, at once and later.
fn a_body_is_kept_behind_a_plain_answer(engine: Engine) {
    let server = Launch::run(
        engine,
        "let read = 'nothing yet';
        Howth.serveBatch({ port: 0, hostname: '127.0.0.1' }, (request) => {
            const { pathname } = new URL(request.url);
            if (pathname.startsWith('/read')) {
                const body = read;
                if (body !== 'nothing yet') read = 'nothing yet';
                return { body };
            }
            setTimeout(async () => { read = await request.text().catch(String); }, 60);
            const answer = { status: 201, body: 'early' };
            return pathname === '/later' ? Promise.resolve(answer) : answer;
        });",
    )
    .start();
    for name in ["/once", "/later"] {
        let mut connection = server.connect();
        connection.send(post(name, 10, ""));
        connection.send("hello");
        assert_eq!(connection.response().status, 201);
        connection.send("world");
        expect_read(&server, name, "helloworld");
    }
}
