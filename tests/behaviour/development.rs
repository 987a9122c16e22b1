//! `--dev`: what a developer sees of errors and requests, and clients of production never.

use crate::support::{Engine, Launch, Server, eventually, printed};

const FAULTY: &str = "interface Shape {
    side: number;
}
export default {
    routes: { '/fixed': new Response('fixed') },
    async fetch(request: Request): Promise<Response> {
        const { pathname } = new URL(request.url);
        if (pathname === '/throw') { throw new TypeError('<script>alert(1)</script>'); } // line 8
        if (request.method === 'POST') throw new Error(`wrong: ${await request.text()}`);
        if (pathname === '/cause') throw new Error('outside', { cause: new RangeError('within') });
        if (pathname === '/string') { throw 'a string'; }
        if (pathname === '/stream') { return new Response(new Blob(['streamed']).stream(), { status: 201 }); }
        return new Response('fine');
    },
};
";

on_both_engines![
    browsers_get_a_page_with_source_and_stack,
    other_clients_get_what_they_accept,
    a_handler_without_arguments_is_answered_for_as_well,
    each_request_is_logged_with_its_status,
    requests_of_node_http_are_logged,
    requests_that_break_off_are_logged,
    a_change_is_served_soon,
    nothing_is_logged_without_it,
    what_a_client_has_written_names_no_file,
];

fn development(engine: Engine) -> Server {
    Launch::serve(engine, FAULTY).options(["--dev"]).start()
}

fn request(path: &str, accept: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\n\r\n")
}

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn browsers_get_a_page_with_source_and_stack(engine: Engine) {
    let server = development(engine);
    let response = server.fetch(request("/throw", BROWSER));
    assert_eq!(response.status, 500);
    assert_eq!(response.field("content-type"), Some("text/html;charset=UTF-8"));
    let page = response.text();
    for part in [
        "<h1>TypeError: &lt;script&gt;alert(1)&lt;/script&gt;</h1>",
        "app.ts:8:",
        "<mark> 8          if (pathname === '/throw') { throw new TypeError(",
        "\n 7          const { pathname } = new URL(request.url);",
        "    at ",
        "--dev",
    ] {
        assert!(page.contains(part), "{part:?}: {page}");
    }
    assert!(!page.contains("<script>"), "{page}");
    assert!(!page.contains("ext:"), "{page}");
    let response = server.fetch(request("/string", BROWSER));
    let page = response.text();
    assert!(
        page.contains("a string") && !page.contains("<pre></pre>"),
        "{page}"
    );
    let response = server.fetch(request("/cause", BROWSER));
    let page = response.text();
    assert!(page.contains("Caused by: RangeError: within"), "{page}");
}

fn other_clients_get_what_they_accept(engine: Engine) {
    let server = development(engine);
    for (accept, kind, part) in [
        (
            "*/*",
            "text/plain;charset=UTF-8",
            "TypeError: <script>alert(1)</script>\n    at ",
        ),
        ("text/plain", "text/plain;charset=UTF-8", "app.ts:8:"),
        (
            "application/json",
            "application/json",
            r#"{"error":"TypeError: <script>alert(1)</script>","stack":["at "#,
        ),
        (
            "text/html;q=0.1, application/problem+json",
            "application/json",
            r#""line":8"#,
        ),
        (
            "application/json;q=0.1, text/html;q=0.2",
            "text/html;charset=UTF-8",
            "<h1>",
        ),
        ("image/png", "text/plain;charset=UTF-8", "TypeError"),
    ] {
        let response = server.fetch(request("/throw", accept));
        assert_eq!(
            (response.status, response.field("content-type")),
            (500, Some(kind)),
            "{accept}"
        );
        assert!(response.text().contains(part), "{accept}: {response:?}");
    }
    let without = server.get("/throw");
    assert_eq!(without.field("content-type"), Some("text/plain;charset=UTF-8"));
}

