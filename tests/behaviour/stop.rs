//! The end of a server that its own program brings about, or allows.

use crate::support::{Engine, Launch, Server, request};

on_both_engines![
    stop_waits_for_nobody_who_has_his_answer,
    stop_waits_for_the_last_byte,
    a_request_on_its_way_is_answered_while_the_server_stops,
    a_server_may_follow_a_server,
    an_unreferenced_server_answers_what_it_has_begun,
    an_unreferenced_server_finishes_its_streams,
    an_unreferenced_server_keeps_nothing_alive,
];

const STOPPING: &str = "
    const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/stop') {
            server.stop().then(() => console.log('stopped'));
            // Idle connections of a server that is told to end by a signal may stay for longer, and so may clients that
            // do not end theirs.
            setTimeout(() => console.log('a while'), 450);
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        if (pathname === '/stream') {
            let left = 3;
            return new Response(new ReadableStream({
                async pull(controller) {
                    await new Promise((resolve) => setTimeout(resolve, 50));
                    controller.enqueue(new TextEncoder().encode('part'));
                    if (--left === 0) { controller.close(); console.log('last part'); }
                },
            }));
        }
        return new Response('answered');
    });
";

/// Whether the one was printed before the other; both will be.
#[track_caller]
fn is_before(server: &Server, one: &str, other: &str) -> bool {
    server.wait_for_output(one);
    server.wait_for_output(other);
    let printed = server.stdout();
    printed.find(one) < printed.find(other)
}

fn stop_waits_for_nobody_who_has_his_answer(engine: Engine) {
    let mut server = Launch::run(engine, STOPPING).start();
    let (mut idle, mut asking, mut silent) = (server.connect(), server.connect(), server.connect());
    idle.expect_open();
    asking.send(request("GET", "/stop"));
    let response = asking.response();
    assert!(response.closes(), "{response:?}");
    assert!(
        is_before(&server, "stopped\n", "a while\n"),
        "{}",
        server.stdout()
    );
    idle.expect_closed();
    silent.expect_closed();
    // The one that has asked ends its connection when it likes.
    drop(asking);
    assert_eq!(server.wait().code(), Some(0));
}

fn stop_waits_for_the_last_byte(engine: Engine) {
    let mut server = Launch::run(engine, STOPPING).start();
    let mut stream = server.connect();
    stream.send(request("GET", "/stream"));
    stream.head();
    server.get("/stop");
    assert!(
        is_before(&server, "last part\n", "stopped\n"),
        "{}",
        server.stdout()
    );
    let rest = stream.rest();
    assert_eq!(rest.windows(4).filter(|part| part == b"part").count(), 3);
    assert_eq!(server.wait().code(), Some(0));
}

fn a_request_on_its_way_is_answered_while_the_server_stops(engine: Engine) {
    // The handler stops the server while its connections have requests that nobody has read.
    let server = Launch::run(
        engine,
        "
        import { existsSync } from 'node:fs';
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, (request) => {
            if (!request.url.endsWith('/stop')) return new Response('answered');
            console.log('computing');
            while (!existsSync('sent'));
            server.stop();
            return new Response('stopping');
        });
    ",
    )
    .start();
    let (mut kept, mut new) = (server.connect(), server.connect());
    kept.expect_open();
    let mut stopping = server.connect();
    stopping.send(request("GET", "/stop"));
    server.wait_for_output("computing\n");
    kept.send(request("GET", "/"));
    new.send(request("GET", "/"));
    std::fs::write(server.folder().join("sent"), "").expect("a file");
    assert_eq!(stopping.response().text(), "stopping");
    assert_eq!(kept.response().text(), "answered");
    assert_eq!(new.response().text(), "answered");
}

fn a_server_may_follow_a_server(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        for (let number = 0; number < 5; number++) {
            const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response(String(number)));
            console.log(await (await fetch(server.url)).text());
            await server.stop();
        }
    ",
    )
    .options(["--quiet"])
    .finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "0\n1\n2\n3\n4\n"),
        "{finished:?}"
    );
}

fn an_unreferenced_server_answers_what_it_has_begun(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, async () => {
            // From now on nothing but this request keeps the program alive.
            server.unref();
            await new Promise((resolve) => setTimeout(resolve, 100).unref());
            return new Response('answered');
        });
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "answered");
    assert_eq!(server.wait().code(), Some(0));
}

fn an_unreferenced_server_finishes_its_streams(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, async (request) => {
            server.unref();
            console.log('asked');
            await request.text();
            let left = 10;
            return new Response(new ReadableStream({
                async pull(controller) {
                    await new Promise((resolve) => setTimeout(resolve, 5).unref());
                    controller.enqueue(new Uint8Array(100_000));
                    if (--left === 0) controller.close();
                },
            }));
        });
    ",
    )
    .start();
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\na");
    server.wait_for_output("asked");
    client.send("b");
    assert_eq!(client.response().body.len(), 1_000_000);
    assert_eq!(server.wait().code(), Some(0));
}

fn an_unreferenced_server_keeps_nothing_alive(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('hi'));
        server.unref();
        console.log(await (await fetch(server.url)).text());
    ",
    )
    .options(["--quiet"])
    .finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "hi\n"),
        "{finished:?}"
    );
}
