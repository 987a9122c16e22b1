//! Which pages may read responses: fields of CORS, and preflights.

use crate::around_routes::{asked, refused, serve};
use crate::support::{Engine, Launch, Response, Server, request};

on_both_engines![
    pages_are_told_what_they_may_read,
    preflights_need_no_javascript,
    preflights_of_methods_of_their_own,
    wrong_cors_is_named_with_its_route,
];

fn pages_are_told_what_they_may_read(engine: Engine) {
    let server = serve(
        engine,
        "
        '/any': Howth.cors({}, () => new Response('any')),
        '/one': Howth.cors({ origin: 'https://a.com', exposedHeaders: ['x-a', 'x-b'] }, new Response('one')),
        '/cookies': Howth.cors({ origin: 'https://a.com', credentials: true },
            Howth.cors({ origin: 'reflect' }, () => new Response('cookies'))),
        '/some': Howth.cors({ origin: ['https://a.com', 'https://*.b.com'], exposedHeaders: 'x-a' },
            () => new Response('some', { headers: { vary: 'accept' } })),
        '/all/*': Howth.cors({ origin: 'reflect', credentials: true }, Howth.dir('public')),
        '/own': Howth.cors({}, () => new Response('own', { headers: { 'access-control-allow-origin': 'https://c.com' } })),
        ",
    );
    let with = |path: &str, origin: &str| asked(&server, "GET", path, &format!("origin: {origin}\r\n"));
    let any = server.get("/any");
    assert_eq!(
        (any.all("access-control-allow-origin"), any.field("vary")),
        (vec!["*"], None)
    );
    let one = with("/one", "https://evil.com");
    assert_eq!(one.field("access-control-allow-origin"), Some("https://a.com"));
    assert_eq!(one.field("access-control-allow-credentials"), None);
    assert_eq!(one.field("access-control-expose-headers"), Some("x-a, x-b"));
    assert_eq!(one.field("vary"), None);
    // Whoever is granted something by others sends no cookies for that.
    let cookies = with("/cookies", "https://a.com");
    assert_eq!(
        cookies.field("access-control-allow-origin"),
        Some("https://a.com")
    );
    assert_eq!(cookies.field("access-control-allow-credentials"), Some("true"));
    let cookies = with("/cookies", "https://evil.com");
    assert_eq!(
        cookies.field("access-control-allow-origin"),
        Some("https://evil.com")
    );
    assert_eq!(cookies.field("access-control-allow-credentials"), None);
    for (origin, is_granted) in [
        ("https://a.com", true),
        ("https://x.b.com", true),
        ("https://evil.com", false),
    ] {
        let some = with("/some", origin);
        assert_eq!(some.text(), "some");
        assert_eq!(
            some.field("access-control-allow-origin"),
            is_granted.then_some(origin)
        );
        assert_eq!(
            some.field("access-control-expose-headers"),
            is_granted.then_some("x-a")
        );
        assert_eq!(some.all("vary"), ["accept", "origin"]);
    }
    assert_eq!(server.get("/some").all("vary"), ["accept", "origin"]);
    let all = with("/all/", "https://whoever.example");
    assert_eq!(
        (all.status, all.field("access-control-allow-origin")),
        (200, Some("https://whoever.example"))
    );
    assert_eq!(
        with("/own", "https://a.com").all("access-control-allow-origin"),
        ["https://c.com"]
    );
}

fn preflight(server: &Server, path: &str, origin: &str, method: &str, fields: &str) -> Response {
    let fields = format!("origin: {origin}\r\naccess-control-request-method: {method}\r\n{fields}");
    asked(server, "OPTIONS", path, &fields)
}

