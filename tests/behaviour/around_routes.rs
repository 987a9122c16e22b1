//! What is around routes: fields, errors, and their order.

use crate::http2::client::Client;
use crate::support::{Engine, Launch, Response, Server};

on_both_engines![
    fields_are_added_to_everything_that_answers,
    what_is_further_within_wins,
    fields_of_all_responses,
    wrong_fields_are_named_with_their_route,
    layers_reach_clients_of_http2,
    errors_answer_every_method,
    layers_in_the_routes_of_bun,
];

pub fn asked(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let mut connection = server.connect();
    connection.send(format!("{method} {path} HTTP/1.1\r\nhost: a\r\n{fields}\r\n"));
    connection.response_to(method)
}

pub fn serve(engine: Engine, routes: &str) -> Server {
    let source = format!(
        "export default {{ routes: {{ {routes} }}, fetch: (request: Request) => new Response('fetch ' + request.method) }};"
    );
    Launch::serve(engine, &source)
        .file("public/index.html", "<p>home")
        .start()
}

const TARGETS: &str = "
    '/ready': around(new Response('ready')),
    '/handler': around(() => new Response('handler')),
    '/later': around(async () => { await new Promise((resolve) => setTimeout(resolve, 5)); return new Response('later'); }),
    '/fail': around(() => { throw new Error('on purpose'); }),
    '/dir/*': around(Howth.dir('public')),
    '/next/*': around(Howth.dir('public', { next: true })),
    '/file': around(Howth.file('public/index.html')),
    '/moved': around(Howth.redirect('/new')),
    '/error': around(Howth.error(403)),
    '/methods/:id': around({ GET: new Response('get'), POST: () => new Response('post') }),
    '/twice': around(around(new Response('twice'))),
    '/limited': around(Howth.rateLimit({ rate: '1/h', key: 'route' }, new Response('once'))),
";

fn around(engine: Engine, layer: &str) -> Server {
    let source = format!(
        "
        const around = (target) => {layer};
        export default {{
            routes: {{ {TARGETS} '/plain': new Response('plain') }},
            fetch: () => new Response('fetch', {{ status: 404 }}),
        }};
        "
    );
    Launch::serve(engine, &source)
        .file("public/index.html", "<p>home")
        .start()
}

/// Each with a layer around it.
const ANSWERS: [(&str, &str, u16); 15] = [
    ("GET", "/ready", 200),
    ("HEAD", "/ready", 200),
    ("GET", "/handler", 200),
    ("GET", "/later", 200),
    ("GET", "/fail", 500),
    ("GET", "/dir/", 200),
    ("GET", "/dir/none", 404),
    ("POST", "/dir/", 405),
    ("GET", "/next/none", 404),
    ("HEAD", "/file", 200),
    ("GET", "/moved", 302),
    ("DELETE", "/error", 403),
    ("POST", "/methods/1", 200),
    ("GET", "/twice", 200),
    ("GET", "/limited", 200),
];

fn fields_are_added_to_everything_that_answers(engine: Engine) {
    let server = around(
        engine,
        "Howth.headers({ 'X-Frame-Options': 'DENY', 'content-type': null }, target)",
    );
    for (method, path, status) in ANSWERS.into_iter().chain([("GET", "/limited", 429)]) {
        let response = asked(&server, method, path, "");
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.all("x-frame-options"), ["DENY"], "{method} {path}");
        assert_eq!(response.field("content-type"), None, "{method} {path}");
    }
    assert_eq!(server.get("/plain").field("x-frame-options"), None);
    // What has no target has nothing around it.
    assert_eq!(
        asked(&server, "PUT", "/methods/1", "").field("x-frame-options"),
        None
    );
}

fn what_is_further_within_wins(engine: Engine) {
    let server = serve(
        engine,
        "
        '/*': Howth.headers({ a: 'outer', b: 'outer', c: 'outer', d: 'outer' }, {
            GET: Howth.headers({ a: 'inner', b: 'inner', d: null }, () => new Response('', { headers: { a: 'own', d: 'own' } })),
        }),
        '/ready': Howth.headers({ a: 'outer', b: 'outer', c: 'outer' },
            Howth.headers({ a: 'inner', b: 'inner' }, new Response('', { headers: { a: 'own' } }))),
        '/security': Howth.securityHeaders(() => new Response(), { 'X-Frame-Options': 'DENY', 'strict-transport-security': null }),
        ",
    );
    for path in ["/x", "/ready"] {
        let response = server.get(path);
        let found = ["a", "b", "c"].map(|name| response.all(name));
        assert_eq!(found, [["own"], ["inner"], ["outer"]], "{path}");
    }
    // The inner one leaves it out, the outer one then adds its own.
    assert_eq!(server.get("/x").all("d"), ["outer"]);
    let secured = server.get("/security");
    assert_eq!(secured.all("x-frame-options"), ["DENY"]);
    assert_eq!(secured.field("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        secured.field("referrer-policy"),
        Some("strict-origin-when-cross-origin")
    );
    assert_eq!(secured.field("strict-transport-security"), None);
}

fn fields_of_all_responses(engine: Engine) {
    let source = "
        export default {
            routes: { '/own': () => new Response('', { headers: { 'x-a': 'own' } }), '/none': Howth.headers({ 'x-a': null }, () => new Response()) },
            fetch: () => new Response('fetch'),
        };
    ";
    let options = [
        "--header",
        "x-a: all: of them",
        "--header",
        "X-B:2",
        "--redirect",
        "/old=/new",
    ];
    let server = Launch::serve(engine, source).options(options).start();
    for (path, a) in [
        ("/", "all: of them"),
        ("/own", "own"),
        ("/none", "all: of them"),
        ("/old", "all: of them"),
    ] {
        let response = server.get(path);
        assert_eq!(
            (response.all("x-a"), response.field("x-b")),
            (vec![a], Some("2")),
            "{path}"
        );
    }
    for wrong in ["x", "a b: c", "content-length: 1"] {
        let finished = Launch::serve(engine, source)
            .options(["--header", wrong])
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.complaint().contains("--header"),
            "{}",
            finished.complaint()
        );
    }
}

