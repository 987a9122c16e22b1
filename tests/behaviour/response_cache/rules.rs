//! What is not kept, what goes past, and what a program may not say.

use super::{BYPASS, HIT, MISS, STORED, ask, calls, counted, expect, serve, serve_with};
use crate::support::{Engine, Launch, request};

on_both_engines![
    what_forbids_it_is_not_kept,
    requests_of_one_client_go_past,
    cookies_are_no_bar_where_responses_vary_by_them,
    the_bound_is_kept,
    what_is_said_wrongly_is_named,
    other_targets_and_errors_stay_as_they_are,
];

fn what_forbids_it_is_not_kept(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/:kind": cache((request) => {
            const { kind } = request.params;
            const number = called(kind);
            const fields: Record<string, HeadersInit> = {
                cookie: { "set-cookie": "a=b" },
                store: { "cache-control": "no-store" },
                private: { "Cache-Control": "private, max-age=60" },
                nocache: { "cache-control": "no-cache" },
                star: { vary: "accept, *" },
            };
            return new Response(`${kind} ${number}`, { headers: fields[kind], status: Number(kind) || 200 });
        }, { ttl: 60 }),
    "#,
    );
    let mut connection = server.connect();
    for kind in [
        "cookie", "store", "private", "nocache", "star", "302", "400", "201",
    ] {
        for number in 1..4 {
            let response = ask(&mut connection, &format!("/{kind}"), "");
            expect(&response, MISS, &format!("{kind} {number}"));
        }
    }
    for kind in ["203", "301", "308", "404", "410"] {
        let first = ask(&mut connection, &format!("/{kind}"), "");
        expect(&first, STORED, &format!("{kind} 1"));
        let again = ask(&mut connection, &format!("/{kind}"), "");
        assert_eq!(again.status.to_string(), kind);
        expect(&again, HIT, &format!("{kind} 1"));
    }
}

fn requests_of_one_client_go_past(engine: Engine) {
    let server = serve(
        engine,
        r#""/a": cache((request) => new Response(`${request.method} ${called("a")}`), { ttl: 60 })"#,
    );
    let mut connection = server.connect();
    expect(&ask(&mut connection, "/a", ""), STORED, "GET 1");
    let own = ["authorization: Basic YTpi\r\n", "cookie: a=b\r\n"];
    for (number, fields) in own.iter().enumerate() {
        let body = format!("GET {}", number + 2);
        expect(&ask(&mut connection, "/a", fields), BYPASS, &body);
    }
    connection.send("GET /a HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nab");
    expect(&connection.response(), BYPASS, "GET 4");
    connection.send(request("PUT", "/a"));
    expect(&connection.response(), "howth; fwd=method", "PUT 5");
    expect(&ask(&mut connection, "/a", ""), HIT, "GET 1");
}

fn cookies_are_no_bar_where_responses_vary_by_them(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache((request) => new Response(request.headers.get("cookie")), { ttl: 60, vary: ["cookie"] }),
    "#,
    );
    let mut connection = server.connect();
    for (cookie, status) in [("a=1", STORED), ("a=2", STORED), ("a=1", HIT), ("a=2", HIT)] {
        let fields = format!("cookie: {cookie}\r\n");
        expect(&ask(&mut connection, "/a", &fields), status, cookie);
    }
}

fn the_bound_is_kept(engine: Engine) {
    const BOUND: u64 = 1 << 20;
    let server = serve_with(
        engine,
        &["--cores", "1", "--cache-bytes", "1M"],
        r#"
        "/a": cache((request) => new Response(request.url.repeat(100)), { ttl: 60 }),
        "/stream": cache((request) => new Response(new Blob(["a".repeat(20_000)]).stream()), { ttl: 60 }),
    "#,
    );
    assert_eq!(counted(&server, "maxBytes"), BOUND);
    let mut connection = server.connect();
    for hundred in 0..20 {
        let requests: String = (0..100)
            .map(|number| request("GET", &format!("/a?{hundred}-{number}")))
            .collect();
        connection.send(requests);
        for number in 0..100 {
            let expected = format!("http://test/a?{hundred}-{number}").repeat(100);
            assert_eq!(connection.response().text(), expected);
        }
        ask(&mut connection, &format!("/stream?{hundred}"), "");
        assert!(counted(&server, "bytes") <= BOUND);
    }
    assert!(counted(&server, "bytes") > BOUND / 2 && counted(&server, "entries") > 50);
}

fn what_is_said_wrongly_is_named(engine: Engine) {
    for (said, complaint) in [
        ("cache()", "the handler must be a function"),
        ("cache(() => new Response())", "takes a handler and options"),
        ("cache(() => new Response(), {})", "ttl must be"),
        ("cache(() => new Response(), { ttl: 0 })", "ttl must be"),
        ("cache(() => new Response(), { ttl: '1' })", "ttl must be"),
        (
            "cache(() => new Response(), { ttl: 1, vary: 'accept' })",
            "vary must be an array of texts",
        ),
        (
            "cache(() => new Response(), { ttl: 1, vary: ['a b'] })",
            "vary: \"a b\" is not the name of a field",
        ),
        (
            "cache(() => new Response(), { ttl: 1, query: false })",
            "query must be true or an array of names",
        ),
        (
            "cache(() => new Response(), { ttl: 1, tags: ['a,b'] })",
            "the tag \"a,b\"",
        ),
        (
            "cache(() => new Response(), { ttl: 1, maxBytes: 1e9 })",
            "--cache-bytes",
        ),
        (
            "cache(() => new Response(), { ttl: 1, staleIfError: -1 })",
            "staleIfError must be a number of seconds",
        ),
    ] {
        let source = format!("const {{ cache }} = Howth; export default {{ routes: {{ '/': {said} }} }};");
        let finished = Launch::serve(engine, &source).finish();
        assert!(finished.code != Some(0), "{said}");
        assert!(
            finished.stderr.contains("Howth.cache: ") || finished.stderr.contains("Howth.cache takes"),
            "{said}: {}",
            finished.stderr
        );
        assert!(finished.stderr.contains(complaint), "{said}: {}", finished.stderr);
    }
    let refused = Launch::serve(engine, "export default () => new Response();")
        .options(["--cache-bytes", "1000"])
        .finish();
    assert!(refused.complaint().contains("give at least 1M"));
}

fn other_targets_and_errors_stay_as_they_are(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/fixed": new Response("fixed"),
        "/plain": () => new Response(String(called("plain"))),
        "/throws": cache(() => { called("throws"); throw new Error("on purpose"); }, { ttl: 60 }),
    "#,
    );
    let mut connection = server.connect();
    for (path, body) in [("/fixed", "fixed"), ("/plain", "1"), ("/plain", "2")] {
        let response = ask(&mut connection, path, "");
        assert_eq!((response.field("cache-status"), response.text()), (None, body));
    }
    for _ in 0..2 {
        let response = ask(&mut connection, "/throws", "");
        assert_eq!(response.status, 500);
        assert_eq!(response.field("cache-status"), Some(MISS));
    }
    assert_eq!(calls(&server, "throws"), 2);
}
