//! `Bun.serve`, in programs that were written for Bun. What is expected is what Bun 1.4.5 does.

use crate::support::{Engine, Launch, request};

on_both_engines![
    bun_serve_serves,
    files_are_bodies_and_routes,
    a_default_export_has_files_as_routes,
    what_bun_serve_has_not_is_an_error,
];

const SERVER: &str = "
    const server = Bun.serve({
        port: 3000,
        id: 'first',
        idleTimeout: 30,
        routes: {
            '/fixed': new Response('fixed'),
            '/users/:id': (request: any, given: any) => new Response(`${request.params.id} ${given === server}`),
            '/left': false,
            '/methods': { POST: async (request: Request) => new Response(await request.text()) },
        },
        static: { '/old': new Response('old') },
        fetch(request: Request, given: any) {
            const { pathname } = new URL(request.url);
            if (pathname === '/throw') throw new Error('on purpose');
            if (pathname === '/ip') return Response.json(given.requestIP(request));
            if (pathname === '/again') {
                given.reload({ fetch: () => new Response('anew') });
                return new Response('reloaded');
            }
            return new Response(`${pathname} ${given === server} ${this === server}`);
        },
        error(error: Error) {
            return new Response(`${error.message} ${this === server}`, { status: 500 });
        },
    });
    const { id, protocol, development, pendingRequests, pendingWebSockets } = server;
    console.log(id, protocol, development, pendingRequests, pendingWebSockets, server.url.port === String(server.port));
    console.log(await (await server.fetch('/without')).text(), server.subscriberCount('topic'));
";

fn bun_serve_serves(engine: Engine) {
    let server = Launch::run_on_free_port(engine).file("app.ts", SERVER).start();
    server.wait_for_output("first http false 0 0 true");
    server.wait_for_output("/without true true 0");
    for (path, status, text) in [
        ("/fixed", 200, "fixed"),
        ("/old", 200, "old"),
        ("/users/7", 200, "7 true"),
        ("/left", 200, "/left true true"),
        ("/other", 200, "/other true true"),
        ("/throw", 500, "on purpose true"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.text()), (status, text), "{path}");
    }
    assert!(server.get("/ip").text().contains("\"address\":\"127.0.0.1\""));
    let posted = server.fetch("POST /methods HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi");
    assert_eq!(posted.text(), "hi");
    assert_eq!(server.get("/again").text(), "reloaded");
    assert_eq!(server.get("/left").text(), "anew");
    assert_eq!(
        server.get("/users/7").text(),
        "7 true",
        "a reload leaves what it does not name"
    );
}

const FILES: &str = "
    await Bun.write('page.html', '<p>page</p>');
    await Bun.write('large.bin', new Uint8Array(300_000).fill(7));
    Bun.serve({
        port: 3000,
        routes: {
            '/route': Bun.file('page.html'),
            '/response': new Response(Bun.file('page.html'), { headers: { 'x-kind': 'page' } }),
            '/gone': new Response(Bun.file('gone.html')),
        },
        async fetch(request) {
            const { pathname } = new URL(request.url);
            switch (pathname) {
                case '/file': return new Response(Bun.file('page.html'));
                case '/typed': return new Response(Bun.file('page.html'), { headers: { 'content-type': 'text/x' } });
                case '/large': return new Response(Bun.file('large.bin'));
                case '/part': return new Response(Bun.file('page.html').slice(3, 7));
                case '/missing': return new Response(Bun.file('missing'));
                case '/change': await Bun.write('page.html', 'changed'); return new Response('done');
            }
            return new Response(`fetch ${pathname}`);
        },
        error: (error) => new Response(error.code, { status: 500 }),
    });
";

fn files_are_bodies_and_routes(engine: Engine) {
    let server = Launch::run_on_free_port(engine).file("app.ts", FILES).start();
    for path in ["/route", "/response", "/file"] {
        let response = server.get(path);
        assert_eq!((response.status, response.text()), (200, "<p>page</p>"), "{path}");
        assert_eq!(
            response.field("content-type"),
            Some("text/html;charset=utf-8"),
            "{path}"
        );
        assert_eq!(response.field("content-length"), Some("11"), "{path}");
    }
    assert_eq!(server.get("/response").field("x-kind"), Some("page"));
    assert_eq!(server.get("/typed").field("content-type"), Some("text/x"));
    assert_eq!(server.get("/part").text(), "page");
    let large = server.get("/large").body;
    assert!(large.len() == 300_000 && large.iter().all(|byte| *byte == 7));

    let missing = server.get("/missing");
    assert_eq!((missing.status, missing.text()), (500, "ENOENT"));
    assert_eq!(server.get("/gone").text(), "fetch /gone");

    let response = server.get("/route");
    let changed = response.field("last-modified").expect("when it was changed");
    let asked = format!("GET /route HTTP/1.1\r\nhost: a\r\nif-modified-since: {changed}\r\n\r\n");
    assert_eq!(server.fetch(asked).status, 304);
    for (range, status, text, content_range) in [
        ("bytes=3-6", 206, "page", Some("bytes 3-6/11")),
        ("bytes=-4", 206, "</p>", Some("bytes 7-10/11")),
        ("bytes=20-", 416, "", Some("bytes */11")),
        ("bytes=0-1,3-4", 200, "<p>page</p>", None),
        ("bytes=5-2", 200, "<p>page</p>", None),
    ] {
        for path in ["/file", "/route"] {
            let asked = format!("GET {path} HTTP/1.1\r\nhost: a\r\nrange: {range}\r\n\r\n");
            let response = server.fetch(asked);
            assert_eq!(
                (response.status, response.text()),
                (status, text),
                "{path} {range}"
            );
            assert_eq!(response.field("content-range"), content_range, "{path} {range}");
        }
    }
    assert_eq!(server.get("/change").text(), "done");
    assert_eq!(
        server.get("/route").text(),
        "changed",
        "a file is read for each request"
    );
}

fn a_default_export_has_files_as_routes(engine: Engine) {
    let source = "
        await Bun.write('a.txt', 'text');
        export default { routes: { '/a': Bun.file('a.txt') }, fetch: () => new Response('else') };
    ";
    let server = Launch::serve(engine, source).start();
    let mut connection = server.connect();
    connection.send(request("GET", "/a") + &request("HEAD", "/a") + &request("GET", "/b"));
    let response = connection.response();
    assert_eq!(response.text(), "text");
    assert_eq!(response.field("content-type"), Some("text/plain;charset=utf-8"));
    assert_eq!(connection.head().field("content-length"), Some("4"));
    assert_eq!(connection.response().text(), "else");
}

fn what_bun_serve_has_not_is_an_error(engine: Engine) {
    let source = "
        const fetch = () => new Response('fine');
        for (const options of [{ fetch, tls: { pfx: 'x' } }, { fetch, idleTimeout: 256 }, { port: 1 }]) {
            try { Bun.serve(options as any); } catch (error) { console.log(error.message); }
        }
        Bun.serve({ port: 3000, fetch });
    ";
    let server = Launch::run_on_free_port(engine).file("app.ts", source).start();
    for said in [
        "`tls.pfx` is not supported",
        "Bun.serve expects idleTimeout to be 255 or less",
        "needs a handler",
    ] {
        server.wait_for_output(said);
    }
    assert_eq!(server.get("/").text(), "fine");
}