fn preflights_need_no_javascript(engine: Engine) {
    let source = "
        export default { routes: {
            '/loop': () => { for (;;); },
            '/some': Howth.headers({ 'x-a': '1' }, Howth.cors({ origin: ['https://a.com', 'https://b.com'], credentials: true, maxAge: 60 },
                (request) => new Response('some ' + request.method))),
            '/any': Howth.cors({ methods: ['GET'], allowedHeaders: ['x-b', 'x-c'] }, new Response('any')),
        } };
    ";
    let server = Launch::serve(engine, source).options(["--cores", "1"]).start();
    // Without the field that asks it is a request like any other.
    assert_eq!(
        asked(&server, "OPTIONS", "/some", "origin: https://a.com\r\n").text(),
        "some OPTIONS"
    );
    let mut busy = server.connect();
    busy.send(request("GET", "/loop"));
    let granted = preflight(
        &server,
        "/some",
        "https://b.com",
        "PUT",
        "access-control-request-headers: x-a,x-b\r\n",
    );
    let said = |name: &str| granted.field(&format!("access-control-{name}"));
    assert_eq!((granted.status, granted.text()), (204, ""));
    assert_eq!(said("allow-origin"), Some("https://b.com"));
    assert_eq!(said("allow-credentials"), Some("true"));
    assert_eq!(said("allow-methods"), Some("GET, HEAD, PUT, PATCH, POST, DELETE"));
    assert_eq!(said("allow-headers"), Some("x-a,x-b"));
    assert_eq!(said("max-age"), Some("60"));
    assert_eq!(
        granted.field("vary"),
        Some("origin, access-control-request-headers")
    );
    assert_eq!(granted.field("x-a"), Some("1"));
    let refused = preflight(&server, "/some", "https://evil.com", "PUT", "");
    assert_eq!(refused.status, 204);
    assert_eq!(refused.field("access-control-allow-origin"), None);
    assert_eq!(refused.field("access-control-allow-methods"), None);
    assert_eq!(
        refused.field("vary"),
        Some("origin, access-control-request-headers")
    );
    // A ready response has no target for OPTIONS.
    let any = preflight(
        &server,
        "/any",
        "https://evil.com",
        "GET",
        "access-control-request-headers: x-a\r\n",
    );
    assert_eq!(
        (any.status, any.field("access-control-allow-origin")),
        (204, Some("*"))
    );
    assert_eq!(any.field("access-control-allow-methods"), Some("GET"));
    assert_eq!(any.field("access-control-allow-headers"), Some("x-b, x-c"));
    assert_eq!(any.field("vary"), None);
    // No names of fields are not said again.
    let odd = preflight(
        &server,
        "/some",
        "https://a.com",
        "PUT",
        "access-control-request-headers: x-a: b\r\n",
    );
    assert_eq!(odd.field("access-control-allow-headers"), None);
}

fn preflights_of_methods_of_their_own(engine: Engine) {
    let server = serve(
        engine,
        "
        '/x': {
            GET: Howth.cors({ origin: 'https://get.com' }, new Response('get')),
            POST: Howth.cors({ origin: 'https://post.com' }, () => new Response('post')),
            PUT: () => new Response('put'),
        },
        '/own': { GET: Howth.cors({}, new Response('get')), OPTIONS: () => new Response('own') },
        '/plain': { GET: new Response('get') },
        ",
    );
    for (method, origin) in [
        ("GET", "get"),
        ("HEAD", "get"),
        ("POST", "post"),
        ("PUT", "get"),
        ("PATCH", "get"),
    ] {
        let response = preflight(&server, "/x", "https://x.com", method, "");
        let expected = format!("https://{origin}.com");
        assert_eq!(
            response.field("access-control-allow-origin"),
            Some(&*expected),
            "{method}"
        );
    }
    assert_eq!(
        preflight(&server, "/own", "https://x.com", "GET", "").text(),
        "own"
    );
    assert_eq!(
        preflight(&server, "/plain", "https://x.com", "GET", "").text(),
        "fetch OPTIONS"
    );
    assert_eq!(asked(&server, "OPTIONS", "/x", "").text(), "fetch OPTIONS");
}

fn wrong_cors_is_named_with_its_route(engine: Engine) {
    for (options, complaint) in [
        (
            "{ credentials: true }",
            "the route \"/some/:path\": Howth.cors: credentials are for origins that are named",
        ),
        ("{ origin: 'a.com' }", "\"a.com\" is no origin"),
        ("{ origin: [] }", "origin names nobody"),
        ("{ origin: /a/ }", "origin must be a text"),
        ("{ methods: ['GET POST'] }", "\"GET POST\" in methods is no name"),
        ("{ maxAge: 1.5 }", "maxAge must be a number of seconds"),
        (
            "{ credentials: 1, origin: 'reflect' }",
            "credentials must be true or false",
        ),
        ("undefined", "Howth.cors takes an object of options"),
    ] {
        refused(
            engine,
            &format!("Howth.cors({options}, new Response())"),
            complaint,
        );
    }
}
