//! What requests say: one reading of a path for routes, handlers and the health check, cookies, the address of copies.

use crate::support::{Engine, Launch, request};

on_both_engines![
    no_target_gets_past_a_route,
    routes_are_written_as_one_likes,
    the_health_check_is_found_by_its_url,
    cookies_of_several_lines_are_one_field,
    copies_of_a_request_have_its_address,
];

const GUARDED: &str = "
    export default {
        routes: {
            '/admin/*': () => new Response('guard', { status: 401 }),
            '/ready': new Response('ready', { status: 401 }),
            '/files/:name': ({ params }) => new Response(`file ${params.name}`),
        },
        fetch: (request) => new Response(`fetch ${new URL(request.url).pathname}`),
    };
";

fn no_target_gets_past_a_route(engine: Engine) {
    let server = Launch::serve(engine, GUARDED).start();
    for target in [
        "/admin/secret",
        "/x/../admin/secret",
        "/files/../admin/secret",
        "/files/%2e%2E/admin/secret",
        "/files/.%2e/admin/./secret?/../../",
        "/admin\\secret",
        "\\admin\\secret",
        "/./admin/secret",
        "/../admin/secret",
        "/admin/../admin/secret",
        "http://h/x/../admin/secret",
        "http://h/%2e/admin/",
        "/x/../ready",
        "/%2E/ready?a",
        "http://h/x\\..\\ready",
        "/ready/x/..\\../ready",
    ] {
        let status = server.fetch(request("GET", target)).status;
        let expected = if target.starts_with('\\') { 400 } else { 401 };
        assert_eq!(status, expected, "{target}");
    }
    // What the URL standard leaves, routes and handlers see alike.
    for (target, text) in [
        ("/%61dmin/secret", "fetch /%61dmin/secret"),
        ("//admin/secret", "fetch //admin/secret"),
        ("/admin%2Fsecret", "fetch /admin%2Fsecret"),
        ("/ready/.", "fetch /ready/"),
        ("/x?/../ready", "fetch /x"),
        ("/files/a'b%27", "file a'b'"),
    ] {
        assert_eq!(server.get(target).text(), text, "{target}");
    }
}

fn routes_are_written_as_one_likes(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default { routes: {
            '/caf\u{e9} au lait': new Response('fixed'),
            '/x/../up': new Response('up'),
            '/men\u{fc}/:dish': ({ params }) => new Response(params.dish),
            '/\"quoted\"/*': () => new Response('rest'),
        } };
    ",
    )
    .start();
    for (target, text) in [
        ("/caf%C3%A9%20au%20lait", "fixed"),
        ("/up", "up"),
        ("/men%C3%BC/p%C3%A2t%C3%A9", "p\u{e2}t\u{e9}"),
        ("/\"quoted\"/x", "rest"),
        ("/%22quoted%22/x", "rest"),
    ] {
        assert_eq!(server.get(target).text(), text, "{target}");
    }
    let refused = Launch::serve(engine, "export default { routes: { '/a?b': new Response() } };").finish();
    assert_ne!(refused.code, Some(0));
    let complaint = "the route \"/a?b\" must be a path alone";
    assert!(refused.stderr.contains(complaint), "{}", refused.stderr);
}

fn the_health_check_is_found_by_its_url(engine: Engine) {
    let server = Launch::serve(engine, "export default () => new Response('app');")
        .options(["--health", "/health/./z"])
        .start();
    for (target, text) in [
        ("/health/z", "ready"),
        ("/x/../health/z?deep", "ready"),
        ("/health/%2E/z", "ready"),
        ("/health/%7A", "app"),
    ] {
        assert_eq!(server.get(target).text(), text, "{target}");
    }
}

fn cookies_of_several_lines_are_one_field(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request) => {
            const of = (headers) => [headers.get('cookie'), [...headers].filter(([name]) => name === 'cookie')];
            const first = new URL(request.url).pathname === '/listed' ? [...request.headers] : [];
            return Response.json({
                own: of(request.headers),
                copies: [request.clone(), new Request(request), { headers: new Headers(request.headers) }]
                    .map(({ headers }) => of(headers)),
                test: request.headers.get('x-test'),
                empty: request.headers.get('x-empty'),
            });
        };
    ",
    )
    .start();
    let joined = "a=1; b=2; c=3; d=4";
    for path in ["/", "/listed"] {
        let told = server
            .fetch(format!(
                "GET {path} HTTP/1.1\r\nhost: h\r\nx-test: Hello\r\nCookie: a=1; b=2\r\nx-empty:\r\nX-Test: World\r\n\
                 cookie: c=3\r\nx-empty:\r\nCOOKIE:  d=4 \r\n\r\n"
            ))
            .json();
        let expected = serde_json::json!([joined, [["cookie", joined]]]);
        assert_eq!(told["own"], expected, "{path}");
        assert_eq!(
            told["copies"],
            serde_json::json!([expected, expected, expected]),
            "{path}"
        );
        assert_eq!(
            (&told["test"], &told["empty"]),
            (&"Hello, World".into(), &", ".into())
        );
    }
}

fn copies_of_a_request_have_its_address(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let last;
        export default async (request, server) => {
            if (request.url.endsWith('/last')) return Response.json(server.requestIP(last));
            last = request;
            const copies = [
                request, request.clone(), request.clone().clone(), new Request(request), new Request(request).clone(),
                new Request(request, { headers: { a: 'b' } }), new Request(request, { signal: AbortSignal.timeout(60_000) }),
            ];
            return Response.json([...copies, new Request('http://h/')].map((copy) => server.requestIP(copy)?.address ?? null));
        };
    ",
    )
    .start();
    let own = "127.0.0.1";
    let expected = serde_json::json!([own, own, own, own, own, own, own, null]);
    assert_eq!(server.get("/").json(), expected);
    assert_eq!(server.get("/last").json(), serde_json::json!(null));
}
