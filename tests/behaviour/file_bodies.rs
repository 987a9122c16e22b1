//! Response bodies that are files: they arrive whole, and are closed when nobody wants the rest.

use std::time::Duration;

use crate::support::{Engine, Launch, Server, eventually, request};

on_both_engines![
    files_arrive_whole,
    files_are_closed_when_clients_leave,
    a_node_stream_survives_the_clients_that_leave,
];

const FILES: &str = "
    import { createReadStream, openAsBlob, readdirSync, writeFileSync } from 'node:fs';
    import { open } from 'node:fs/promises';
    import { PassThrough, Readable } from 'node:stream';
    const path = 'large';
    const block = new Uint8Array(251 * 4096).map((_, at) => at % 251);
    writeFileSync(path, block);
    for (let i = 1; i < 24; i++) writeFileSync(path, block, { flag: 'a' });
    export default {
        async fetch(request: Request): Promise<Response> {
            const { pathname } = new URL(request.url);
            switch (pathname) {
                case '/open': return new Response(String(readdirSync('/proc/self/fd').length));
                case '/to-web': return new Response(Readable.toWeb(createReadStream(path)) as any);
                case '/to-bytes': return new Response((Readable.toWeb as any)(createReadStream(path), { type: 'bytes' }));
                case '/iterable': return new Response(createReadStream(path) as any);
                case '/from': return new Response(ReadableStream.from(createReadStream(path) as any));
                case '/piped': return new Response(Readable.toWeb(createReadStream(path).pipe(new PassThrough())) as any);
                case '/generator': return new Response((async function* () { yield* createReadStream(path); })() as any);
                case '/blob': return new Response((await openAsBlob(path)) as any);
                case '/slice': return new Response((await openAsBlob(path)).slice(251, -251) as any);
                case '/handle': return new Response((await open(path)).readableWebStream({ autoClose: true } as any) as any);
                case '/deno': return new Response((await (globalThis as any).Deno.open(path)).readable);
            }
            return new Response('fine');
        },
    };
";

const FILE_BYTES: usize = 24 * 251 * 4096;

fn files_arrive_whole(engine: Engine) {
    let server = Launch::serve(engine, FILES).start();
    for path in [
        "/to-web",
        "/to-bytes",
        "/iterable",
        "/from",
        "/piped",
        "/generator",
        "/blob",
        "/slice",
        "/handle",
        "/deno",
    ] {
        let body = server.get(path).body;
        let length = if path == "/slice" {
            FILE_BYTES - 502
        } else {
            FILE_BYTES
        };
        assert_eq!(body.len(), length, "{path}: {}", server.stderr());
        assert!(
            body.iter()
                .enumerate()
                .all(|(at, byte)| usize::from(*byte) == at % 251),
            "{path}"
        );
    }
}

fn open_files(server: &Server) -> usize {
    server.get("/open").text().parse().expect("a number")
}

fn files_are_closed_when_clients_leave(engine: Engine) {
    let server = Launch::serve(engine, FILES).start();
    let before = open_files(&server);
    for path in [
        "/to-web",
        "/to-bytes",
        "/iterable",
        "/from",
        "/generator",
        "/handle",
        "/deno",
    ] {
        for method in ["GET", "HEAD"] {
            // An iterator of Node's that has not begun lets go of nothing, and nobody but the program knows its stream.
            if (method, path) == ("HEAD", "/from") {
                continue;
            }
            for _ in 0..8 {
                let mut connection = server.connect();
                connection.send(request(method, path));
                connection.head();
            }
        }
        eventually(&format!("files of {path} that are closed"), || {
            open_files(&server) <= before + 2
        });
    }
}

fn a_node_stream_survives_the_clients_that_leave(engine: Engine) {
    let mut server = Launch::serve(engine, FILES).start();
    for path in ["/to-web", "/piped", "/iterable", "/from"] {
        for number in 0..60 {
            let mut connection = server.connect();
            connection.send(request("GET", path));
            connection.head();
            std::thread::sleep(Duration::from_millis(number % 4 * 2));
        }
        assert_eq!(server.get("/").text(), "fine", "{path}: {}", server.stderr());
    }
    assert!(server.is_running());
    let complaints = server.stderr();
    assert!(!complaints.contains("rror"), "{complaints}");
}
