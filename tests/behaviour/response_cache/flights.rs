//! One call of a handler for many that wait, and what becomes of them where it comes to nothing.

use std::collections::HashMap;

use super::{COLLAPSED, HIT, MISS, STORED, ask, calls, counted, expect, get, serve, serve_with};
use crate::http2::client::Client;
use crate::support::{Connection, Engine, Server, eventually};

on_both_engines![
    one_call_answers_many,
    streams_of_http2_wait_for_one_as_well,
    who_waits_for_a_client_that_leaves_is_not_lost,
    who_waits_and_leaves_costs_nothing,
    who_waits_for_what_is_not_kept_is_answered_by_itself,
    who_waits_for_a_failure_is_answered_by_itself,
    who_waits_for_another_variant_is_answered_by_itself,
    a_stream_is_waited_for,
    nobody_waits_for_longer_than_it_may,
    each_core_calls_once,
    what_another_core_answers_is_kept,
];

const MANY: usize = 50;

/// Sends the same on so many connections, and waits until all but one wait for one response.
fn send_many(server: &Server, path: &str, count: usize) -> Vec<Connection> {
    let before = counted(server, "waited");
    let mut connections: Vec<Connection> = (0..count).map(|_| server.connect()).collect();
    for connection in &mut connections {
        connection.send(get(path, ""));
    }
    eventually("requests that wait", || {
        counted(server, "waited") == before + count as u64 - 1
    });
    connections
}

/// Sends a request that is given to the handler, and others that wait for its response.
fn lead(server: &Server, path: &str, others: usize) -> (Connection, Vec<Connection>) {
    let mut first = server.connect();
    first.send(get(path, ""));
    eventually("the first call", || calls(server, "held") == 1);
    let mut others: Vec<Connection> = (0..others).map(|_| server.connect()).collect();
    for other in &mut others {
        other.send(get(path, ""));
    }
    eventually("requests that wait", || {
        counted(server, "waited") == others.len() as u64
    });
    (first, others)
}

/// How many of these responses came with which `Cache-Status`.
fn statuses(connections: &mut [Connection]) -> HashMap<String, usize> {
    let mut statuses = HashMap::new();
    for connection in connections {
        let response = connection.response();
        let status = response.field("cache-status").expect("a status").to_owned();
        *statuses.entry(status).or_insert(0) += 1;
    }
    statuses
}

const HELD: &str = r#"
    "/held": cache(async () => {
        const number = called("held");
        await released;
        return new Response(`call ${number}`);
    }, { ttl: 60 }),
"#;

fn one_call_answers_many(engine: Engine) {
    let server = serve(engine, HELD);
    let mut connections = send_many(&server, "/held", MANY);
    server.get("/release");
    let found = statuses(&mut connections);
    assert_eq!((found[STORED], found[COLLAPSED]), (1, MANY - 1));
    assert_eq!(calls(&server, "held"), 1);
    for connection in &mut connections {
        expect(&ask(connection, "/held", ""), HIT, "call 1");
    }
}

fn streams_of_http2_wait_for_one_as_well(engine: Engine) {
    let server = serve(engine, HELD);
    let client = Client::connect(&server);
    let pending: Vec<_> = (0..MANY).map(|_| client.begin("GET", "/held")).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            eventually("requests that wait", || {
                counted(&server, "waited") == MANY as u64 - 1
            });
            server.get("/release");
        });
        for pending in pending {
            assert_eq!(pending.answer().text(), "call 1");
        }
    });
    assert_eq!(calls(&server, "held"), 1);
}

fn who_waits_for_a_client_that_leaves_is_not_lost(engine: Engine) {
    let server = serve(engine, HELD);
    let (first, mut others) = lead(&server, "/held", 3);
    first.reset_on_close();
    drop(first);
    eventually("a second call", || calls(&server, "held") == 2);
    server.get("/release");
    let found = statuses(&mut others);
    assert_eq!((found[STORED], found[COLLAPSED]), (1, 2));
    assert_eq!(calls(&server, "held"), 2);
}