pub fn refused(engine: Engine, route: &str, complaint: &str) {
    let source = format!("export default {{ routes: {{ '/some/:path': {route} }} }};");
    let finished = Launch::serve(engine, &source).finish();
    assert_eq!(finished.code, Some(1), "{route}: {finished:?}");
    assert!(
        finished.stderr.contains(complaint),
        "{route}: {}",
        finished.stderr
    );
}

fn wrong_fields_are_named_with_their_route(engine: Engine) {
    for (layer, complaint) in [
        (
            "Howth.headers({ 'a b': '1' }, new Response())",
            "the route \"/some/:path\": Howth.headers: the field \"a b\": ",
        ),
        (
            "Howth.headers({ a: '1\\r\\nb: 2' }, () => new Response())",
            "the route \"/some/:path\": Howth.headers: the field \"a\": ",
        ),
        (
            "Howth.headers({ 'Content-Length': '1' }, new Response())",
            "is a field of the connection",
        ),
        (
            "Howth.headers({ a: 1 }, new Response())",
            "the value of \"a\" must be a text",
        ),
        (
            "Howth.headers({ a: '\u{20ac}' }, new Response())",
            "the value of \"a\" must be a text",
        ),
        ("Howth.headers({})", "Howth.headers needs a target"),
        ("Howth.headers({}, 1)", "the route \"/some/:path\" must have"),
        (
            "Howth.headers({}, { GET: { GET: () => 1 } })",
            "under the route \"/some/:path\", GET must be",
        ),
        (
            "Howth.headers({}, { GET: Howth.headers({}, { GET: () => 1 }) })",
            "the route \"/some/:path\" must have",
        ),
    ] {
        refused(engine, layer, complaint);
    }
}

fn layers_reach_clients_of_http2(engine: Engine) {
    let server = around(
        engine,
        "Howth.headers({ 'X-Frame-Options': 'DENY' }, Howth.cors({ origin: 'reflect' }, target))",
    );
    let client = Client::connect(&server);
    for (method, path, status) in ANSWERS.into_iter().chain([("GET", "/limited", 429)]) {
        let answer = client.request(method, path, &[("origin", "https://a.com")], "");
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.field("x-frame-options"), "DENY", "{method} {path}");
        assert_eq!(
            answer.field("access-control-allow-origin"),
            "https://a.com",
            "{method} {path}"
        );
    }
}

fn errors_answer_every_method(engine: Engine) {
    let server = serve(
        engine,
        "
        '/gone/*': Howth.error(410),
        '/why': Howth.error(503, 'back at noon'),
        '/what': Howth.error(422, { field: 'name' }),
        '/odd': Howth.error(499),
        '/get': { GET: Howth.error(404) },
        '/in': () => Howth.error(401),
        ",
    );
    for (method, path, status, text) in [
        ("GET", "/gone/x", 410, r#"{"detail":"Gone"}"#),
        ("POST", "/gone/x", 410, r#"{"detail":"Gone"}"#),
        ("PROPFIND", "/gone/x", 410, r#"{"detail":"Gone"}"#),
        ("HEAD", "/gone/x", 410, ""),
        ("GET", "/why", 503, r#"{"detail":"back at noon"}"#),
        ("GET", "/what", 422, r#"{"detail":{"field":"name"}}"#),
        ("GET", "/odd", 499, r#"{"detail":"Error"}"#),
        ("GET", "/get", 404, r#"{"detail":"Not Found"}"#),
        ("POST", "/get", 200, "fetch POST"),
        ("GET", "/in", 401, r#"{"detail":"Unauthorized"}"#),
    ] {
        let response = asked(&server, method, path, "");
        assert_eq!(
            (response.status, response.text()),
            (status, text),
            "{method} {path}"
        );
        if status >= 400 {
            assert_eq!(response.field("content-type"), Some("application/json"), "{path}");
        }
    }
    refused(
        engine,
        "Howth.error(200)",
        "the status must be a number from 400 to 599",
    );
}

fn layers_in_the_routes_of_bun(engine: Engine) {
    let source = "
        Bun.serve({
            port: 0,
            hostname: '127.0.0.1',
            routes: {
                '/server': Howth.headers({ a: '1' }, (request, server) => new Response(typeof server.reload)),
                '/methods': Howth.headers({ a: '1' }, { GET: (request, server) => new Response(typeof server.reload) }),
                '/dir/*': Howth.headers({ a: '1' }, Howth.dir('public')),
                '/false': Howth.headers({ a: '1' }, false),
                '/moved': Howth.redirect('/server'),
            },
            fetch: () => new Response('fetch'),
        });
    ";
    let server = Launch::run(engine, source).file("public/a.txt", "file").start();
    for (path, text) in [
        ("/server", "function"),
        ("/methods", "function"),
        ("/dir/a.txt", "file"),
        ("/false", "fetch"),
    ] {
        let response = server.get(path);
        assert_eq!(
            (response.text(), response.field("a")),
            (text, Some("1")),
            "{path}"
        );
    }
    assert_eq!(server.get("/moved").field("location"), Some("/server"));
}
