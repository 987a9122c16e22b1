//! How a server ends: signals, drain, exit codes.

use std::time::Duration;

use crate::support::{Engine, Launch, Server, request};

/// Answers `/slow` after so many milliseconds.
fn slow(engine: Engine, milliseconds: u32, drain: &str) -> Server {
    let source = format!(
        "export default async (request: Request) => {{
            if (request.url.endsWith('/slow')) {{
                console.log('in flight');
                await new Promise((resolve) => setTimeout(resolve, {milliseconds}));
            }}
            return new Response('done');
        }};"
    );
    Launch::serve(engine, &source).options(["--drain", drain]).start()
}

on_both_engines![
    an_idle_server_ends_with_0,
    requests_in_flight_are_finished,
    a_stream_in_flight_is_finished,
    nobody_is_let_in_during_a_drain,
    a_drain_ends_at_its_deadline,
    a_drain_ends_an_endless_loop,
    a_second_signal_ends_at_once,
    work_after_the_response_is_waited_for,
    a_program_that_listens_for_another_signal_drains_as_well,
    a_program_that_listens_for_the_signal_says_when_it_is_done,
    what_a_listener_for_the_signal_does_is_waited_for,
    every_core_drains,
];

fn an_idle_server_ends_with_0(engine: Engine) {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let mut server = slow(engine, 0, "10s");
        let mut idle = server.connect();
        idle.expect_open();
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0));
        idle.expect_closed();
    }
}

fn requests_in_flight_are_finished(engine: Engine) {
    let mut server = slow(engine, 1500, "20s");
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    server.signal(libc::SIGTERM);
    let response = connection.response();
    assert_eq!((response.text(), response.closes()), ("done", true));
    connection.expect_closed();
    assert_eq!(server.wait().code(), Some(0));
}

fn a_stream_in_flight_is_finished(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        export default () => new Response(new ReadableStream({
            async start(controller) {
                for (let part = 0; part < 5; part++) {
                    controller.enqueue(new TextEncoder().encode(`${part}`));
                    await new Promise((resolve) => setTimeout(resolve, 200));
                }
                controller.close();
            },
        }));
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.chunk_after_head(), b"0");
    server.signal(libc::SIGTERM);
    for part in [b"1", b"2", b"3", b"4"] {
        assert_eq!(connection.chunk(), part);
    }
    assert_eq!(connection.chunk(), b"");
    assert_eq!(server.wait().code(), Some(0));
}

fn nobody_is_let_in_during_a_drain(engine: Engine) {
    let server = slow(engine, 5000, "20s");
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    let address = server.address();
    server.signal(libc::SIGTERM);
    crate::support::eventually("a refused connection", || {
        std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err()
    });
}

fn a_drain_ends_at_its_deadline(engine: Engine) {
    let mut server = slow(engine, 600_000, "500ms");
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    connection.rest_until_closed();
}

fn a_drain_ends_an_endless_loop(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "export default () => { console.log('in flight'); for (;;); };",
    )
    .options(["--drain", "200ms"])
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    server.wait_for_output("in flight");
    // It waits for the core, which must not run it either.
    let mut another = server.connect();
    another.send(request("GET", "/"));
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    another.rest_until_closed();
    assert_eq!(server.stdout().matches("in flight").count(), 1);
    server.wait_for_output("howth: core 0 still ran JavaScript after the drain; it was ended there");
    connection.rest_until_closed();
}

fn a_second_signal_ends_at_once(engine: Engine) {
    let mut server = slow(engine, 600_000, "10m");
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    server.signal(libc::SIGTERM);
    server.expect_refused();
    assert!(server.is_running(), "the drain was not waited for");
    server.signal(libc::SIGTERM);
    assert!(
        server.wait().code() != Some(0),
        "a drain that was broken off is no success"
    );
}

fn work_after_the_response_is_waited_for(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        export default (request: Request, server: unknown, context: Howth.Context) => {
            context.waitUntil(new Promise<void>((resolve) => setTimeout(() => {
                console.log('background work is done');
                resolve();
            }, 1000)));
            return new Response('hi');
        };
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("background work is done");
}

fn a_program_that_listens_for_another_signal_drains_as_well(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        let release = () => {};
        process.on('SIGUSR2', () => release());
        export default async () => {
            console.log('in flight');
            await new Promise<void>((resolve) => { release = resolve; });
            return new Response('done');
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    server.wait_for_output("in flight");
    server.signal(libc::SIGTERM);
    server.expect_refused();
    server.signal(libc::SIGUSR2);
    assert_eq!(connection.response().text(), "done");
    assert_eq!(server.wait().code(), Some(0));
}

fn a_program_that_listens_for_the_signal_says_when_it_is_done(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        process.on('SIGTERM', async () => {
            await new Promise((resolve) => setTimeout(resolve, 1500));
            console.log('the database is closed');
            process.exit(7);
        });
        export default () => new Response('hi');
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(7));
    server.wait_for_output("the database is closed");
}

/// As in Node, what the listener began is finished, whether it ends the process or not.
fn what_a_listener_for_the_signal_does_is_waited_for(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        process.once('SIGTERM', async () => {
            await new Promise((resolve) => setTimeout(resolve, 1500));
            console.log('the database is closed');
        });
        export default () => new Response('hi');
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("the database is closed");
}

fn every_core_drains(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        export default async () => {
            console.log('in flight');
            await new Promise((resolve) => setTimeout(resolve, 1500));
            return new Response('done');
        };
    ",
    )
    .options(["--cores", "2"])
    .start();
    let mut connections: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for connection in &mut connections {
        connection.send(request("GET", "/"));
    }
    crate::support::eventually("20 requests in flight", || {
        server.stdout().matches("in flight").count() == 20
    });
    server.signal(libc::SIGTERM);
    for connection in &mut connections {
        assert_eq!(connection.response().text(), "done");
    }
    assert_eq!(server.wait().code(), Some(0));
}
