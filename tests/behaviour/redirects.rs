//! Routes that lead elsewhere, by programs and by `--redirect`.

use crate::http2::client::Client;
use crate::support::{Engine, Launch, Server, request};

on_both_engines![
    routes_lead_elsewhere,
    redirects_need_no_javascript,
    options_lead_elsewhere_before_all_else,
    redirects_are_all_that_is_served,
    nobody_is_led_to_another_host,
    wrong_redirects_are_named,
];

fn location(server: &Server, path: &str) -> (u16, String) {
    let response = server.get(path);
    assert_eq!(
        (response.text(), response.content_length()),
        ("", Some(0)),
        "{path}"
    );
    (
        response.status,
        response.field("location").unwrap_or_default().to_owned(),
    )
}

fn routes_lead_elsewhere(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default { routes: {
            '/old': Howth.redirect('/new'),
            '/alone': Howth.redirect('/new', 303, { query: false }),
            '/own': Howth.redirect('/new?own', 307),
            '/url': Howth.redirect(new URL('https://example.com/x'), 308),
            '/users/:id/posts/:post': Howth.redirect('/u/:id?post=:post#top', 301),
            '/files/*': Howth.redirect('https://files.example.com/*'),
            '/methods': { GET: Howth.redirect('/get'), POST: () => new Response('post') },
        } };
        ",
    )
    .start();
    for (path, status, to) in [
        ("/old", 302, "/new"),
        ("/old?a=1&b=%20", 302, "/new?a=1&b=%20"),
        ("/alone?a=1", 303, "/new"),
        ("/own?a=1", 307, "/new?own"),
        ("/url?a", 308, "https://example.com/x?a"),
        ("/users/a%20b/posts/7?x", 301, "/u/a%20b?post=7#top"),
        ("/users/caf\u{e9}/posts/7", 301, "/u/caf%C3%A9?post=7#top"),
        ("/files/a/b?c", 302, "https://files.example.com/a/b?c"),
        ("/files/", 302, "https://files.example.com/"),
        ("/methods", 302, "/get"),
    ] {
        // Paths of requests are ASCII.
        let path = path.replace('\u{e9}', "%C3%A9");
        assert_eq!(location(&server, &path), (status, to.to_owned()), "{path}");
    }
    for method in ["POST", "DELETE", "OPTIONS", "PROPFIND"] {
        let response = server.fetch(request(method, "/own"));
        assert_eq!(
            (response.status, response.field("location")),
            (307, Some("/new?own")),
            "{method}"
        );
    }
    assert_eq!(server.fetch(request("POST", "/methods")).text(), "post");
    let mut connection = server.connect();
    connection.send("POST /own HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
    assert_eq!(connection.response().status, 307);
    connection.send(request("HEAD", "/old"));
    assert_eq!(connection.response_to("HEAD").field("location"), Some("/new"));
    let client = Client::connect(&server);
    let answer = client.request("GET", "/files/x?y", &[], "");
    assert_eq!(
        (answer.status, answer.field("location")),
        (302, "https://files.example.com/x?y")
    );
}

fn redirects_need_no_javascript(engine: Engine) {
    let source = "
        export default { routes: {
            '/loop': () => { for (;;); },
            '/users/:id': Howth.redirect('/u/:id'),
        } };
    ";
    let server = Launch::serve(engine, source).options(["--cores", "1"]).start();
    let mut busy = server.connect();
    busy.send(request("GET", "/loop"));
    assert_eq!(location(&server, "/users/7"), (302, "/u/7".to_owned()));
}

fn options_lead_elsewhere_before_all_else(engine: Engine) {
    let options = [
        "--redirect",
        "/a.txt=/moved 301",
        "--redirect",
        "/u/:id=/users/:id?from=u",
        "--redirect",
        "/old/*=https://example.com/* 308",
        "--dir",
        "public",
    ];
    let server = Launch::serve(engine, "export default () => new Response('program');")
        .file("public/a.txt", "a")
        .file("public/b.txt", "b")
        .options(options)
        .start();
    for (path, status, to) in [
        ("/a.txt?x=y", 301, "/moved?x=y"),
        ("/u/7?x=y", 302, "/users/7?from=u"),
        ("/old/a?b", 308, "https://example.com/a?b"),
    ] {
        assert_eq!(location(&server, path), (status, to.to_owned()), "{path}");
    }
    assert_eq!(server.get("/b.txt").text(), "b");
    assert_eq!(server.get("/u").text(), "program");
}

fn redirects_are_all_that_is_served(engine: Engine) {
    let server = Launch::serve(engine, "")
        .entry("")
        .options(["--redirect", "/*=https://example.com/* 308"])
        .start();
    assert_eq!(location(&server, "/a"), (308, "https://example.com/a".to_owned()));
}

fn nobody_is_led_to_another_host(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default { routes: { '/go/*': Howth.redirect('/*'), '/to/:x': Howth.redirect('/:x') } };",
    )
    .start();
    for path in [
        "/go//evil.example",
        "/go///evil.example",
        "/go/\\evil.example",
        "/go//\\evil.example",
        "/go/%2e%2e//evil.example",
        "/go/.//evil.example",
        "/go/%5Cevil.example",
        "/go/%2Fevil.example",
        "/go/%09/evil.example",
        "/to/%2F%2Fevil.example",
        "/to/%5Cevil.example",
        "/to/https:%2F%2Fevil.example",
    ] {
        let mut connection = server.connect();
        connection.send(request("GET", path));
        let response = connection.response();
        // Some are no paths of these routes, or of no route.
        let Some(to) = response.field("location") else {
            assert!([400, 404].contains(&response.status), "{path}: {response:?}");
            continue;
        };
        assert!(
            to.starts_with('/') && !to[1..].starts_with(['/', '\\']),
            "{path}: {to}"
        );
    }
}

fn wrong_redirects_are_named(engine: Engine) {
    for (redirect, complaint) in [
        (
            "Howth.redirect('/b', 200)",
            "the route \"/a/:id\": Howth.redirect: a redirect has the status 301",
        ),
        (
            "Howth.redirect('/b/:name')",
            "has :name, which is no parameter of its route",
        ),
        ("Howth.redirect('/b/*')", "has a \"*\", and its route has none"),
        (
            "Howth.redirect('https://:id.example.com')",
            "the host must be written out",
        ),
        (
            "Howth.redirect('javascript:alert(1)')",
            "leads to a path that begins with",
        ),
        ("Howth.redirect('')", "takes where it leads"),
        ("Howth.redirect('/b', '301')", "the status must be"),
        (
            "Howth.redirect('/b', 301, { query: 1 })",
            "query must be true or false",
        ),
    ] {
        let source = format!("export default {{ routes: {{ '/a/:id': {redirect} }} }};");
        let finished = Launch::serve(engine, &source).finish();
        assert_eq!(finished.code, Some(1), "{redirect}: {finished:?}");
        assert!(
            finished.stderr.contains(complaint),
            "{redirect}: {}",
            finished.stderr
        );
    }
    for wrong in ["/a", "/a=b", "/a=/b 200", "a=/b", "/a=/:b"] {
        let finished = Launch::serve(engine, "export default () => new Response();")
            .options(["--redirect", wrong])
            .finish();
        assert_eq!(finished.code, Some(2), "{wrong}: {finished:?}");
        assert!(
            finished.complaint().contains("--redirect"),
            "{}",
            finished.complaint()
        );
    }
}