fn a_handler_without_arguments_is_answered_for_as_well(engine: Engine) {
    let server = Launch::serve(engine, "export default () => { throw new Error('a cause'); };")
        .options(["--dev"])
        .start();
    let response = server.fetch(request("/", BROWSER));
    assert!(
        response.text().contains("<h1>Error: a cause</h1>"),
        "{response:?}"
    );
    let response = server.fetch(request("/", "application/json"));
    assert!(
        response.text().starts_with(r#"{"error":"Error: a cause""#),
        "{response:?}"
    );
}

/// Waits for a line of the log that begins so.
#[track_caller]
fn expect_logged(server: &Server, start: &str) {
    eventually(start, || {
        let printed = server.stderr();
        let mut lines = printed.lines().filter(|line| line.starts_with(start));
        lines.any(|line| line.ends_with(" ms"))
    });
}

fn each_request_is_logged_with_its_status(engine: Engine) {
    let server = Launch::serve(engine, FAULTY)
        .options(["--dev", "--health", "/health"])
        .start();
    for (path, line) in [
        ("/?a=b%20c", "GET /?a=b%20c 200 "),
        ("/fixed", "GET /fixed 200 "),
        ("/health", "GET /health 200 "),
        ("/throw", "GET /throw 500 "),
        ("/stream", "GET /stream 201 "),
    ] {
        server.get(path);
        expect_logged(&server, line);
    }
    let lines = server
        .stderr()
        .lines()
        .filter(|line| line.ends_with(" ms"))
        .count();
    assert_eq!(lines, 5, "{}", server.stderr());
}

fn requests_of_node_http_are_logged(engine: Engine) {
    let program = "
        const http = require('http');
        http.createServer((request, response) => {
            if (request.url === '/parts') { response.writeHead(418); response.write('a'); response.end('HTTP/1.1 200 OK'); return; }
            if (request.url === '/early') response.writeProcessing();
            response.end('whole');
        }).listen(0, '127.0.0.1');
    ";
    let server = Launch::serve(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .options(["--dev"])
        .start();
    for (path, line) in [
        ("/", "GET / 200 "),
        ("/parts", "GET /parts 418 "),
        ("/early?x", "GET /early?x 200 "),
    ] {
        let mut connection = server.connect();
        connection.send(crate::support::request("GET", path));
        while connection.head().status < 200 {}
        expect_logged(&server, line);
    }
}

fn requests_that_break_off_are_logged(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default async () => { console.log('asked'); await new Promise(() => {}); };",
    )
    .options(["--dev"])
    .start();
    let mut connection = server.connect();
    connection.send(crate::support::request("GET", "/left"));
    server.wait_for_output("asked");
    connection.reset_on_close();
    drop(connection);
    eventually("a line", || {
        let printed = server.stderr();
        printed
            .lines()
            .any(|line| line.starts_with("GET /left - ") && line.ends_with(" ms broken off"))
    });
}

fn a_change_is_served_soon(engine: Engine) {
    let server = development(engine);
    assert_eq!(server.get("/").text(), "fine");
    std::fs::write(
        server.folder().join("app.ts"),
        "export default () => new Response('changed');",
    )
    .expect("a file");
    eventually("the new code", || server.get("/").text() == "changed");
}

fn nothing_is_logged_without_it(engine: Engine) {
    let mut server = Launch::serve(engine, FAULTY).start();
    server.get("/");
    server.signal(libc::SIGTERM);
    server.wait();
    assert!(!server.stderr().contains("GET"), "{}", server.stderr());
    let script = "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('hi'));
        console.log(await (await fetch(server.url)).text());
        process.exit();
    ";
    let finished = Launch::run(engine, script).options(["--dev", "--quiet"]).finish();
    printed(&finished, "hi");
}

#[test]
fn it_is_refused_in_production() {
    let finished = Launch::serve(Engine::Portable, FAULTY)
        .any_engine()
        .own_address()
        .environment("NODE_ENV", "production")
        .options(["--dev"])
        .finish();
    assert_eq!(finished.code, Some(2));
    let line = finished.complaint();
    assert!(line.contains("--dev") && line.contains("NODE_ENV"), "{line}");
}

fn what_a_client_has_written_names_no_file(engine: Engine) {
    let server = development(engine);
    for body in ["\n    at file:///etc/passwd:1:1", "\nfile:///dev/zero:1:1"] {
        let length = body.len();
        let response = server.fetch(format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\naccept: {BROWSER}\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
        let page = response.text();
        assert!(!page.contains("root:"), "{page}");
        assert!(page.contains("<mark> 9 "), "{page}");
    }
}
