//! Every deadline, set short: what happens when it passes, and that it does not pass early.

use std::time::{Duration, Instant};

use crate::support::{Connection, Engine, Launch, PATIENCE, Server, request};

const READER: &str = "export default async (r: Request) => new Response(await r.text());";

fn reader<const N: usize>(engine: Engine, options: [&str; N]) -> Server {
    Launch::serve(engine, READER).options(options).start()
}

/// Sends one of the bytes every 50 ms until the server does not take them any more or has answered.
fn trickle(connection: &mut Connection, bytes: &[u8]) {
    let start = Instant::now();
    for byte in bytes.iter().cycle() {
        if connection.is_readable() || connection.try_send([*byte]).is_err() {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "the server puts up with everything");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn expect_timeout(connection: &mut Connection) {
    let response = connection.response();
    assert_eq!((response.status, response.closes()), (408, true), "{response:?}");
    connection.expect_closed();
}

on_both_engines![
    a_head_that_does_not_end,
    a_head_that_trickles,
    the_second_head_of_a_connection,
    a_connection_that_never_says_anything,
    a_body_that_pauses,
    a_body_that_trickles_too_slowly,
    a_body_may_trickle_when_there_is_no_rate,
    a_body_nobody_asks_for_is_not_late,
    an_idle_connection_is_closed_without_a_word,
    a_client_that_takes_nothing_is_reset,
    a_client_that_reads_slowly_is_served,
    a_handler_that_takes_too_long,
    a_request_can_have_a_deadline_of_its_own,
];

fn a_head_that_does_not_end(engine: Engine) {
    let server = reader(engine, ["--timeout-head", "500ms"]);
    let mut connection = server.connect();
    connection.send("GET / HTTP/1.1\r\nhost: a\r\n");
    expect_timeout(&mut connection);
}

/// A byte now and then does not buy more time (slowloris).
fn a_head_that_trickles(engine: Engine) {
    let server = reader(engine, ["--timeout-head", "500ms"]);
    let mut connection = server.connect();
    connection.send("GET / HTTP/1.1\r\nhost: a\r\nx: ");
    trickle(&mut connection, b"y");
    expect_timeout(&mut connection);
}

fn the_second_head_of_a_connection(engine: Engine) {
    let server = reader(engine, ["--timeout-head", "500ms"]);
    let mut connection = server.connect();
    connection.expect_open();
    connection.send("GET / HT");
    expect_timeout(&mut connection);
}

fn a_connection_that_never_says_anything(engine: Engine) {
    let server = reader(engine, ["--timeout-head", "500ms"]);
    let rest = server.connect().rest_until_closed();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 408 "),
        "{}",
        rest.escape_ascii()
    );
}

fn a_body_that_pauses(engine: Engine) {
    let server = reader(engine, ["--timeout-body", "500ms"]);
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nonly");
    expect_timeout(&mut connection);
    assert_eq!(server.get("/").status, 200);
}

fn a_body_that_trickles_too_slowly(engine: Engine) {
    let server = reader(engine, ["--timeout-body", "500ms", "--min-body-rate", "10K"]);
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n");
    trickle(&mut connection, b"x");
    expect_timeout(&mut connection);
}

fn a_body_may_trickle_when_there_is_no_rate(engine: Engine) {
    let server = reader(engine, ["--timeout-body", "1s", "--min-body-rate", "off"]);
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 30\r\n\r\n");
    for _ in 0..30 {
        connection.send("x");
        std::thread::sleep(Duration::from_millis(60));
    }
    assert_eq!(connection.response().text(), "x".repeat(30));
}

/// The client is not late while it waits for an application that does not read.
fn a_body_nobody_asks_for_is_not_late(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            await new Promise((resolve) => setTimeout(resolve, 1500));
            return new Response(await request.text());
        };
    ",
    )
    .options(["--timeout-body", "500ms"])
    .start();
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n");
    assert_eq!(connection.head().status, 100);
    connection.send("late");
    assert_eq!(connection.response().text(), "late");
}

fn an_idle_connection_is_closed_without_a_word(engine: Engine) {
    let server = reader(engine, ["--timeout-keep-alive", "500ms"]);
    let mut connection = server.connect();
    connection.expect_open();
    connection.expect_open();
    connection.expect_closed();
}

fn a_client_that_takes_nothing_is_reset(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => new Response(new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(65536)),
            cancel: () => console.log('given up'),
        }));
    ",
    )
    .options(["--timeout-write", "1s"])
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.head().status, 200);
    server.wait_for_output("given up");
    connection.rest_until_closed();
}

/// As long as the client takes something, it may take its time.
fn a_client_that_reads_slowly_is_served(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default () => new Response('x'.repeat(30_000_000));",
    )
    .options(["--timeout-write", "1s"])
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.head().content_length(), Some(30_000_000));
    for _ in 0..30 {
        assert_eq!(connection.take(1_000_000).len(), 1_000_000);
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn a_handler_that_takes_too_long(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => new Promise((resolve) => {
            if (request.url.endsWith('/quick')) resolve(new Response('hi'));
            request.signal.onabort = () => console.log('gave up');
        });
    ",
    )
    .options(["--timeout-handler", "500ms"])
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/quick"));
    assert_eq!(connection.response().text(), "hi");
    connection.send(request("GET", "/never"));
    assert_eq!(connection.response().status, 503);
    server.wait_for_output("gave up");
    assert_eq!(server.get("/quick").text(), "hi");
}

fn a_request_can_have_a_deadline_of_its_own(engine: Engine) {
    let server = Launch::serve(engine, "
        export default {
            async fetch(request: Request, server: Howth.RequestServer) {
                if (request.url.endsWith('/short')) server.timeout(request, 1);
                else server.timeout(request, 0);
                await new Promise((resolve) => setTimeout(resolve, request.url.endsWith('/short') ? 20_000 : 2000));
                return new Response('patience');
            },
        };
    ").options(["--timeout-handler", "1s"]).start();
    let mut unlimited = server.connect();
    unlimited.send(request("GET", "/unlimited"));
    let mut short = server.connect();
    short.send(request("GET", "/short"));
    assert_eq!(unlimited.response().text(), "patience");
    assert_eq!(short.response().status, 503);
}
