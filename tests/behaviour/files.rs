//! Files that are served without JavaScript.

use crate::support::{Engine, Launch, Server, eventually, request};

on_both_engines![
    folders_are_served_before_the_program,
    folders_are_served_without_a_program,
    folders_and_files_are_routes,
    programs_that_name_bun_have_folders_as_routes,
    handlers_answer_with_files,
    options_of_folders_are_checked,
    large_files_arrive_whole_and_in_part,
    a_client_that_reads_slowly_holds_up_nobody,
    files_are_closed_when_their_clients_leave,
    a_folder_that_is_not_there_is_an_error,
    a_file_that_becomes_shorter_is_told,
];

const PROGRAM: &str = "
    import { readdirSync } from 'node:fs';
    export default {
        fetch(request: Request) {
            const { pathname } = new URL(request.url);
            if (pathname === '/open') return new Response(String(readdirSync('/proc/self/fd').length));
            return new Response(`${request.method} ${pathname}`);
        },
    };
";

const LARGE_BYTES: usize = 3_000_000;

fn large() -> Vec<u8> {
    (0..LARGE_BYTES).map(|at| (at % 251) as u8).collect()
}

fn site(launch: Launch) -> Launch {
    launch
        .file("public/index.html", "<p>home")
        .file("public/docs/index.html", "<p>docs")
        .file("public/app.js", "let a = 1;")
        .file("public/app.js.gz", "gzipped")
        .file("public/.env", "secret")
        .file("public/large.bin", large())
        .file("other/a.txt", "of another folder")
        .link("../../app.ts", "public/link.ts")
}

fn with(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{fields}\r\n")
}

