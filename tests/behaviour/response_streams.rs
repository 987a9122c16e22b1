//! What a response's stream may be made of, and what becomes of one that fails or that nobody wants any more.

use crate::support::{Engine, Launch, eventually, request};

on_both_engines![
    what_a_stream_may_yield,
    what_a_stream_may_not_yield_ends_the_response,
    a_stream_that_fails_is_told_of_once,
    streams_of_every_make,
    a_stream_is_cancelled_once_and_not_pulled_again,
];

fn what_a_stream_may_yield(engine: Engine) {
    let server = Launch::serve(
        engine,
        "const shared = new Uint8Array(new SharedArrayBuffer(4));
        shared.set([103, 104, 105, 106]);
        const kinds = () => [
            'a\u{fc}\u{1f600}', new Uint8Array([98]), new Uint8Array([0, 99, 0]).subarray(1, 2), new Uint8Array(), '',
            new Uint8Array([100]).buffer, new DataView(new Uint8Array([0, 101]).buffer, 1), new Uint16Array([0x6666]),
            shared.subarray(0, 2), shared.buffer, Buffer.from('k'),
        ];
        async function* generator() { for (const kind of kinds()) { yield kind; await 1; } }
        export default function (request: Request) {
            switch (new URL(request.url).pathname) {
                case '/stream': return new Response(new ReadableStream({ start(c) { for (const kind of kinds()) c.enqueue(kind); c.close(); } }));
                case '/pull': {
                    const left = kinds();
                    return new Response(new ReadableStream({ pull(c) { const next = left.shift(); if (next === undefined) c.close(); else c.enqueue(next); } }));
                }
                case '/generator': return new Response(generator() as any);
                case '/iterable': return new Response({ [Symbol.asyncIterator]: generator } as any);
                case '/from': return new Response(ReadableStream.from(generator()));
                case '/text': return new Response(generator() as any).text().then((text) => new Response(text));
                case '/transform': return new Response(ReadableStream.from(['a', 'b']).pipeThrough(new TextEncoderStream()));
            }
            return new Response('?');
        }",
    )
    .start();
    for path in ["/stream", "/pull", "/generator", "/iterable", "/from", "/text"] {
        let response = server.get(path);
        assert_eq!(response.text(), "a\u{fc}\u{1f600}bcdeffghghijk", "{path}");
    }
    assert_eq!(server.get("/transform").text(), "ab");
}

fn what_a_stream_may_not_yield_ends_the_response(engine: Engine) {
    let server = Launch::serve(
        engine,
        "let cancelled = 0;
        export default function (request: Request) {
            const { pathname } = new URL(request.url);
            if (pathname === '/cancelled') return new Response(String(cancelled));
            const bad: Record<string, unknown> = { '/number': 7, '/null': null, '/object': { a: 1 }, '/blob': new Blob(['x']), '/array': [1] };
            return new Response(new ReadableStream({
                start(c) { c.enqueue('first'); setTimeout(() => c.enqueue(bad[pathname]), 20); },
                cancel() { cancelled++; },
            }));
        }",
    )
    .start();
    let kinds = [
        ("/number", "a number"),
        ("/null", "null"),
        ("/object", "an instance of Object"),
        ("/blob", "an instance of Blob"),
        ("/array", "an instance of Array"),
    ];
    for (count, (path, kind)) in kinds.into_iter().enumerate() {
        let mut connection = server.connect();
        connection.send(request("GET", path));
        assert_eq!(connection.chunk_after_head(), b"first");
        connection.expect_closed();
        server.wait_for_output(&format!("but one is {kind}"));
        assert_eq!(server.get("/cancelled").text(), format!("{}", count + 1));
    }
}

/// Before its first chunk, behind it, and while a chunk is waited for.
fn a_stream_that_fails_is_told_of_once(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default function (request: Request) {
            const fault = new Error(`on purpose: ${new URL(request.url).pathname}`);
            switch (new URL(request.url).pathname) {
                case '/start': return new Response(new ReadableStream({ start(c) { c.error(fault); } }));
                case '/throws': return new Response(new ReadableStream({ pull() { throw fault; } }));
                case '/later': {
                    let count = 0;
                    return new Response(new ReadableStream({ async pull(c) { await new Promise((r) => setTimeout(r, 5)); if (count++) throw fault; c.enqueue('first'); } }));
                }
                case '/generator': return new Response((async function* () { yield 'first'; throw fault; })() as any);
                case '/bytes': return new Response(new ReadableStream({ type: 'bytes', pull(c) { c.error(fault); } }));
                case '/length': return new Response(new ReadableStream({ start(c) { c.enqueue('first'); c.error(fault); } }), { headers: { 'content-length': '99' } });
            }
            return new Response('fine');
        }",
    )
    .start();
    for path in ["/start", "/throws", "/later", "/generator", "/bytes", "/length"] {
        let mut connection = server.connect();
        connection.send(request("GET", path));
        let answer = connection.rest_until_closed();
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.ends_with("0\r\n\r\n"), "{path} looks whole: {text}");
        let line = format!("on purpose: {path}");
        server.wait_for_output(&line);
        assert_eq!(server.stderr().matches(&line).count(), 1, "{}", server.stderr());
        assert_eq!(server.get("/").text(), "fine");
    }
}

