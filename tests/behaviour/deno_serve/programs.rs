//! Programs for Deno under `howth serve`, and what they import.

use crate::support::{Engine, Launch, printed, reloading, request};

on_both_engines![
    a_program_is_served_on_one_core,
    several_cores_where_asked,
    a_program_is_reloaded,
    a_drain_lets_responses_out,
    limits_are_the_engines,
    a_default_export_listens,
    what_the_engine_cannot_serve_is_said,
    import_maps_count,
    what_is_on_the_network_is_said,
];

const PROGRAM: &str = "
    Deno.serve({ port: 8123, hostname: '127.0.0.9' }, async (request, info) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/slow') { console.log('asked'); await new Promise((resolve) => setTimeout(resolve, 200)); }
        if (pathname === '/body') return new Response(await request.text());
        return new Response(`one ${pathname} ${info.remoteAddr.hostname}`);
    });
";

fn a_program_is_served_on_one_core(engine: Engine) {
    // No option says how many.
    let server = Launch::bare("serve")
        .options([engine.option(), "--host", "127.0.0.1", "--port", "0"])
        .file("app.ts", PROGRAM)
        .start();
    assert!(server.start_line().contains("(1 core"), "{}", server.start_line());
    assert_eq!(server.get("/a").text(), "one /a 127.0.0.1");
    assert_eq!(server.stderr(), "", "where it listens is told once");
    assert_eq!(server.stdout().lines().count(), 1, "{}", server.stdout());
}

fn several_cores_where_asked(engine: Engine) {
    let server = Launch::serve(engine, PROGRAM).options(["--cores", "2"]).start();
    assert!(
        server.start_line().contains("(2 cores"),
        "{}",
        server.start_line()
    );
    for _ in 0..8 {
        assert_eq!(server.get("/a").text(), "one /a 127.0.0.1");
    }
}

fn a_program_is_reloaded(engine: Engine) {
    let server = Launch::serve(engine, PROGRAM).start();
    let mut kept = server.connect();
    assert!(reloading::ask(&mut kept, "/").starts_with("one"));
    reloading::reload(&server, &PROGRAM.replace("`one ", "`two "));
    reloading::expect_served(&server, "two");
    reloading::expect_served_on(&mut kept, "two");
}

fn a_drain_lets_responses_out(engine: Engine) {
    let mut server = Launch::serve(engine, PROGRAM).start();
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("asked");
    server.signal(libc::SIGTERM);
    server.expect_refused();
    assert_eq!(connection.response().text(), "one /slow 127.0.0.1");
    assert_eq!(server.wait().code(), Some(0));
}

fn limits_are_the_engines(engine: Engine) {
    let server = Launch::serve(engine, PROGRAM)
        .options(["--max-body", "8"])
        .start();
    let posted = |length: usize| {
        let body = "x".repeat(length);
        let asked = format!("POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}");
        server.fetch(asked)
    };
    assert_eq!(posted(8).text(), "xxxxxxxx");
    assert_eq!(posted(9).status, 413);
}

fn a_default_export_listens(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default {
            fetch(request, info) {
                if (request.url.endsWith('/throw')) throw new Error('on purpose');
                return new Response(`exported ${info.remoteAddr.hostname}`);
            },
            onListen({ hostname, port, transport }) { console.log('listens', hostname, port > 0, transport); },
            onError: (error: Error) => new Response(error.message, { status: 500 }),
        } satisfies Deno.ServeDefaultExport;
        ",
    )
    .start();
    server.wait_for_output("listens 127.0.0.1 true tcp");
    assert_eq!(server.get("/").text(), "exported 127.0.0.1");
    assert_eq!(server.get("/throw").text(), "on purpose");
}

fn what_the_engine_cannot_serve_is_said(engine: Engine) {
    let finished = Launch::serve(
        engine,
        "Deno.serve({ port: 0, onListen() {}, automaticCompression: true }, () => new Response());",
    )
    .finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let complaint = finished.complaint();
    assert!(
        complaint.contains("Deno.serve with TLS or compression") && complaint.contains("howth run app.ts"),
        "{finished:?}"
    );
    let server = Launch::serve(
        engine,
        "Deno.serve({ onListen() {}, automaticCompression: true }, () => Response.json('a'.repeat(2000)));",
    )
    .options(["--compress"])
    .start();
    let response = server.fetch("GET / HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n");
    assert_eq!(response.field("content-encoding"), Some("gzip"));
}

fn import_maps_count(engine: Engine) {
    let launch = Launch::run(engine, "")
        .file(
            "deno.jsonc",
            r#"{
                // Comments are allowed.
                "imports": {
                    "greeting": "./lib/greeting.ts",
                    "lib/": "./lib/",
                    "web": "npm:dual@^1.0.0",
                    "web/": "npm:/dual@^1.0.0/",
                    "path": "node:path",
                },
                "scopes": { "./lib/": { "word": "./lib/word.ts" } },
            }"#,
        )
        .file(
            "lib/greeting.ts",
            "import { word } from 'word'; export const greeting: string = `hello ${word}`;",
        )
        .file("lib/word.ts", "export const word = 'world';")
        .file(
            "node_modules/dual/package.json",
            r#"{ "name": "dual", "version": "1.2.3", "exports": { ".": "./index.mjs", "./sub": "./sub.mjs" } }"#,
        )
        .file("node_modules/dual/index.mjs", "export default 'package';")
        .file("node_modules/dual/sub.mjs", "export default 'part';")
        .file(
            "app.ts",
            "
            import { greeting } from 'greeting';
            import { word } from 'lib/word.ts';
            import web from 'web';
            import part from 'web/sub';
            import direct from 'npm:dual@1/sub';
            import { join } from 'path';
            const { default: later } = await import('npm:dual');
            console.log(greeting, word, web, part, direct, join('a', 'b'), later);
            await import('word').catch((error) => console.log(error.message.includes('word')));
            ",
        );
    printed(
        &launch.finish(),
        "hello world world package part part a/b package\ntrue",
    );
}

fn what_is_on_the_network_is_said(engine: Engine) {
    for (specifier, remedy) in [
        ("jsr:@std/path@1", "npx jsr add @std/path"),
        ("https://example.invalid/a.ts", "download"),
        ("npm:left-out@1", "npm install left-out"),
    ] {
        let direct = Launch::run(engine, &format!("import '{specifier}';")).finish();
        let mapped = Launch::run(engine, "import 'mapped';")
            .file(
                "deno.json",
                format!(r#"{{ "imports": {{ "mapped": "{specifier}" }} }}"#),
            )
            .finish();
        for finished in [direct, mapped] {
            assert_eq!(finished.code, Some(1), "{finished:?}");
            assert!(
                finished.stderr.contains(specifier) && finished.stderr.contains(remedy),
                "{specifier}: {finished:?}"
            );
        }
    }
}