fn folders_are_served_before_the_program(engine: Engine) {
    let server = site(Launch::serve(engine, PROGRAM))
        .options(["--dir", "public", "--dir", "/assets=other"])
        .start();
    for (path, text) in [
        ("/", "<p>home"),
        ("/docs/", "<p>docs"),
        ("/app.js?v=1", "let a = 1;"),
        ("/assets/a.txt", "of another folder"),
        ("/%61pp.js", "let a = 1;"),
        // What is in no folder is the program's.
        ("/none", "GET /none"),
        ("/.env", "GET /.env"),
        ("/a.txt", "GET /a.txt"),
        ("/assetsa.txt", "GET /assetsa.txt"),
        ("/link.ts", "GET /link.ts"),
        ("/..%2fapp.ts", "GET /..%2fapp.ts"),
    ] {
        for _ in 0..2 {
            let response = server.get(path);
            assert_eq!((response.status, response.text()), (200, text), "{path}");
        }
    }
    assert_eq!(
        server.fetch(with("DELETE", "/app.js", "")).text(),
        "DELETE /app.js"
    );
    let first = server.get("/app.js");
    assert_eq!(
        first.field("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(first.field("vary"), Some("accept-encoding"));
    let tag = first.field("etag").expect("a tag");
    let unchanged = server.fetch(with("GET", "/app.js", &format!("if-none-match: {tag}\r\n")));
    assert_eq!((unchanged.status, unchanged.field("etag")), (304, Some(tag)));
    let compressed = server.fetch(with("GET", "/app.js", "accept-encoding: gzip\r\n"));
    assert_eq!(
        (compressed.text(), compressed.field("content-encoding")),
        ("gzipped", Some("gzip"))
    );
    let moved = server.get("/docs");
    assert_eq!((moved.status, moved.field("location")), (301, Some("./docs/")));
}

fn folders_are_served_without_a_program(engine: Engine) {
    let server = site(Launch::serve(engine, ""))
        .entry("")
        .options(["--dir", "public", "--dir-fallback", "index.html"])
        .start();
    assert_eq!(server.get("/app.js").text(), "let a = 1;");
    assert_eq!(server.get("/users/7").status, 404);
    let page = server.fetch(with("GET", "/users/7", "accept: text/html\r\n"));
    assert_eq!((page.status, page.text()), (200, "<p>home"));
}

fn folders_and_files_are_routes(engine: Engine) {
    let server = site(Launch::serve(
        engine,
        "
        export default {
            routes: {
                '/static/*': Howth.dir('public', { cacheControl: { '*.js': 'no-cache', 'docs/**': 'no-store' } }),
                '/else/*': Howth.dir('public', { next: true, index: false }),
                '/dots/*': { GET: Howth.dir('public', { dotFiles: true, compressed: false }) },
                '/users/:id': () => new Response('a user'),
                '/one': Howth.file('other/a.txt'),
                '/later': Howth.file('later.txt'),
            },
            fetch: (request: Request) => new Response(`${request.method} ${new URL(request.url).pathname}`),
        };
        ",
    ))
    .start();
    for (path, status, text) in [
        ("/static/app.js", 200, "let a = 1;"),
        ("/static/", 200, "<p>home"),
        ("/static/docs/", 200, "<p>docs"),
        ("/static/none", 404, "Not Found"),
        ("/static/.env", 404, "Not Found"),
        ("/static", 200, "GET /static"),
        ("/else/app.js", 200, "let a = 1;"),
        ("/else/none", 200, "GET /else/none"),
        ("/else/docs/", 200, "GET /else/docs/"),
        ("/dots/.env", 200, "secret"),
        ("/users/7", 200, "a user"),
        ("/one", 200, "of another folder"),
        ("/later", 404, "Not Found"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.text()), (status, text), "{path}");
    }
    assert_eq!(
        server.get("/static/app.js").field("cache-control"),
        Some("no-cache")
    );
    assert_eq!(
        server.get("/static/docs/").field("cache-control"),
        Some("no-store")
    );
    assert_eq!(server.get("/static/").field("cache-control"), None);
    let refused = server.fetch(with("POST", "/static/app.js", ""));
    assert_eq!((refused.status, refused.field("allow")), (405, Some("GET, HEAD")));
    assert_eq!(
        server.fetch(with("POST", "/else/app.js", "")).text(),
        "POST /else/app.js"
    );
    let part = server.fetch(with("GET", "/one", "range: bytes=3-9\r\n"));
    assert_eq!((part.status, part.text()), (206, "another"));
    assert!(server.get("/static/large.bin").body == large());
}

fn handlers_answer_with_files(engine: Engine) {
    let server = site(Launch::serve(
        engine,
        "
        export default {
            fetch(request: Request) {
                const { pathname } = new URL(request.url);
                const headers = { 'x-kind': 'file' };
                switch (pathname) {
                    case '/large': return new Response(Howth.file('public/large.bin'), { headers });
                    case '/created': return new Response(Howth.file('other/a.txt'), { status: 201 });
                    case '/part': return new Response(Howth.file('public/large.bin').slice(10, 2_000_010));
                    case '/missing': return new Response(Howth.file('missing'));
                    default: return new Response('else');
                }
            },
        };
        ",
    ))
    .start();
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.send(request("GET", "/large"));
        let whole = connection.response();
        assert_eq!((whole.status, whole.field("x-kind")), (200, Some("file")));
        assert_eq!(whole.content_length(), Some(LARGE_BYTES));
        assert!(whole.body == large());
    }
    connection.send(request("HEAD", "/large"));
    assert_eq!(connection.response_to("HEAD").content_length(), Some(LARGE_BYTES));
    connection.send(with("GET", "/large", "range: bytes=5-9\r\n"));
    let part = connection.response();
    assert_eq!((part.status, &part.body[..]), (206, &large()[5..10]));
    let created = server.get("/created");
    assert_eq!((created.status, created.text()), (201, "of another folder"));
    assert!(server.get("/part").body == large()[10..2_000_010]);
    assert_eq!(server.get("/missing").status, 500);
    assert_eq!(server.get("/").text(), "else");
}

fn options_of_folders_are_checked(engine: Engine) {
    for (folder, complaint) in [
        ("Howth.dir('')", "Howth.dir takes the path of a folder"),
        (
            "Howth.dir('public', { index: 1 })",
            "index must be a name, or false",
        ),
        ("Howth.dir('public', { next: 1 })", "next must be true or false"),
        (
            "Howth.dir('public', { cacheControl: { 'a[': 'x' } })",
            "the pattern \"a[\" is malformed",
        ),
        ("Howth.dir('nowhere')", "cannot serve files from"),
        ("Howth.file('nowhere/a')", "cannot serve files from"),
    ] {
        let source =
            format!("export default {{ routes: {{ '/a/*': {folder} }}, fetch: () => new Response() }};");
        let finished = site(Launch::serve(engine, &source)).finish();
        assert_eq!(finished.code, Some(1), "{folder}: {finished:?}");
        assert!(
            finished.stderr.contains(complaint),
            "{folder}: {}",
            finished.stderr
        );
    }
}

