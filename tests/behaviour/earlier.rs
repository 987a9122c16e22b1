//! The examples of the howth there was before, word for word.

use crate::support::{Engine, Launch, request};

on_both_engines![
    serve_batch_takes_one_request,
    serve_batch_answers_with_whatever_it_takes,
    serve_batch_that_fails_costs_one_500,
    serve_batch_has_routes_and_sizes,
    serve_rust_only,
    native_serves_as_ever,
    local_serves_on_one_core,
    a_traced_run_splits_the_time,
];

const SERVE_BATCH: &str = r#"
Howth.serveBatch({ port: 3000, batchSize: 64 }, (req) => { return { status: 200, body: "Hi" }; })
"#;
const SERVE_RUST_ONLY: &str = r#"
Howth.serveRustOnly({ port: 3000, body: "Hi" });
"#;
const HELLO: &str = r#"
export default { port: 3000, fetch: () => new Response("Hi") };
"#;

/// `howth run OPTIONS server.ts`, on a free port, which the command line takes from the example's.
fn run(engine: Engine, source: &str, options: &[&str]) -> Launch {
    let launch = Launch::run_on_free_port(engine).file("server.ts", source);
    launch.options(options.iter().copied()).entry("server.ts")
}

fn serve_batch_takes_one_request(engine: Engine) {
    let server = run(engine, SERVE_BATCH, &[]).start();
    let mut connection = server.connect();
    connection.send(request("GET", "/").repeat(100));
    for _ in 0..100 {
        let response = connection.response();
        assert_eq!((response.status, response.text()), (200, "Hi"));
        assert_eq!(response.field("content-type"), Some("text/plain;charset=UTF-8"));
    }
}

fn serve_batch_answers_with_whatever_it_takes(engine: Engine) {
    let server = run(
        engine,
        "
        const answers = {
            '/text': () => ({ body: 'text' }),
            '/later': async (request) => { await null; return { status: 201, body: await request.text() }; },
            '/status': () => ({ status: 418, headers: { 'X-Kind': 'teapot' }, body: 'short' }),
            '/bytes': () => ({ headers: { 'content-type': 'application/x-bytes' }, body: new Uint8Array([104, 105]) }),
            '/empty': () => ({ status: 204, body: null }),
            '/buffer': () => ({ body: new Uint8Array([104, 105]).buffer }),
            '/response': () => new Response('response'),
            '/server': (_request, server, context) => ({ body: `${server.port > 0} ${typeof context.waitUntil}` }),
        };
        Howth.serveBatch({ port: 3000 }, (...given) => answers[new URL(given[0].url).pathname](...given));
        ",
        &[],
    )
    .start();
    for (path, status, text) in [
        ("/text", 200, "text"),
        ("/later", 201, ""),
        ("/status", 418, "short"),
        ("/bytes", 200, "hi"),
        ("/buffer", 200, "hi"),
        ("/empty", 204, ""),
        ("/response", 200, "response"),
        ("/server", 200, "true function"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.text()), (status, text), "{path}");
    }
    assert_eq!(server.get("/status").field("x-kind"), Some("teapot"));
}

fn serve_batch_that_fails_costs_one_500(engine: Engine) {
    let server = run(
        engine,
        "
        Howth.serveBatch({ port: 3000 }, (request) => {
            switch (new URL(request.url).pathname) {
                case '/throw': throw new Error('thrown');
                case '/reject': return Promise.reject(new Error('rejected'));
                case '/array': return [{ body: 'x' }];
                case '/nothing': return undefined;
                case '/status': return { status: 99 };
                case '/injected': return { headers: { a: 'b\\r\\nset-cookie: c' } };
                case '/late': return Promise.resolve(1);
                default: return { body: 'fine' };
            }
        });
        ",
        &[],
    )
    .start();
    let mut connection = server.connect();
    let paths = [
        "/throw",
        "/reject",
        "/array",
        "/nothing",
        "/status",
        "/injected",
        "/late",
    ];
    for path in paths {
        connection.send(request("GET", path) + &request("GET", "/"));
    }
    for path in paths {
        let response = connection.response();
        assert_eq!(
            (response.status, response.field("set-cookie")),
            (500, None),
            "{path}"
        );
        assert_eq!(connection.response().text(), "fine", "after {path}");
    }
}