fn who_waits_and_leaves_costs_nothing(engine: Engine) {
    let server = serve(engine, HELD);
    let mut connections = send_many(&server, "/held", 10);
    // Whichever leads.
    for connection in connections.drain(1..) {
        connection.reset_on_close();
    }
    let mut first = connections.remove(0);
    let mut last = server.connect();
    last.send(get("/held", ""));
    eventually("another that waits", || counted(&server, "waited") == 10);
    server.get("/release");
    // The one that leads may be one of those that left.
    assert!(first.response().text().starts_with("call "));
    assert!(last.response().text().starts_with("call "));
    assert_eq!(ask(&mut first, "/held", "").field("cache-status"), Some(HIT));
}

fn who_waits_for_what_is_not_kept_is_answered_by_itself(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/held": cache(async () => {
            const number = called("held");
            if (number === 1) await released;
            return new Response(`call ${number}`, { headers: { "set-cookie": `a=${number}` } });
        }, { ttl: 60 }),
    "#,
    );
    let mut connections = send_many(&server, "/held", MANY);
    server.get("/release");
    let mut cookies = Vec::new();
    for connection in &mut connections {
        let response = connection.response();
        assert_eq!(response.field("cache-status"), Some(MISS));
        cookies.push(response.field("set-cookie").expect("a cookie").to_owned());
    }
    cookies.sort();
    cookies.dedup();
    assert_eq!(cookies.len(), MANY);
    // Those that come next do not wait for each other.
    expect(
        &ask(&mut connections[0], "/held", ""),
        MISS,
        &format!("call {}", MANY + 1),
    );
    assert_eq!(counted(&server, "waited"), MANY as u64 - 1);
}

fn who_waits_for_a_failure_is_answered_by_itself(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/held": cache(async () => {
            const number = called("held");
            if (number > 1) return new Response(`call ${number}`);
            await released;
            throw new Error("on purpose");
        }, { ttl: 60 }),
        "/broken": cache(() => {
            const number = called("broken");
            return new Response(new ReadableStream({
                async start(controller) {
                    controller.enqueue(new TextEncoder().encode(`call ${number}`));
                    if (number > 1) return controller.close();
                    await released;
                    controller.error(new Error("on purpose"));
                },
            }));
        }, { ttl: 60 }),
    "#,
    );
    let mut connections = send_many(&server, "/held", 5);
    server.get("/release");
    let found: Vec<u16> = connections
        .iter_mut()
        .map(|connection| connection.response().status)
        .collect();
    assert_eq!(
        found.iter().filter(|status| **status == 500).count(),
        1,
        "{found:?}"
    );
    assert_eq!(
        found.iter().filter(|status| **status == 200).count(),
        4,
        "{found:?}"
    );

    let mut first = server.connect();
    first.send(get("/broken", ""));
    assert_eq!(first.chunk_after_head(), b"call 1");
    let before = counted(&server, "waited");
    let mut second = server.connect();
    second.send(get("/broken", ""));
    eventually("one that waits", || counted(&server, "waited") == before + 1);
    server.get("/release");
    first.rest_until_closed();
    assert_eq!(second.response().text(), "call 2");
}

fn who_waits_for_another_variant_is_answered_by_itself(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/held": cache(async (request) => {
            if (called("held") === 1) await released;
            return new Response(request.headers.get("accept"), { headers: { vary: "accept" } });
        }, { ttl: 60 }),
    "#,
    );
    let accepted = ["a", "b", "a", "c"];
    let mut connections: Vec<Connection> = Vec::new();
    for accepted in accepted {
        let mut connection = server.connect();
        connection.send(get("/held", &format!("accept: {accepted}\r\n")));
        connections.push(connection);
        eventually("a call, or one that waits", || {
            calls(&server, "held") + counted(&server, "waited") == connections.len() as u64
        });
    }
    server.get("/release");
    for (connection, accepted) in connections.iter_mut().zip(accepted) {
        assert_eq!(connection.response().text(), accepted);
    }
    assert_eq!(calls(&server, "held"), 3);
}

fn a_stream_is_waited_for(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/held": cache(() => {
            called("held");
            return new Response(new ReadableStream({
                async start(controller) {
                    controller.enqueue(new Uint8Array(300_000).fill(97));
                    await released;
                    controller.enqueue(new Uint8Array(300_000).fill(98));
                    controller.close();
                },
            }));
        }, { ttl: 60 }),
    "#,
    );
    // The first reads nothing, and nobody waits for that.
    let (mut first, mut others) = lead(&server, "/held", 5);
    server.get("/release");
    let content = ["a".repeat(300_000), "b".repeat(300_000)].concat();
    for other in &mut others {
        let response = other.response();
        assert_eq!(response.field("cache-status"), Some(COLLAPSED));
        assert!(response.text() == content);
    }
    assert!(first.response().text() == content);
    assert_eq!(calls(&server, "held"), 1);
}

