//! What is kept is given again: to whom, and with what head.

use std::io::Read;

use super::{HIT, MISS, STORED, ask, calls, counted, expect, get, serve, serve_with};
use crate::http2::client::Client;
use crate::support::{Engine, eventually};

on_both_engines![
    a_response_is_made_once,
    http2_is_given_the_same,
    a_head_is_answered_from_a_get,
    fields_and_queries_keep_responses_apart,
    responses_say_what_they_vary_by,
    conditions_are_answered,
    streams_are_kept_up_to_a_bound,
    what_is_kept_is_compressed_for_each_client,
    an_entry_ends,
    hosts_are_kept_apart,
    a_host_that_the_target_overrules_is_nobody_elses,
];

fn a_response_is_made_once(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache(() => {
            const headers = { "x-own": "y", "content-type": "text/html", "cache-tag": "a, b", connection: "keep-alive" };
            return new Response(`call ${called("a")}`, { status: 404, statusText: "Nowhere", headers });
        }, { ttl: 60 }),
        "/:name/of": { GET: cache((request) => Response.json([request.params.name, called("of")]), { ttl: 60 }) },
    "#,
    );
    let mut connection = server.connect();
    let first = ask(&mut connection, "/a", "");
    expect(&first, STORED, "call 1");
    for _ in 0..3 {
        let again = ask(&mut connection, "/a", "");
        expect(&again, HIT, "call 1");
        assert_eq!((again.status, again.reason.as_str()), (404, "Nowhere"));
        let age = again.field("age").expect("an age");
        assert!(age.parse::<u64>().is_ok(), "{age}");
        for name in ["x-own", "content-type", "content-length"] {
            assert_eq!(again.field(name), first.field(name), "{name}");
        }
        assert_eq!(again.field("cache-tag"), None);
    }
    assert_eq!((first.field("age"), first.field("cache-tag")), (None, None));
    assert_eq!(calls(&server, "a"), 1);
    expect(&ask(&mut connection, "/one/of", ""), STORED, r#"["one",1]"#);
    expect(&ask(&mut connection, "/two/of", ""), STORED, r#"["two",2]"#);
    expect(&ask(&mut connection, "/one/of", ""), HIT, r#"["one",1]"#);
    // Requests of one connection keep their order, whoever answers them.
    connection.send([get("/calls", ""), get("/a", ""), get("/calls", "")].concat());
    assert!(connection.response().field("cache-status").is_none());
    expect(&connection.response(), HIT, "call 1");
    assert!(connection.response().field("cache-status").is_none());
    assert_eq!(counted(&server, "entries"), 3);
    assert!(counted(&server, "bytes") > 0 && counted(&server, "hits") == 5);
    assert_eq!(counted(&server, "misses"), 3);
}

fn http2_is_given_the_same(engine: Engine) {
    let server = serve(
        engine,
        r#""/a": cache(() => new Response(`call ${called("a")}`), { ttl: 60 })"#,
    );
    let client = Client::connect(&server);
    for status in [STORED, HIT, HIT] {
        let answer = client.request("GET", "/a", &[], "");
        assert_eq!((answer.field("cache-status"), answer.text()), (status, "call 1"));
    }
    let head = client.request("HEAD", "/a", &[], "");
    assert_eq!((head.field("content-length"), head.text()), ("6", ""));
    assert_eq!(head.field("cache-status"), HIT);
    assert_eq!(calls(&server, "a"), 1);
}

fn a_head_is_answered_from_a_get(engine: Engine) {
    let server = serve(
        engine,
        r#""/a": cache(({ method }) => new Response(`${method} ${called("a")}`), { ttl: 60 })"#,
    );
    let mut connection = server.connect();
    let head = |connection: &mut crate::support::Connection| {
        connection.send(get("/a", "").replacen("GET", "HEAD", 1));
        connection.response_to("HEAD")
    };
    // One that comes first has no content to keep.
    let first = head(&mut connection);
    assert_eq!(first.field("cache-status"), Some(MISS));
    expect(&ask(&mut connection, "/a", ""), STORED, "GET 2");
    let again = head(&mut connection);
    assert_eq!(again.field("cache-status"), Some(HIT));
    assert_eq!(again.content_length(), Some(5));
    expect(&ask(&mut connection, "/a", "range: bytes=0-1\r\n"), HIT, "GET 2");
}

fn fields_and_queries_keep_responses_apart(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache((request) => {
            const { searchParams } = new URL(request.url);
            const language = request.headers.get("accept-language");
            return new Response(`${searchParams.get("page")} ${language} ${called("a")}`);
        }, { ttl: 60, vary: ["Accept-Language"], query: ["page"] }),
        "/all": cache((request) => new Response(new URL(request.url).search), { ttl: 60 }),
        "/none": cache((request) => new Response(String(called("none"))), { ttl: 60, query: [] }),
    "#,
    );
    let mut connection = server.connect();
    let german = "accept-language: de\r\n";
    for (path, fields, status, body) in [
        ("/a?page=1", german, STORED, "1 de 1"),
        ("/a?utm=x&page=1", german, HIT, "1 de 1"),
        ("/a?pa%67e=1", german, HIT, "1 de 1"),
        ("/a?page=2", german, STORED, "2 de 2"),
        ("/a?page=1", "accept-language: fr\r\n", STORED, "1 fr 3"),
        ("/a?page=1", "", STORED, "1 null 4"),
        ("/a?page=1", "Accept-Language:  de \r\nx: y\r\n", HIT, "1 de 1"),
        ("/all?a=1&b=2", "", STORED, "?a=1&b=2"),
        ("/all?b=2&a=1", "", STORED, "?b=2&a=1"),
        ("/all?a=1&b=2", "", HIT, "?a=1&b=2"),
        ("/none?a", "", STORED, "1"),
        ("/none?b", "", HIT, "1"),
    ] {
        expect(&ask(&mut connection, path, fields), status, body);
    }
}

fn responses_say_what_they_vary_by(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache((request) => {
            const accepted = request.headers.get("accept");
            return new Response(`${accepted} ${called("a")}`, { headers: { vary: "Accept" } });
        }, { ttl: 60 }),
    "#,
    );
    let mut connection = server.connect();
    for (accepted, status, body) in [
        ("a", STORED, "a 1"),
        ("b", STORED, "b 2"),
        ("a", HIT, "a 1"),
        ("b", HIT, "b 2"),
    ] {
        let fields = format!("accept: {accepted}\r\n");
        expect(&ask(&mut connection, "/a", &fields), status, body);
    }
}