fn streams_of_every_make(engine: Engine) {
    let server = Launch::serve(
        engine,
        "import { PassThrough, Readable } from 'node:stream';
        const chunks = () => new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536).fill(97)); if (--left === 0) c.close(); } });
        let left = 0;
        export default async function (request: Request) {
            const { pathname } = new URL(request.url);
            left = 16;
            switch (pathname) {
                case '/auto': {
                    let count = 0;
                    return new Response(new ReadableStream({
                        type: 'bytes', autoAllocateChunkSize: 4096,
                        async pull(c) {
                            const view = c.byobRequest!.view as Uint8Array;
                            new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(97);
                            if (count === 1048576) { c.close(); c.byobRequest!.respond(0); return; }
                            count += view.byteLength;
                            c.byobRequest!.respond(view.byteLength);
                        },
                    }));
                }
                case '/gzip': return new Response(chunks().pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')));
                case '/transform': return new Response(chunks().pipeThrough(new TransformStream()));
                case '/readable-side': {
                    const { readable, writable } = new TransformStream();
                    chunks().pipeTo(writable);
                    return new Response(readable);
                }
                case '/decoded': return new Response(chunks().pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream()));
                case '/strings': return new Response(chunks().pipeThrough(new TextDecoderStream()));
                case '/tee': { const [a, b] = chunks().tee(); b.cancel(); return new Response(a); }
                case '/tee-both': { const [a, b] = chunks().tee(); const other = new Response(b).bytes(); const r = await new Response(a).bytes(); if ((await other).length !== r.length) throw new Error('they differ'); return new Response(r); }
                case '/clone': { const r = new Response(chunks()); const copy = r.clone(); await r.bytes(); return copy; }
                case '/clone-other': { const r = new Response(chunks()); const copy = r.clone(); copy.body!.cancel(); return r; }
                case '/node': return new Response(Readable.toWeb(Readable.from(chunks() as any).pipe(new PassThrough())) as any);
                case '/node-iterable': return new Response(Readable.from(chunks() as any) as any);
                case '/node-text': return new Response(Readable.from(Array.from({ length: 16 }, () => 'a'.repeat(65536))) as any);
                case '/blob': return new Response(await new Response(chunks()).blob());
                case '/blob-stream': return new Response((await new Response(chunks()).blob()).stream());
                case '/fetched': return fetch('data:text/plain,' + 'a'.repeat(1048576));
            }
            return new Response('fine');
        }",
    )
    .start();
    for path in [
        "/auto",
        "/gzip",
        "/transform",
        "/readable-side",
        "/decoded",
        "/strings",
        "/tee",
        "/tee-both",
        "/clone",
        "/clone-other",
        "/node",
        "/node-iterable",
        "/node-text",
        "/blob",
        "/blob-stream",
        "/fetched",
    ] {
        let body = server.get(path).body;
        assert_eq!(body.len(), 1 << 20, "{path}: {}", server.stderr());
        assert!(body.iter().all(|byte| *byte == b'a'), "{path}");
    }
}

fn a_stream_is_cancelled_once_and_not_pulled_again(engine: Engine) {
    let server = Launch::serve(
        engine,
        "let cancelled: string[] = [], pulledAfter = 0;
        export default function (request: Request) {
            const { pathname } = new URL(request.url);
            if (pathname === '/state') return Response.json([cancelled, pulledAfter]);
            let isCancelled = false;
            const source = {
                async pull(c: any) {
                    if (isCancelled) pulledAfter++;
                    if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1));
                    try { c.enqueue(new Uint8Array(65536)); } catch { if (!isCancelled) throw new Error('not cancelled'); }
                },
                cancel(reason: any) { isCancelled = true; cancelled.push(reason?.name); },
            };
            return new Response(new ReadableStream(pathname === '/bytes' ? { type: 'bytes', ...source } : source));
        }",
    )
    .start();
    for (count, path) in ["/fast", "/slow", "/bytes"].into_iter().enumerate() {
        let mut connection = server.connect();
        connection.send(request("GET", path));
        connection.chunk_after_head();
        drop(connection);
        let expected = format!("[[{}],0]", vec!["\"AbortError\""; count + 1].join(","));
        eventually("a stream that is cancelled", || {
            server.get("/state").text() == expected
        });
    }
    // What is not sent is not pulled either, and is told so.
    let mut connection = server.connect();
    connection.send(request("HEAD", "/fast"));
    connection.response_to("HEAD");
    let expected = format!("[[{}],0]", ["\"AbortError\""; 4].join(","));
    eventually("a stream that nobody gets", || {
        server.get("/state").text() == expected
    });
}