fn serve_batch_has_routes_and_sizes(engine: Engine) {
    let server = run(
        engine,
        "
        for (const batchSize of [0, 1025, 1.5, '8']) {
            try { Howth.serveBatch({ batchSize }, () => ({})); } catch (error) { console.log(error.name, error.message); }
        }
        try { Howth.serveBatch(() => ({})); } catch (error) { console.log(error.name, error.message); }
        Howth.serveBatch({ port: 3000, batchSize: 1, routes: {
            '/fixed': new Response('fixed'),
            '/users/:id': ({ params }) => ({ body: params.id }),
        } }, () => ({ status: 404, body: 'none' }));
        ",
        &[],
    )
    .start();
    for size in ["0", "1025", "1.5", "8"] {
        server.wait_for_output(&format!("RangeError Howth.serveBatch: batchSize {size} "));
    }
    server.wait_for_output("TypeError Howth.serveBatch needs options and a handler");
    let mut connection = server.connect();
    connection.send(
        ["/fixed", "/users/7", "/other"]
            .map(|path| request("GET", path))
            .concat(),
    );
    for text in ["fixed", "7", "none"] {
        assert_eq!(connection.response().text(), text);
    }
}

fn serve_rust_only(engine: Engine) {
    let server = run(engine, SERVE_RUST_ONLY, &[]).start();
    let response = server.get("/any/path");
    assert_eq!((response.status, response.text()), (200, "Hi"));
}

fn native_serves_as_ever(engine: Engine) {
    let server = run(engine, SERVE_BATCH, &["--native"]).start();
    assert_eq!(server.get("/").text(), "Hi");
}

fn local_serves_on_one_core(engine: Engine) {
    let server = run(engine, HELLO, &["--local"]).start();
    assert_eq!(server.get("/").text(), "Hi");
    assert!(server.start_line().contains("1 core"), "{}", server.start_line());
}

#[test]
fn local_and_several_cores_exclude_each_other() {
    let launch = Launch::bare("run").options(["--local", "--cores", "2"]);
    let finished = launch.file("app.ts", "").finish();
    assert_eq!(finished.code, Some(2), "{finished:?}");
    let complaint = finished.complaint();
    assert!(
        complaint.contains("--local") && complaint.contains("--cores"),
        "{complaint}"
    );
}

/// `HOWTH_TRACE=1 howth run --native server.ts`
fn a_traced_run_splits_the_time(engine: Engine) {
    let server = run(engine, SERVE_BATCH, &["--native"])
        .environment("HOWTH_TRACE", "1")
        .start();
    assert_eq!(server.get("/").text(), "Hi");
    server.wait_for_output("of 1 requests each took: parsing ");
    for part in [" body ", " JavaScript ", " waiting ", " the whole "] {
        server.wait_for_output(part);
    }
}

#[cfg(feature = "uring")]
mod bench {
    use super::*;

    /// `howth bench http --duration 10 --connections 50`, for a shorter time.
    #[test]
    fn without_a_url_the_built_in_server_is_measured() {
        if Engine::io_uring().is_none() {
            return;
        }
        let launch = Launch::bare("bench").entry("").options(["http"]);
        let finished = launch
            .options(["--duration", "0.5", "--connections", "50"])
            .finish();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("50 connections"), "{finished:?}");
        assert!(finished.stderr.contains("built-in server"), "{finished:?}");
    }

    /// The example itself, but for its time: what is typed is taken.
    #[test]
    fn durations_without_a_unit_are_seconds() {
        let launch = Launch::bare("bench").entry("").options(["http"]);
        let finished = launch
            .options(["--duration", "10", "--connections", "50", "http://127.0.0.1:1/"])
            .finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.complaint().contains("cannot connect"), "{finished:?}");
    }
}