fn conditions_are_answered(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache((request) => {
            const headers = { etag: '"one"', "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT", "content-type": "text/css" };
            return new Response(`call ${called("a")}`, { headers });
        }, { ttl: 60 }),
    "#,
    );
    let mut connection = server.connect();
    // The first is answered by what the handler has made for others as well.
    for status in [STORED, HIT] {
        for condition in [
            "if-none-match: W/\"one\"\r\n",
            "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        ] {
            let response = ask(&mut connection, "/a", condition);
            assert_eq!(response.status, 304, "{response:?}");
            assert_eq!(response.field("etag"), Some("\"one\""));
            assert_eq!((response.field("content-type"), response.text()), (None, ""));
            let expected = [STORED, HIT].contains(&response.field("cache-status").expect("a status"));
            assert!(expected, "{status}: {response:?}");
        }
    }
    for condition in [
        "if-none-match: \"two\"\r\n",
        "if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT\r\n",
        "if-match: \"one\"\r\n",
    ] {
        expect(&ask(&mut connection, "/a", condition), HIT, "call 1");
    }
    let failed = ask(&mut connection, "/a", "if-match: \"two\"\r\n");
    assert_eq!(failed.status, 412);
}

fn streams_are_kept_up_to_a_bound(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/:count": cache(async (request) => {
            const count = Number(request.params.count);
            async function* parts() {
                for (let number = 0; number < count; number++) yield new Uint8Array(1000).fill(97 + number % 26);
                called(request.params.count);
            }
            return new Response(ReadableStream.from(parts()));
        }, { ttl: 60, maxBytes: 20_000 }),
        "/known/:count": cache((request) => {
            const content = "a".repeat(Number(request.params.count) * 1000);
            called("known");
            return new Response(content);
        }, { ttl: 60, maxBytes: 20_000 }),
    "#,
    );
    let content = |count: usize| -> String {
        let part = |number: usize| ((b'a' + (number % 26) as u8) as char).to_string().repeat(1000);
        (0..count).map(part).collect()
    };
    let mut connection = server.connect();
    // Whether it is kept is known when its head is out.
    for (count, statuses) in [(3, [MISS, HIT]), (0, [MISS, HIT]), (40, [MISS, MISS])] {
        for status in statuses {
            let response = ask(&mut connection, &format!("/{count}"), "");
            assert_eq!(response.field("cache-status"), Some(status), "{count}");
            assert_eq!(response.text(), content(count));
            assert_eq!(response.is_chunked, status == MISS, "{count}");
        }
    }
    assert_eq!((calls(&server, "3"), calls(&server, "40")), (1, 2));
    for (path, statuses) in [("/known/10", [STORED, HIT]), ("/known/30", [MISS, MISS])] {
        for status in statuses {
            let response = ask(&mut connection, path, "");
            assert_eq!(response.field("cache-status"), Some(status), "{path}");
        }
    }
    assert_eq!(calls(&server, "known"), 3);
}