fn large_files_arrive_whole_and_in_part(engine: Engine) {
    let server = site(Launch::serve(engine, PROGRAM))
        .options(["--dir", "public"])
        .start();
    let large = large();
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.send(request("GET", "/large.bin"));
        assert!(connection.response().body == large);
    }
    connection.send(request("HEAD", "/large.bin"));
    let head = connection.response_to("HEAD");
    assert_eq!((head.status, head.content_length()), (200, Some(LARGE_BYTES)));
    connection.send(with("GET", "/large.bin", "range: bytes=1000-1999999\r\n"));
    let part = connection.response();
    assert_eq!(
        (part.status, part.field("content-range")),
        (206, Some("bytes 1000-1999999/3000000"))
    );
    assert!(part.body == large[1_000..2_000_000]);
    connection.send(with("GET", "/large.bin", "range: bytes=0-0,-1\r\n"));
    let parts = connection.response();
    assert!(
        parts
            .field("content-type")
            .is_some_and(|value| value.starts_with("multipart/byteranges"))
    );
    connection.send(with("GET", "/large.bin", "range: bytes=3000000-\r\n"));
    assert_eq!(connection.response().status, 416);
}

fn a_client_that_reads_slowly_holds_up_nobody(engine: Engine) {
    let server = site(Launch::serve(engine, PROGRAM))
        .file("public/huge.bin", vec![7; 20_000_000])
        .options(["--dir", "public"])
        .start();
    let mut slow = server.connect();
    slow.send(request("GET", "/huge.bin"));
    let head = slow.head();
    assert_eq!(head.status, 200);
    for _ in 0..3 {
        assert!(server.get("/large.bin").body.len() == LARGE_BYTES);
        assert_eq!(server.get("/none").text(), "GET /none");
    }
    assert!(slow.take(20_000_000).iter().all(|byte| *byte == 7));
}

fn open_files(server: &Server) -> usize {
    server.get("/open").text().parse().expect("a number")
}

fn files_are_closed_when_their_clients_leave(engine: Engine) {
    let server = site(Launch::serve(engine, PROGRAM))
        .file("public/huge.bin", vec![7; 20_000_000])
        .options(["--dir", "public"])
        .start();
    server.get("/huge.bin");
    let before = open_files(&server);
    for _ in 0..20 {
        let mut connection = server.connect();
        connection.send(request("GET", "/huge.bin"));
        connection.head();
        connection.reset_on_close();
    }
    eventually("the end of files", || open_files(&server) <= before);
}

fn a_folder_that_is_not_there_is_an_error(engine: Engine) {
    let finished = Launch::serve(engine, PROGRAM)
        .options(["--dir", "nowhere"])
        .finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let complaint = finished.complaint();
    assert!(
        complaint.starts_with("howth: --dir: cannot serve files from /")
            && complaint.ends_with("name a folder that exists and that this user may read"),
        "{complaint}"
    );
    let finished = Launch::serve(engine, PROGRAM)
        .entry("")
        .options(["--dir-fallback", "x"])
        .finish();
    assert_eq!(finished.code, Some(2), "{finished:?}");
}

fn a_file_that_becomes_shorter_is_told(engine: Engine) {
    const BYTES: u64 = 64 << 20;
    let program = "export default () => Response.json(Howth.metrics());";
    let server = Launch::serve(engine, program)
        .file("public/large.bin", "")
        .options(["--dir", "public"])
        .start();
    let path = server.folder().join("public/large.bin");
    let file = std::fs::File::options().write(true).open(&path).expect("a file");
    file.set_len(BYTES).expect("room");
    let mut connection = server.connect();
    connection.send(request("GET", "/large.bin"));
    assert_eq!(connection.head().status, 200);
    file.set_len(1).expect("a shorter file");
    assert!((connection.rest().len() as u64) < BYTES);
    server.wait_for_output("howth: 1 response broke off, since a file became shorter");
    let failed = server.get("/metrics").json()["cores"][0]["filesFailed"].as_u64();
    assert_eq!(failed, Some(1));
}

/// Their routes are read in Bun's way before.
fn programs_that_name_bun_have_folders_as_routes(engine: Engine) {
    let routes = "{ '/*': Howth.dir('public'), '/one': Bun.file('public/app.js'), '/two': { GET: () => new Response('two') } }";
    for program in [
        format!("export default {{ fetch: () => new Response('fetch'), routes: {routes} }};"),
        format!("Bun.serve({{ port: 0, fetch: () => new Response('fetch'), routes: {routes} }});"),
    ] {
        let server = site(Launch::serve(engine, &program)).start();
        let answers = ["/app.js", "/one", "/two", "/none"].map(|path| server.get(path).text().to_owned());
        assert_eq!(
            answers,
            ["let a = 1;", "let a = 1;", "two", "Not Found"],
            "{program}"
        );
    }
}
