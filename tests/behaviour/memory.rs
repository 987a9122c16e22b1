//! Heaps: a core that runs out of memory is that core's problem.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::{Connection, Engine, Launch, eventually, request};

on_both_engines![
    a_core_that_reaches_its_heap_limit_leaves_the_others_alone,
    requests_leave_nothing_behind,
];

fn a_core_that_reaches_its_heap_limit_leaves_the_others_alone(engine: Engine) {
    let mut server = Launch::serve(engine, "
        const core = crypto.randomUUID();
        const hoard: unknown[] = [];
        export default (request: Request) => {
            if (request.url.endsWith('/hoard')) for (;;) hoard.push(new Array(1000).fill({ a: hoard.length }));
            return new Response(core);
        };
    ").options(["--cores", "2", "--max-heap", "64M"]).start();
    let mut cores: HashMap<String, Connection> = HashMap::new();
    eventually("a connection to each core", || {
        let mut connection = server.connect();
        connection.send(request("GET", "/"));
        let core = connection.response().text().to_owned();
        cores.insert(core, connection);
        cores.len() == 2
    });
    let mut connections = cores.into_values();
    let (mut doomed, mut other) = (
        connections.next().expect("a core"),
        connections.next().expect("a core"),
    );
    doomed.send(request("GET", "/hoard"));
    assert_eq!(doomed.response().status, 503);
    other.expect_open();
    assert!(server.is_running());
    server.wait_for_output("heap");
    // The connection is the new core's.
    doomed.expect_open();
    // Who waited in the queue of the core that ended may be turned away. Then everybody is served, whichever
    // core the kernel picks.
    eventually("fifty connections that are served", || {
        let all = || (0..50).all(|_| server.get("/").status == 200);
        catch_unwind(AssertUnwindSafe(all)).unwrap_or(false)
    });
    other.expect_open();
}

fn requests_leave_nothing_behind(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            const text = await request.text();
            return Response.json({ headers: [...request.headers], text });
        };
    ",
    )
    .options(["--max-heap", "128M"])
    .start();
    let bytes = format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10000\r\n\r\n{}",
        "x".repeat(10_000)
    );
    let serve = |times: usize| {
        let mut connection = server.connect();
        for _ in 0..times {
            connection.send(&bytes);
            assert_eq!(connection.response().status, 200);
        }
    };
    for _ in 0..10 {
        serve(500);
    }
    let warm = server.resident_bytes();
    for _ in 0..10 {
        serve(500);
    }
    let after = server.resident_bytes();
    assert!(after < warm + 32 * 1024 * 1024, "{warm} bytes became {after}");
}