fn what_is_kept_is_compressed_for_each_client(engine: Engine) {
    let server = serve_with(
        engine,
        &["--cores", "2", "--compress"],
        r#"
        "/a": cache(() => new Response("some text, again and again. ".repeat(200), { headers: { etag: '"a"' } }), { ttl: 60 }),
        "/stream": cache(() => new Response(new Blob(["some text, again and again. ".repeat(200)]).stream(), {
            headers: { "content-type": "text/plain" },
        }), { ttl: 60 }),
    "#,
    );
    let content = "some text, again and again. ".repeat(200);
    for path in ["/a", "/stream"] {
        let mut hits = 0;
        eventually("hits in each coding", || {
            let mut connection = server.connect();
            let plain = ask(&mut connection, path, "");
            assert_eq!(
                (plain.field("content-encoding"), plain.text()),
                (None, content.as_str())
            );
            let encoded = ask(&mut connection, path, "accept-encoding: gzip\r\n");
            assert_eq!(encoded.field("content-encoding"), Some("gzip"));
            let mut decoded = String::new();
            let mut decoder = flate2::read::GzDecoder::new(encoded.body.as_slice());
            decoder.read_to_string(&mut decoded).expect("gzip");
            assert_eq!(decoded, content);
            hits += usize::from(encoded.field("cache-status") == Some(HIT));
            hits > 3
        });
    }
    let mut connection = server.connect();
    let fields = "accept-encoding: gzip\r\nif-none-match: W/\"a\"\r\n";
    assert_eq!(ask(&mut connection, "/a", fields).status, 304);
    // What one core has kept, the other gives.
    assert_eq!(counted(&server, "entries"), 2);
}

fn an_entry_ends(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/short": cache(() => new Response(String(called("short"))), { ttl: 0.05 }),
        "/own": cache(() => new Response(String(called("own")), { headers: { "cache-control": "max-age=60" } }), { ttl: "response" }),
        "/silent": cache(() => new Response(String(called("silent"))), { ttl: "response" }),
    "#,
    );
    let mut connection = server.connect();
    expect(&ask(&mut connection, "/short", ""), STORED, "1");
    eventually("another response", || {
        let response = ask(&mut connection, "/short", "");
        response.field("cache-status") == Some(STORED) && response.text() != "1"
    });
    expect(&ask(&mut connection, "/own", ""), STORED, "1");
    expect(&ask(&mut connection, "/own", ""), HIT, "1");
    expect(&ask(&mut connection, "/silent", ""), MISS, "1");
    expect(&ask(&mut connection, "/silent", ""), MISS, "2");
}

fn hosts_are_kept_apart(engine: Engine) {
    let server = serve(
        engine,
        r#""/a": cache((request) => new Response(new URL(request.url).host), { ttl: 60 })"#,
    );
    let mut connection = server.connect();
    for (host, status) in [("one", STORED), ("two", STORED), ("ONE", HIT), ("two", HIT)] {
        connection.send(format!("GET /a HTTP/1.1\r\nhost: {host}\r\n\r\n"));
        expect(&connection.response(), status, &host.to_lowercase());
    }
}

/// A handler may read the field, which is in no key where the target says something else.
fn a_host_that_the_target_overrules_is_nobody_elses(engine: Engine) {
    let server = serve(
        engine,
        r#""/a": cache((request) => new Response(request.headers.get("host")), { ttl: 60 })"#,
    );
    let mut connection = server.connect();
    for (target, host) in [("http://one/a", "evil"), ("/a", "one:80")] {
        connection.send(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n"));
        let response = connection.response();
        assert_eq!((response.text(), response.field("age")), (host, None));
    }
    connection.send("GET /a HTTP/1.1\r\nhost: one\r\n\r\n");
    expect(&connection.response(), STORED, "one");
}