fn nobody_waits_for_longer_than_it_may(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/held": cache(async () => {
            const number = called("held");
            if (number === 1) await released;
            return new Response(`call ${number}`);
        }, { ttl: 60, maxWait: 0.1 }),
        "/events": cache(() => {
            const number = called("events");
            return new Response(new ReadableStream({
                start(controller) { controller.enqueue(new TextEncoder().encode(`data: ${number}\n\n`)); },
            }), { headers: { "content-type": "text/event-stream" } });
        }, { ttl: 60 }),
    "#,
    );
    let mut connections = send_many(&server, "/held", 3);
    // Nothing else happens on the core: a timer has to wake it.
    let mut answered = Vec::new();
    eventually("two that are answered", || {
        connections.retain_mut(|connection| match connection.is_readable() {
            true => {
                answered.push(connection.response().text().to_owned());
                false
            }
            false => true,
        });
        answered.len() == 2
    });
    answered.sort();
    assert_eq!(answered, ["call 2", "call 3"]);
    server.get("/release");
    assert_eq!(connections[0].response().text(), "call 1");
    // What never ends is waited for by nobody from the second time on.
    let mut first = server.connect();
    first.send(get("/events", ""));
    assert_eq!(first.chunk_after_head(), b"data: 1\n\n");
    let mut second = server.connect();
    second.send(get("/events", ""));
    assert_eq!(second.chunk_after_head(), b"data: 2\n\n");
}

fn each_core_calls_once(engine: Engine) {
    let server = serve_with(
        engine,
        &["--cores", "2", "--max-heap", "64M"],
        r#"
        "/held": cache(async () => {
            const { kv } = Howth;
            const number = kv.increment("calls");
            while (!kv.has("released")) await new Promise((resolve) => setTimeout(resolve, 5));
            return new Response(`call ${number}`);
        }, { ttl: 60 }),
        "/called": () => Response.json(Howth.kv.get("calls") ?? 0),
        "/go": () => { Howth.kv.set("released", true); return new Response(); },
    "#,
    );
    let mut connections: Vec<Connection> = (0..MANY).map(|_| server.connect()).collect();
    for connection in &mut connections {
        connection.send(get("/held", ""));
    }
    let called = || server.get("/called").json().as_u64().expect("a number");
    eventually("all of them", || {
        called() + counted(&server, "waited") == MANY as u64
    });
    assert!((1..3).contains(&called()));
    server.get("/go");
    for connection in &mut connections {
        assert!(connection.response().text().starts_with("call "));
    }
    assert!((1..3).contains(&called()));
    // What either has kept, both give.
    for _ in 0..10 {
        let mut connection = server.connect();
        assert_eq!(ask(&mut connection, "/held", "").field("cache-status"), Some(HIT));
    }
    assert!((1..3).contains(&called()));
}

/// A core that is busy gives its requests to the other; what that answers passes the first.
fn what_another_core_answers_is_kept(engine: Engine) {
    let server = serve_with(
        engine,
        &["--cores", "2", "--max-heap", "64M"],
        r#"
        "/busy": () => {
            const end = Date.now() + 300;
            while (Date.now() < end);
            return new Response();
        },
        "/core": () => Response.json(Howth.metrics().core),
        "/a/:name": cache((request) => new Response(`${request.params.name} ${Howth.metrics().core}`), { ttl: 60 }),
    "#,
    );
    let mut number = 0;
    eventually("a response of another core that is kept", || {
        number += 1;
        let mut connection = server.connect();
        let own = ask(&mut connection, "/core", "").text().to_owned();
        // Behind each other on one connection; the second is handed over while the first runs.
        connection.send([get("/busy", ""), get(&format!("/a/{number}"), "")].concat());
        connection.response();
        let response = connection.response();
        assert_eq!(response.field("cache-status"), Some(STORED));
        let again = ask(&mut connection, &format!("/a/{number}"), "");
        expect(&again, HIT, response.text());
        !response.text().ends_with(&own)
    });
}
